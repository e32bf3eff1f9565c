import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integrations.demo.vk.acts import Text, carry_out
from integrations.demo.vk.callbacks import GIVE_UP_AFTER, Courier, _pause
from integrations.demo.vk.world import CallbackServer, World
from tests.integrations.demo.conftest import GROUP, USER

Answers = Callable[[dict[str, Any]], web.Response]


class Gateway:
    """A tiny server that answers events as told and remembers them."""

    def __init__(self) -> None:
        self.answer: Answers = lambda _: web.Response(text="ok")
        self.heard: list[tuple[dict[str, Any], str | None]] = []
        self.news = asyncio.Condition()
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        event = await request.json()
        self.heard.append((event, request.headers.get("X-Retry-Counter")))
        async with self.news:
            self.news.notify_all()
        return self.answer(event)

    async def until(self, number: int) -> None:
        async with asyncio.timeout(60), self.news:
            await self.news.wait_for(lambda: len(self.heard) >= number)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_post("/vk/callback", gateway.hear)
    async with TestServer(app) as server:
        gateway.url = str(server.make_url("/vk/callback"))
        yield gateway


@pytest.fixture
async def courier(world: World, gateway: Gateway) -> AsyncIterator[Courier]:
    courier = Courier(world)
    courier.back_off = (0.0,)
    server(world).url = gateway.url
    await courier.start()
    yield courier
    await courier.stop()


def server(world: World) -> CallbackServer:
    return world.communities[GROUP].servers[1]


def write(world: World, *texts: str) -> None:
    for text in texts:
        carry_out(world, world.communities[GROUP], USER, Text(text), "http://files")


def texts(gateway: Gateway) -> list[str]:
    return [e["object"]["message"]["text"] for e, _ in gateway.heard if e["type"] == "message_new"]


@pytest.mark.usefixtures("courier")
async def test_events_come_in_order(world: World, gateway: Gateway) -> None:
    """One after the other, without a retry counter when all is well."""
    write(world, "1", "2", "3")
    await gateway.until(4)
    assert texts(gateway) == ["1", "2", "3"]
    assert {retry for _, retry in gateway.heard} == {None}


@pytest.mark.usefixtures("courier")
async def test_a_refused_event_comes_again(world: World, gateway: Gateway) -> None:
    """Under the same id, with a counter, before the later ones; only `ok` ends it."""
    refusals = [web.Response(status=500), web.Response(text="OK"), web.Response(status=403)]

    def answer(_: dict[str, Any]) -> web.Response:
        return refusals.pop(0) if refusals else web.Response(text="ok")

    gateway.answer = answer
    world.communities[GROUP].conversation(USER).allowed = True
    write(world, "1", "2")
    await gateway.until(5)
    assert texts(gateway) == ["1", "1", "1", "1", "2"]
    assert [retry for _, retry in gateway.heard] == [None, "1", "2", "3", None]
    assert len({event["event_id"] for event, _ in gateway.heard}) == 2


@pytest.mark.usefixtures("courier")
async def test_an_event_is_given_up_in_the_end(world: World, gateway: Gateway) -> None:
    """A server that refuses one event for ever is `failed`, and gets the next one."""

    def answer(event: dict[str, Any]) -> web.Response:
        poison = event["object"]["message"]["text"] == "яд"
        return web.Response(status=500) if poison else web.Response(text="ok")

    gateway.answer = answer
    world.communities[GROUP].conversation(USER).allowed = True
    write(world, "яд")
    await gateway.until(GIVE_UP_AFTER)
    assert server(world).status == "failed"
    write(world, "здоровое")
    await gateway.until(GIVE_UP_AFTER + 1)
    assert texts(gateway)[-1] == "здоровое"


async def test_remove_takes_the_server_away(
    world: World, gateway: Gateway, courier: Courier
) -> None:
    """Whoever answers `remove` is never called again."""
    gateway.answer = lambda _: web.Response(text="remove")
    write(world, "1", "2")
    async with asyncio.timeout(60):
        await asyncio.gather(*courier.tasks())
    assert not world.communities[GROUP].servers
    assert len(gateway.heard) == 1


async def test_confirmation_wants_the_code(
    world: World, gateway: Gateway, courier: Courier
) -> None:
    """The server must answer the community's present code and nothing else."""
    community = world.communities[GROUP]
    assert not await courier.confirm(community, server(world))
    assert server(world).status == "failed"
    gateway.answer = lambda _: web.Response(text=community.confirmation)
    assert await courier.confirm(community, server(world))
    event, _ = gateway.heard[-1]
    assert event["type"] == "confirmation"
    assert event["group_id"] == GROUP


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", None),
        ("soon", None),
        (format_datetime(datetime.fromtimestamp(1_000_030, UTC), usegmt=True), 30.0),
        (format_datetime(datetime.fromtimestamp(999_970, UTC), usegmt=True), 0.0),
        (format_datetime(datetime.fromtimestamp(1_010_800, UTC), usegmt=True), None),
    ],
)
def test_retry_after_is_a_date_within_three_hours(header: str | None, seconds: float) -> None:
    """Seconds, other words and dates too far away are as good as none."""
    assert _pause(header, 1_000_000.0) == seconds
