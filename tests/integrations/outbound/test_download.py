"""Files are fetched up to a limit, and only along addresses that may be called."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from integrations.outbound import client
from integrations.outbound.client import (
    OutboundClient,
    Refused,
    TooLarge,
    TryAgain,
    open_outbound,
)
from services.ports import Clock

LOOPBACK = [ip_network("127.0.0.0/8")]
LIMIT = 100_000


class Shelf:
    """Serves files as its paths say."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.port = 0

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        match request.path.split("/")[1]:
            case "size":
                return web.Response(body=b"x" * int(request.path.split("/")[2]))
            case "status":
                return web.Response(status=int(request.path.split("/")[2]), text="no")
            case "to":
                return web.Response(status=302, headers={"Location": request.query["url"]})
            case "circle":
                return web.Response(status=302, headers={"Location": "/circle"})
            case "endless":
                return await self._stream(request, b"x" * 65536, 0)
            case "drip":
                return await self._stream(request, b"x", 0.02)
            case "short":
                return await self._break_off(request)
            case _:
                return web.Response(status=302)

    async def _stream(self, request: web.Request, piece: bytes, pause: float) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(piece)
            await asyncio.sleep(pause)

    async def _break_off(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        assert request.transport is not None
        request.transport.close()
        return response


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    served = Shelf()
    app = web.Application()
    app.router.add_get("/{path:.*}", served.handle)
    async with TestServer(app) as running:
        assert running.port is not None
        served.port = running.port
        yield served


@pytest.fixture
async def outbound(clock: Clock) -> AsyncIterator[OutboundClient]:
    async with open_outbound(LOOPBACK, clock) as opened:
        yield opened


def here(url: URL) -> bool:
    return url.host == "127.0.0.1"


@pytest.mark.parametrize("size", [0, 1, LIMIT])
async def test_a_file_up_to_the_limit_comes_whole(
    outbound: OutboundClient, shelf: Shelf, size: int
) -> None:
    """The limit itself is allowed."""
    answer = await outbound.download(shelf.at(f"/size/{size}"), LIMIT, here)
    assert (answer.status, len(answer.body)) == (200, size)


@pytest.mark.parametrize("path", [f"/size/{LIMIT + 1}", "/endless"])
async def test_more_is_cut_off(outbound: OutboundClient, shelf: Shelf, path: str) -> None:
    """Whether it says how long it is or never ends; the client goes on."""
    with pytest.raises(TooLarge):
        await outbound.download(shelf.at(path), LIMIT, here)
    assert (await outbound.download(shelf.at("/size/1"), LIMIT, here)).body == b"x"


async def test_whoever_drips_is_left(
    outbound: OutboundClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is for the whole file, however often something comes."""
    monkeypatch.setattr(client, "DOWNLOAD", client.ClientTimeout(total=0.2))
    with pytest.raises(TryAgain) as again:
        await outbound.download(shelf.at("/drip"), LIMIT, here)
    assert again.value.code == "timeout"


async def test_a_file_that_breaks_off_is_worth_another_try(
    outbound: OutboundClient, shelf: Shelf
) -> None:
    """Half a file is none."""
    with pytest.raises(TryAgain):
        await outbound.download(shelf.at("/short"), LIMIT, here)


@pytest.mark.parametrize("status", [404, 410, 429, 500, 302])
async def test_another_answer_is_given_as_it_is(
    outbound: OutboundClient, shelf: Shelf, status: int
) -> None:
    """Without its body, which is for nobody."""
    answer = await outbound.download(shelf.at(f"/status/{status}"), LIMIT, here)
    assert (answer.status, answer.body) == (status, b"")


async def test_a_redirect_among_the_allowed_is_followed(
    outbound: OutboundClient, shelf: Shelf
) -> None:
    """VK's addresses of documents lead to another of its hosts."""
    answer = await outbound.download(shelf.at(f"/to?url={shelf.at('/size/5')}"), LIMIT, here)
    assert answer.body == b"xxxxx"
    answer = await outbound.download(shelf.at("/to?url=/size/3"), LIMIT, here)
    assert answer.body == b"xxx"


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/size/1",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:99999/",
    ],
)
async def test_a_redirect_elsewhere_is_refused(
    outbound: OutboundClient, shelf: Shelf, target: str
) -> None:
    """To another host, a private address, another scheme: nothing is sent there."""
    url = shelf.at(f"/to?url={target.format(port=shelf.port)}")
    with pytest.raises(Refused):
        await outbound.download(url, LIMIT, here)
    assert shelf.paths == ["/to"]


async def test_a_redirect_to_a_private_address_of_an_allowed_host_is_refused(
    clock: Clock, shelf: Shelf
) -> None:
    """A host may be one of the allowed and yet lead inside."""
    async with open_outbound([], clock) as strict:
        with pytest.raises(Refused):
            await strict.download(shelf.at("/size/1"), LIMIT, lambda _: True)
        with pytest.raises(Refused):
            await strict.download(f"http://localhost:{shelf.port}/size/1", LIMIT, lambda _: True)
    assert shelf.paths == []


async def test_redirects_end(outbound: OutboundClient, shelf: Shelf) -> None:
    """Those that lead in a circle are left."""
    with pytest.raises(Refused):
        await outbound.download(shelf.at("/circle"), LIMIT, lambda _: True)
    assert shelf.paths == ["/circle"] * client.REDIRECTS
