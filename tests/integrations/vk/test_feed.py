"""Waiting for events by Long Poll."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integrations.vk import feed as feeds
from integrations.vk.api import open_session
from integrations.vk.calling import Calls
from integrations.vk.errors import VkRefused
from integrations.vk.feed import VkFeed
from schemas.events import Allowed
from services.ports import FeedAnswer, FeedPlace, Happening, Page
from tests.integrations.vk.conftest import StandIn

ALLOWED = {
    "type": "message_allow",
    "event_id": "e1",
    "group_id": 123,
    "v": "5.199",
    "object": {"user_id": 5, "key": ""},
}


class LongPollServer:
    def __init__(self) -> None:
        self.body: Any = {}
        self.asked: list[dict[str, str]] = []
        self.place = FeedPlace("", "", "")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        if isinstance(self.body, bytes):
            return web.Response(body=self.body)
        return web.json_response(self.body)


@pytest.fixture
async def server() -> AsyncIterator[LongPollServer]:
    server = LongPollServer()
    app = web.Application()
    app.router.add_get("/wh123", server.handle)
    async with TestServer(app) as running:
        server.place = FeedPlace(str(running.make_url("/wh123")), "a-key", "7")
        yield server


@pytest.fixture
async def feed(calls: Calls) -> AsyncIterator[VkFeed]:
    async with open_session() as session:
        yield VkFeed(calls, session)


async def test_the_place_is_asked_of_vk(vk: StandIn, feed: VkFeed, page: Page) -> None:
    """A mark may come as a number."""
    vk.says({"response": {"key": "k", "server": "https://lp.example/wh123", "ts": 42}})
    assert await feed.open(page) == FeedPlace("https://lp.example/wh123", "k", "42")


async def test_events_are_waited_for(server: LongPollServer, feed: VkFeed) -> None:
    """With the key and the mark; each comes with its own id, as by callback."""
    server.body = {"ts": "9", "updates": [ALLOWED]}
    happening = Happening("e1", "message_allow", Allowed(5))
    assert await feed.wait(server.place, "7") == FeedAnswer(happenings=(happening,), ts="9")
    assert server.asked == [{"act": "a_check", "key": "a-key", "ts": "7", "wait": "25"}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"failed": 1, "ts": 30}, FeedAnswer(ts="30", gap=True)),
        ({"failed": 2}, FeedAnswer(stale=True)),
        ({"failed": 3}, FeedAnswer(stale=True, gap=True)),
        ({"ts": "8", "updates": []}, FeedAnswer(ts="8")),
    ],
)
async def test_what_failed_is_told_apart(
    server: LongPollServer, feed: VkFeed, body: object, expected: FeedAnswer
) -> None:
    """1: take the new mark. 2: another key. 3: another key and mark."""
    server.body = body
    assert await feed.wait(server.place, "7") == expected


async def test_an_odd_update_holds_up_no_other(server: LongPollServer, feed: VkFeed) -> None:
    """It is left out: asking again would bring it again."""
    server.body = {"ts": "9", "updates": [{"type": "?"}, ALLOWED]}
    assert [each.id for each in (await feed.wait(server.place, "7")).happenings] == ["e1"]


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"{}", {"failed": 9}, {"failed": 1}])
async def test_what_is_no_answer_is_refused(
    server: LongPollServer, feed: VkFeed, body: object
) -> None:
    """Whoever follows waits and asks anew; the key is in no message."""
    server.body = body
    with pytest.raises(VkRefused) as refused:
        await feed.wait(server.place, "7")
    assert "a-key" not in str(refused.value)


async def test_an_endless_answer_is_cut(
    server: LongPollServer, feed: VkFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays bounded, whatever the other side sends."""
    monkeypatch.setattr(feeds, "ANSWER_LIMIT", 100)
    server.body = b" " * 101
    with pytest.raises(VkRefused) as refused:
        await feed.wait(server.place, "7")
    assert refused.value.verdict.code == "too_large"


async def test_a_server_that_is_gone_is_refused(feed: VkFeed) -> None:
    """No error of the network comes through."""
    with pytest.raises(VkRefused):
        await feed.wait(FeedPlace("http://127.0.0.1:9/wh", "k", "1"), "1")
