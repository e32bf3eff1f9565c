"""VK's API through vkbottle, with its traps closed.

vkbottle puts the token into the URL, has no time-out, sleeps and repeats when VK answers with
HTML, and logs whole bodies. Here `request` is ours: Bearer header, form-encoded body, time-outs,
one try; repeating is the outbox's work.
"""

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from msgspec import DecodeError
from msgspec.json import decode
from vkbottle import CaptchaError, VKAPIError
from vkbottle.api import API
from vkbottle.api.api import APIRequest
from vkbottle.http import AiohttpClient

from integrations.vk.errors import VkUnreachable

VERSION = "5.199"
# In seconds. VK answers in some 0.1 s; a call that takes longer than this is lost.
TIMEOUT = ClientTimeout(total=10, sock_connect=3)
CAPTCHA = CaptchaError.code


def open_session(connections: int = 200) -> ClientSession:
    """Open the one session that all communities share; needs a running loop, must be closed.

    `connections`: how many there may be at once.
    """
    # VK sets cookies, which would tie the communities together.
    return ClientSession(connector=TCPConnector(limit=connections), cookie_jar=DummyCookieJar())


def quiet_vkbottle() -> None:
    """Keep vkbottle's logger silent below errors: it prints parameters and whole answers.

    vkbottle also gives it a handler for standard error and sends Python's warnings there; both
    go back to the logging of the process.
    """
    logger = logging.getLogger("vkbottle")
    logger.setLevel(logging.ERROR)
    logger.handlers.clear()
    logging.captureWarnings(capture=True)


class CommunityApi(API):
    """vkbottle's API for one community's token; its own `request` does every call."""

    def __init__(
        self, token: str, session: ClientSession, client: AiohttpClient, base_url: str
    ) -> None:
        """Take the shared session, and the address of the methods with a trailing slash.

        `client` only keeps vkbottle from making one of its own for every token.
        """
        super().__init__(token, http_client=client)
        self.API_URL = base_url
        self._session = session

    async def request(
        self, method: str, data: Mapping[str, Any], version: str | None = None
    ) -> dict[str, Any]:
        """Call one method, once; gives VK's whole answer.

        Raises VKAPIError[code] for an error that VK names (with its message and nothing of what
        was sent), VkUnreachable when there is no readable answer.
        """
        async with self.token_generator as token:
            status, body = await self._post(
                self.API_URL + method,
                {key: _form(value) for key, value in data.items() if value is not None}
                | {"v": version or VERSION},
                {"Authorization": f"Bearer {token}"},
            )
        return _read(status, body)

    async def request_many(self, requests: Iterable[APIRequest]) -> AsyncIterator[dict[str, Any]]:
        """Call several methods, one after the other."""
        for request in requests:
            yield await self.request(request.method, request.data)

    async def _post(
        self, url: str, form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, bytes]:
        try:
            async with self._session.post(
                url,
                data=form,
                headers=headers,
                timeout=TIMEOUT,
                # A redirect would carry the token elsewhere.
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise VkUnreachable("timeout") from error
        except (ClientError, OSError) as error:
            raise VkUnreachable("connection") from error


class Apis:
    """The APIs of the communities that were written to last, one per token."""

    def __init__(self, session: ClientSession, base_url: str, size: int = 512) -> None:
        """Take the shared session, the address of VK's methods, and how many to keep."""
        quiet_vkbottle()
        self._session = session
        self._client = AiohttpClient(session=session)
        self._base_url = base_url.rstrip("/") + "/"
        self._size = size
        self._apis: OrderedDict[str, CommunityApi] = OrderedDict()

    def of(self, token: str) -> CommunityApi:
        """Give the API that speaks with this token."""
        api = self._apis.get(token)
        if api is None:
            api = CommunityApi(token, self._session, self._client, self._base_url)
            self._apis[token] = api
            if len(self._apis) > self._size:
                self._apis.popitem(last=False)
        else:
            self._apis.move_to_end(token)
        return api


def _form(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _read(status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = decode(body, type=dict[str, Any])
    except DecodeError:
        answer = {}
    error = answer.get("error")
    if isinstance(error, dict) and isinstance(error.get("error_code"), int):
        raise _api_error(error["error_code"], str(error.get("error_msg", "")))
    if "response" not in answer:
        raise VkUnreachable("unreadable" if status == HTTPStatus.OK else f"http_{status}")
    return answer


def _api_error(code: int, message: str) -> VKAPIError:
    # Only these fields: vkbottle warns of any other with its value, and takes TypeError for
    # an answer when a captcha comes without its own.
    if code == CAPTCHA:
        return CaptchaError(error_msg=message, captcha_sid="", captcha_img="")
    return VKAPIError[code](error_msg=message)
