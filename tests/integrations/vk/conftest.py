"""A small VK that answers what a test tells it to, and remembers what it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct, field

from integrations.vk import calling
from integrations.vk.api import Apis, open_session
from integrations.vk.calling import Calls
from integrations.vk.messenger import VkMessenger
from integrations.vk.office import VkOffice
from services.ports import Page

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Call(Struct):
    method: str
    form: dict[str, str]
    headers: dict[str, str]
    query: str


class StandIn(Struct):
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Answer | None = None

    def says(self, body: object) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.json_response(body)

        self.answer = answer

    def refuses(self, code: int, **fields: object) -> None:
        self.says({"error": {"error_code": code, "error_msg": "no", **fields}})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {key: str(value) for key, value in (await request.post()).items()}
        method = request.match_info["method"]
        self.calls.append(Call(method, form, dict(request.headers), request.query_string))
        assert self.answer is not None
        return await self.answer(request)


@pytest.fixture
async def vk() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    app = web.Application()
    app.router.add_post("/method/{method}", stand_in.handle)
    async with TestServer(app) as server:
        stand_in.url = str(server.make_url("/method"))
        yield stand_in


@pytest.fixture
async def apis(vk: StandIn) -> AsyncIterator[Apis]:
    async with open_session() as session:
        yield Apis(session, vk.url)


@pytest.fixture
def messenger(apis: Apis) -> VkMessenger:
    return VkMessenger(apis)


class FreePace:
    """Lets everybody call at once, and remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.full = False

    async def reserve(self, group_id: int, max_wait: float) -> float | None:
        self.asked += 1
        return None if self.full else 0.0

    async def pause(self, group_id: int, seconds: float) -> None:
        raise AssertionError


@pytest.fixture
def pace() -> FreePace:
    return FreePace()


@pytest.fixture
def calls(apis: Apis, pace: FreePace, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(calling, "PAUSES", (0, 0))
    return Calls(apis, pace)


@pytest.fixture
def office(calls: Calls) -> VkOffice:
    return VkOffice(calls)


@pytest.fixture
def page() -> Page:
    return Page(id=1, group_id=123, token="vk1.a.secret")
