"""The client connects only to an address that was checked, and reads only so much."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integrations.outbound import client
from integrations.outbound.client import (
    OutboundClient,
    Refused,
    TryAgain,
    open_outbound,
    retry_after,
)
from services.ports import Clock

LOOPBACK = [ip_network("127.0.0.0/8")]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Server:
    """Answers as its path says, and remembers what came."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, dict(request.headers), await request.read()))
        match request.path:
            case "/hang":
                await asyncio.sleep(60)
            case "/reset":
                assert request.transport is not None
                request.transport.abort()
            case "/redirect":
                raise web.HTTPFound("/elsewhere")
            case "/endless":
                return await self._endless(request)
            case "/cookie":
                response = web.Response(text="ok")
                response.set_cookie("a", "b")
                return response
            case _:
                pass
        return web.Response(status=202, text="taken", headers={"Retry-After": "7"})

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.handle)
    async with TestServer(app) as running:
        assert running.port is not None
        served.port = running.port
        yield served


@pytest.fixture
async def outbound(clock: Clock) -> AsyncIterator[OutboundClient]:
    async with open_outbound(LOOPBACK, clock) as opened:
        yield opened


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[OutboundClient]:
    async with open_outbound([], clock) as opened:
        yield opened


async def test_an_allowed_address_is_called(outbound: OutboundClient, server: Server) -> None:
    """The body goes as it is; status, wait and body come back."""
    url = f"http://127.0.0.1:{server.port}/hook"
    answer = await outbound.request("POST", url, b"{}", {"X-One": "1"})
    assert (answer.status, answer.retry_after, answer.body) == (202, 7.0, b"taken")
    path, headers, body = server.requests[0]
    assert (path, headers["X-One"], body) == ("/hook", "1", b"{}")
    assert headers["Accept-Encoding"] == "identity"


async def test_the_host_stays_the_name(outbound: OutboundClient, server: Server) -> None:
    """Virtual hosts and certificates go by it."""
    await outbound.request("POST", f"http://localhost:{server.port}/", b"", {})
    assert server.requests[0][1]["Host"] == f"localhost:{server.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
async def test_a_forbidden_address_is_never_connected_to(
    strict: OutboundClient, server: Server, host: str
) -> None:
    """Written as an address, as a name that leads there, or as a number in disguise."""
    with pytest.raises(Refused):
        await strict.request("POST", f"http://{host}:{server.port}/", b"", {})
    assert server.requests == []


async def test_a_name_that_changes_its_mind_is_checked_at_each_connection(
    strict: OutboundClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have meant a public address when it was stored."""
    loop = asyncio.get_running_loop()

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        kinds = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [
            (socket.AF_INET, *kinds, ("127.0.0.1", server.port)),
            (socket.AF_INET6, *kinds, ("::ffff:127.0.0.1", server.port, 0, 0)),
        ]

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    strict.check_url(f"http://rebound.example:{server.port}/")
    with pytest.raises(Refused):
        await strict.request("POST", f"http://rebound.example:{server.port}/", b"", {})
    assert server.requests == []


async def test_an_unfit_address_is_refused_before_anything_else(outbound: OutboundClient) -> None:
    """What was stored long ago is checked by the rules of today."""
    with pytest.raises(Refused):
        await outbound.request("POST", "ftp://127.0.0.1/", b"", {})


async def test_redirects_are_not_followed(outbound: OutboundClient, server: Server) -> None:
    """They would lead to an address that nobody typed."""
    answer = await outbound.request("POST", f"http://127.0.0.1:{server.port}/redirect", b"", {})
    assert answer.status == 302
    assert [path for path, _, _ in server.requests] == ["/redirect"]


async def test_an_endless_answer_is_cut_off(outbound: OutboundClient, server: Server) -> None:
    """Only so many bytes are ever held, and the client goes on."""
    url = f"http://127.0.0.1:{server.port}"
    answer = await outbound.request("POST", f"{url}/endless", b"", {}, read_at_most=1000)
    assert answer.body == b"x" * 1000
    assert (await outbound.request("POST", f"{url}/after", b"", {})).status == 202


async def test_no_cookie_is_kept(outbound: OutboundClient, server: Server) -> None:
    """Two webhooks at one host have nothing to do with each other."""
    for _ in range(2):
        await outbound.request("POST", f"http://127.0.0.1:{server.port}/cookie", b"", {})
    assert "Cookie" not in server.requests[1][1]


async def test_no_proxy_of_the_environment_is_used(
    clock: Clock, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would connect for us, to whatever address."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    async with open_outbound(LOOPBACK, clock) as opened:
        answer = await opened.request("POST", f"http://127.0.0.1:{server.port}/", b"", {})
    assert answer.status == 202


async def test_whoever_hangs_is_left(
    outbound: OutboundClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow back end holds no worker."""
    monkeypatch.setattr(client, "TIMEOUT", client.ClientTimeout(total=0.05))
    with pytest.raises(TryAgain) as again:
        await outbound.request("POST", f"http://127.0.0.1:{server.port}/hang", b"", {})
    assert again.value.code == "timeout"


async def test_a_broken_connection_is_worth_another_try(
    outbound: OutboundClient, server: Server
) -> None:
    """Reset, or nobody listening."""
    for url in (f"http://127.0.0.1:{server.port}/reset", "http://127.0.0.1:1/"):
        with pytest.raises(TryAgain) as again:
            await outbound.request("POST", url, b"", {})
        assert again.value.code == "connection"


async def test_a_server_without_tls_is_worth_another_try(
    outbound: OutboundClient, server: Server
) -> None:
    """Certificates are being renewed somewhere at any time."""
    with pytest.raises(TryAgain) as again:
        await outbound.request("POST", f"https://127.0.0.1:{server.port}/", b"", {})
    assert again.value.code == "certificate"


async def test_a_name_that_does_not_resolve_is_worth_another_try(
    outbound: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name servers are down at times."""

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(TryAgain) as again:
        await outbound.request("POST", "http://nowhere.example/", b"", {})
    assert again.value.code == "name_not_found"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0),
        ("Sun, 01 Mar 2026 12:01:30 -0000", 90.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 99 Mar 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    """Seconds or an HTTP-date; anything else is as none."""
    assert retry_after(header, NOW) == seconds
