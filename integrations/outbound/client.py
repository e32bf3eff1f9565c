"""The one HTTP client for addresses that somebody else typed.

The address is checked where the socket is made, for every connection: what was checked is what
is connected to, whatever a name resolved to before. Host and SNI stay the name.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
)
from msgspec import Struct
from yarl import URL

from integrations.outbound.addresses import InvalidAddress, Network, check_url, is_allowed
from services.ports import Clock

TIMEOUT = ClientTimeout(total=15, sock_connect=5)
"""Seconds: a back end that takes longer is taken for one that is down."""
DOWNLOAD = ClientTimeout(total=30, sock_connect=5)
"""Seconds for a whole file, redirects included: whoever drips bytes is left too."""
REDIRECTS = 4
CONNECTIONS = 200
REDIRECTING = {301, 302, 303, 307, 308}
READ_AT_MOST = 64 * 1024
"""Bytes of an answer that are read; the rest is cut off with the connection."""

AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""One result of getaddrinfo: family, kind, protocol, canonical name, socket address."""


class TryAgain(Exception):
    """There was no answer; another try may have one. `code` says what was met."""

    def __init__(self, code: str) -> None:
        """Take `timeout`, `name_not_found`, `certificate` or `connection`."""
        self.code = code
        super().__init__(code)


class Refused(Exception):
    """The address may not be called, now that it is known; nothing was sent."""


class TooLarge(Exception):
    """There was more than may be read; nothing of it was kept."""


class AddressRefused(OSError):
    """A name led to an address that may not be called."""


class Answer(Struct, frozen=True):
    """What came back: for machines only, never to be shown to whoever typed the address.

    `retry_after` is in seconds from now, not negative.
    """

    status: int
    retry_after: float | None
    body: bytes


class OutboundClient:
    """Calls foreign addresses; made by `open_outbound`."""

    def __init__(self, session: ClientSession, allowed: Sequence[Network], clock: Clock) -> None:
        """Take a session whose sockets are checked, and what else than the internet is allowed."""
        self._session = session
        self._allowed = allowed
        self._clock = clock

    def check_url(self, url: str) -> None:
        """Pass an address that may be stored; raises InvalidAddress with what is wrong."""
        check_url(url, self._allowed)

    async def request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        read_at_most: int = READ_AT_MOST,
    ) -> Answer:
        """Make a call; no redirect is followed, and at most so many bytes are read back.

        Raises TryAgain when there is no answer, Refused when the address may not be called.
        """
        with _translated():
            parsed = check_url(url, self._allowed)
            return await self._request(method, parsed, body, headers, read_at_most)

    async def download(self, url: str, at_most: int, may: Callable[[URL], bool]) -> Answer:
        """Fetch a file of at most so many bytes; each address on the way must pass `may`.

        Raises TooLarge, TryAgain when there is no whole answer, Refused when one of the addresses
        may not be called.
        """
        with _translated():
            async with asyncio.timeout(DOWNLOAD.total):
                for _ in range(REDIRECTS):
                    parsed = check_url(url, self._allowed)
                    if not may(parsed):
                        raise Refused
                    answer, url = await self._get(parsed, at_most)
                    if answer is not None:
                        return answer
        raise Refused

    async def _get(self, url: URL, at_most: int) -> tuple[Answer | None, str]:
        """Return the answer, or the address that a redirect leads to."""
        async with self._session.get(url, timeout=DOWNLOAD, allow_redirects=False) as response:
            target = response.headers.get("Location", "")
            if response.status in REDIRECTING and target:
                response.close()
                return None, _joined(url, target)
            if response.status != HTTPStatus.OK:
                response.close()
                wait = response.headers.get("Retry-After", "")
                return Answer(response.status, retry_after(wait, self._clock.now()), b""), ""
            if (response.content_length or 0) > at_most:
                response.close()
                raise TooLarge
            content = await _read(response, at_most + 1)
            if len(content) > at_most:
                raise TooLarge
            return Answer(response.status, None, content), ""

    async def _request(
        self, method: str, url: URL, body: bytes, headers: Mapping[str, str], read_at_most: int
    ) -> Answer:
        async with self._session.request(
            method, url, data=body or None, headers=headers, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            content = await _read(response, read_at_most)
            wait = response.headers.get("Retry-After", "")
            return Answer(response.status, retry_after(wait, self._clock.now()), content)


def _joined(url: URL, target: str) -> str:
    """Return where a redirect leads; raises Refused for what is no address."""
    try:
        return str(url.join(URL(target)))
    except ValueError as error:
        raise Refused from error


@contextmanager
def _translated() -> Generator[None]:
    """Say in our words what was met: another try may help, or the address may not be called."""
    try:
        yield
    except (InvalidAddress, InvalidURL) as error:
        raise Refused from error
    except TimeoutError as error:
        raise TryAgain("timeout") from error
    except (ClientConnectorCertificateError, ClientSSLError) as error:
        raise TryAgain("certificate") from error
    except ClientConnectorDNSError as error:
        raise TryAgain("name_not_found") from error
    except ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefused):
            raise Refused from error
        raise TryAgain("connection") from error
    except (ClientError, OSError) as error:
        raise TryAgain("connection") from error


@asynccontextmanager
async def open_outbound(allowed: Sequence[Network], clock: Clock) -> AsyncGenerator[OutboundClient]:
    """Open the client; `allowed` are networks besides the public internet that may be called."""

    def checked_socket(target: AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = target
        if not is_allowed(ip_address(address[0]), allowed):
            raise AddressRefused
        return socket.socket(family, kind, protocol)

    connector = TCPConnector(limit=CONNECTIONS, socket_factory=checked_socket)
    async with ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        # A small answer could unpack to any size.
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "citizen-gateway"},
        # A proxy from the environment would do the connecting, unchecked.
        trust_env=False,
    ) as session:
        yield OutboundClient(session, allowed, clock)


def retry_after(header: str, now: datetime) -> float | None:
    """Read a `Retry-After` (RFC 9110, 10.2.3): seconds from now, or None if there is none."""
    if header.isascii() and header.isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


async def _read(response: ClientResponse, at_most: int) -> bytes:
    content = bytearray()
    while len(content) < at_most:
        chunk = await response.content.read(at_most - len(content))
        if not chunk:
            return bytes(content)
        content += chunk
    # What is left would have to be read before the connection serves again.
    response.close()
    return bytes(content)
