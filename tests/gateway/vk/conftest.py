"""The gateway beside a stand-in for VK, both on ports of loopback in this process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from msgspec.structs import replace

from gateway.app import create_app
from gateway.chat import Chat, make_connector, open_chat, open_inbox
from gateway.http.callback import Callback
from gateway.parts import Parts, open_parts
from gateway.settings import Settings
from integrations.demo.app import create_app as create_demo
from integrations.demo.config import DemoConfig
from integrations.vk import calling
from services.communities import connecting, inspecting
from services.communities.communities import NewPage, PageShown, add_page, get_page
from services.communities.connecting import Connector, Errand, Report
from tests.acceptance.processes import free_port

TOKEN = "vk1.a.token-of-{}"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Any:
        yield


@asynccontextmanager
async def serving(app: Litestar, port: int, lifespan: Any) -> AsyncGenerator[None]:
    config = uvicorn.Config(
        app,
        port=port,
        log_config=None,
        lifespan=lifespan,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    yield
    server.should_exit = True
    await task


class Vk:
    """The stand-in, and the pages that the gateway and it both know."""

    def __init__(self, http: httpx.AsyncClient, parts: Parts) -> None:
        self.http = http
        self.parts = parts

    async def add_page(self, group_id: int, *, known: bool = True, **more: Any) -> int:
        """Add a page to both; without `known` VK has never heard of the token."""
        new = {"group_id": group_id, "token": TOKEN.format(group_id), "title": "Город", **more}
        transport = "long_poll" if more.get("long_poll") else "callback"
        if known:
            await self.lever("communities", **new)
        page = NewPage(
            group_id=group_id,
            title="Город",
            token=TOKEN.format(group_id),
            transport=transport,
        )
        async with self.parts.pool.acquire() as connection, connection.transaction():
            await add_page(connection, self.parts.house.sealer, page)
            sql = "SELECT id FROM communities WHERE group_id = $1"
            return await connection.fetchval(sql, group_id)

    async def lever(self, path: str, **body: Any) -> Any:
        answer = await self.http.post(f"/demo/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def says(self, group_id: int, user_id: int, text: str) -> None:
        await self.lever(f"conversations/{group_id}/{user_id}", act="text", text=text)

    async def call(self, group_id: int, method: str, **params: Any) -> Any:
        """Call VK as somebody else with the page's token would; waits while VK is busy (6)."""
        data = {"group_id": group_id, "v": "5.199", **params}
        headers = {"Authorization": f"Bearer {TOKEN.format(group_id)}"}
        while True:
            answer = await self.http.post(f"/method/{method}", data=data, headers=headers)
            if answer.json().get("error", {}).get("error_code") != 6:
                return answer.json()["response"]
            await asyncio.sleep(0.1)

    async def server(self, group_id: int) -> dict[str, Any]:
        """The one callback server that VK has of a page."""
        listed = (await self.http.get("/demo/communities")).json()["items"]
        page = next(each for each in listed if each["group_id"] == group_id)
        (server,) = page["servers"]
        return server

    async def counters(self) -> Any:
        return (await self.http.get("/demo/counters")).json()

    async def shown(self, group_id: int) -> PageShown:
        async with self.parts.pool.acquire() as connection:
            return await get_page(connection, group_id)

    async def value(self, sql: str, *args: object) -> Any:
        async with self.parts.pool.acquire() as connection:
            return await connection.fetchval(sql, *args)


async def until(holds: Callable[[], Awaitable[Any]]) -> None:
    """Wait until something holds; the test's own time-out is the limit."""
    while not await holds():  # noqa: ASYNC110 - it is another process's news at times
        await asyncio.sleep(0.02)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    vk, own = free_port(), free_port()
    return replace(
        settings,
        vk_api_url=f"http://127.0.0.1:{vk}/method/",
        demo_port=vk,
        port=own,
        public_url=f"http://127.0.0.1:{own}",
    )


@pytest.fixture
async def vk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vk]:
    """The stand-in runs, the gateway does not yet."""
    monkeypatch.setattr(calling, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(inspecting, "LOOK_SECONDS", 0.01)
    public = f"http://127.0.0.1:{settings.demo_port}"
    demo = create_demo(DemoConfig(gateway_url=settings.public_url, public_url=public))
    async with (
        serving(demo, settings.demo_port, "on"),
        httpx.AsyncClient(base_url=public, trust_env=False) as http,
        open_parts(settings) as parts,
    ):
        yield Vk(http, parts)
        await demo.state.leave()


@pytest.fixture
async def chat(vk: Vk) -> AsyncIterator[Chat]:
    async with open_chat(vk.parts) as chat:
        yield chat


@pytest.fixture
async def served(vk: Vk, chat: Chat) -> AsyncIterator[None]:
    """The gateway answers VK."""
    async with open_inbox(vk.parts, chat) as inbox:
        app = create_app(vk.parts, Callback(vk.parts, inbox, chat))
        async with serving(app, vk.parts.settings.port, "off"):
            yield


class Office:
    """Does errands for pages."""

    def __init__(self, vk: Vk, connector: Connector) -> None:
        self.vk = vk
        self.connector = connector

    async def __call__(self, errand: Errand, *ids: int, rotate: bool = False) -> list[Report]:
        return await self.connector.look_after(ids, errand, rotate=rotate)


@pytest.fixture
def look_after(vk: Vk, chat: Chat) -> Office:
    return Office(vk, make_connector(vk.parts, chat))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For pages whose news need not reach another process first."""
    monkeypatch.setattr(connecting, "HEARD_SECONDS", 0.0)
