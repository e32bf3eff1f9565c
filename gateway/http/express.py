"""The way of a VK event past the framework, which takes as long as all of the gateway's own work.

Only `ok` is answered here. Whatever else `take` comes to, an error too, goes through the framework
like any other answer: the handler of POST /vk/callback hands it on.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import ASGIApp, Receive, Scope, Send

from gateway.chat import CALLBACK_PATH
from gateway.http.callback import OUTCOME, Callback, take

OK = b"ok"  # VK must read exactly this
BODY_SECONDS = 10.0  # for a body to arrive: who sends it drop by drop holds a connection
HEADERS = ((b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"2"))


class Express:
    """Pure ASGI in front of the application."""

    def __init__(self, app: ASGIApp, callbacks: Callback, body_limit: int) -> None:
        """Take the application, what takes events, and how many bytes an event may have."""
        self._app = app
        self._callbacks = callbacks
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take an event here, pass all else on."""
        request: Any = scope
        if (
            request["type"] != "http"
            or request["path"] != CALLBACK_PATH
            or request["method"] != "POST"
        ):
            await self._app(scope, receive, send)
            return
        request["path_template"] = CALLBACK_PATH
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._read(receive)
            outcome = None if body is None else await take(self._callbacks, body)
        except TimeoutError:
            outcome = HTTPException(status_code=HTTPStatus.REQUEST_TIMEOUT)
            body = b""
        except Exception as error:  # noqa: BLE001 - the framework answers it
            outcome = error
            body = b""
        if body is None:
            return  # who sent it has hung up
        if outcome is not None:
            request[OUTCOME] = outcome
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": OK, "more_body": False})

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the body, or None when the connection ended before it did."""
        body = b""
        while True:
            message: Any = await receive()
            if message["type"] != "http.request":
                return None
            body += message["body"]
            if len(body) > self._body_limit:
                raise RequestEntityTooLarge
            if not message["more_body"]:
                return body
