"""A stand-in with one page and one resident, reached without a network."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from integrations.demo.app import create_app
from integrations.demo.config import DemoCommunity, DemoConfig
from integrations.demo.vk.control import Resident
from integrations.demo.vk.world import EVENTS, Community, World

GROUP, USER, TOKEN = 100, 7, "token-of-100"


class Caller:
    """Calls the stand-in's API and levers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def call(self, method: str, /, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        data = {"v": "5.199", **params}
        answer = await self.http.post(f"/method/{method}", data=data, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    async def send(self, **params: Any) -> Any:
        return await self.call(
            "messages.send", **{"peer_id": USER, "message": "Здравствуйте", **params}
        )

    async def act(self, act: str, **more: Any) -> httpx.Response:
        return await self.http.post(
            f"/demo/conversations/{GROUP}/{USER}", json={"act": act, **more}
        )

    async def read(self) -> Any:
        return (await self.http.get(f"/demo/conversations/{GROUP}/{USER}")).json()

    async def counters(self) -> Any:
        return (await self.http.get("/demo/counters")).json()

    async def fault(self, **fault: Any) -> None:
        assert (await self.http.post("/demo/faults", json=fault)).status_code == 201


@asynccontextmanager
async def running(app: Litestar) -> AsyncGenerator[httpx.AsyncClient]:
    """Reach an app that has been started; its life is one task's, as a lifespan wants it."""
    started, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await done.wait()

    life = asyncio.create_task(live())
    await started.wait()
    transport = httpx.ASGITransport(cast("Any", app))  # httpx knows no lifespan scopes
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.test") as http:
        yield http
    done.set()
    await life


@pytest.fixture
async def vk() -> AsyncIterator[Caller]:
    page = DemoCommunity(group_id=GROUP, token=TOKEN, secret="s", title="Администрация")
    config = DemoConfig(
        gateway_url="http://127.0.0.1:9",
        communities=(page,),
        residents=(Resident(USER, "Анна"),),
    )
    app = create_app(config)
    async with running(app) as http:
        yield Caller(http)


@pytest.fixture
def world() -> World:
    """A world whose clock stands still, with one page that has a server for all events."""
    world = World(lambda: 1_800_000_000.0)
    community = world.add_community(Community(GROUP, TOKEN, "Администрация"))
    world.add_server(community, "http://127.0.0.1:9/vk/callback", "test", "secret", EVENTS)
    return world


@pytest.fixture
def queued(world: World) -> Callable[[], list[dict[str, Any]]]:
    """The events that wait for the page's server."""

    def read() -> list[dict[str, Any]]:
        server = world.communities[GROUP].servers[1]
        return [json.loads(body) for _, body in server.queue]

    return read


def keyboard(*labels: str, **more: Any) -> str:
    """A keyboard of text buttons, one a row, as JSON text."""
    rows = [
        [
            {
                "action": {"type": "text", "label": label, "payload": json.dumps({"value": label})},
                "color": "primary",
            }
        ]
        for label in labels
    ]
    return json.dumps({"buttons": rows, **more})
