"""Long Poll: pages that VK cannot call, followed by processes that share them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gateway.chat import Chat, open_chat
from gateway.following import following
from gateway.parts import open_parts
from services.inbox import following as one_page
from services.inbox import sharing
from services.inbox.polling_queries import Held
from services.inbox.sharing import LEASE, Sharing
from tests.gateway.vk.conftest import Office, Vk, until

GROUP, OTHER = 701, 702
SEEN = "SELECT count(*) = {} FROM inbox WHERE type = 'message_new'"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(one_page, "AGAIN", 0.01)


@pytest.fixture
async def worker(vk: Vk, chat: Chat) -> AsyncIterator[Sharing]:
    async with following(vk.parts, chat) as sharing:
        yield sharing


@asynccontextmanager
async def another(vk: Vk) -> AsyncGenerator[Sharing]:
    async with (
        open_parts(vk.parts.settings) as parts,
        open_chat(parts) as chat,
        following(parts, chat) as sharing,
    ):
        yield sharing


async def seen(vk: Vk, number: int) -> None:
    await until(lambda: vk.value(SEEN.format(number)))


async def followed(vk: Vk) -> None:
    await until(lambda: vk.value("SELECT bool_and(ts IS NOT NULL) FROM long_polls"))


async def test_what_people_write_arrives_once_and_in_order(vk: Vk, worker: Sharing) -> None:
    """Through the same inbox as a callback: the resident gets the menu."""
    await vk.add_page(GROUP, long_poll=True)
    await followed(vk)
    for text in ("Начать", "меню", "1"):
        await vk.says(GROUP, 7, text)
    await seen(vk, 3)
    order = "SELECT array_agg(revision) FROM dialogs"
    assert await vk.value(order) == [3]
    assert await vk.value("SELECT count(*) > 2 FROM deliveries")
    assert (await vk.counters())["violation_count"] == 0


async def test_a_page_is_set_up_for_long_poll(vk: Vk, worker: Sharing, look_after: Office) -> None:
    """`connect` switches it on at VK; until then the follower waits."""
    community = await vk.add_page(GROUP)
    await vk.value("UPDATE communities SET transport = 'long_poll'")
    (report,) = await look_after("check", community)
    assert (report.status, report.done) == ("ok", ("long_poll",))
    await followed(vk)
    await vk.says(GROUP, 7, "Начать")
    await seen(vk, 1)


@pytest.mark.parametrize("failed", [1, 2, 3])
async def test_a_failed_wait_goes_on(vk: Vk, worker: Sharing, failed: int) -> None:
    """1: with the new mark; 2: with a new key; 3: with both. Later events arrive."""
    await vk.add_page(GROUP, long_poll=True)
    await followed(vk)
    await vk.says(GROUP, 7, "Начать")
    await seen(vk, 1)
    before = await vk.value("SELECT ts FROM long_polls")
    await vk.lever(f"communities/{GROUP}/long_poll", failed=failed)
    if failed == 1:
        await until(lambda: vk.value("SELECT ts <> $1 FROM long_polls", before))
    if failed == 3:
        await until(lambda: asked_anew(vk))
    await vk.says(GROUP, 7, "меню")
    await seen(vk, 2)


async def asked_anew(vk: Vk) -> bool:
    return (await vk.counters())["methods"]["groups.getLongPollServer"] == 2


async def test_what_happened_while_nobody_followed_is_not_lost(vk: Vk, chat: Chat) -> None:
    """The mark is kept with the page: whoever follows it next begins there."""
    await vk.add_page(GROUP, long_poll=True)
    async with following(vk.parts, chat):
        await followed(vk)
        await vk.says(GROUP, 7, "Начать")
        await seen(vk, 1)
    assert await vk.value("SELECT holder IS NULL FROM long_polls")
    await vk.says(GROUP, 7, "меню")
    async with following(vk.parts, chat):
        await seen(vk, 2)


async def test_an_event_whose_mark_was_not_kept_comes_once(vk: Vk, chat: Chat) -> None:
    """A process killed between effect and mark: the inbox knows what it has seen."""
    await vk.add_page(GROUP, long_poll=True)
    async with following(vk.parts, chat):
        await followed(vk)
        before = await vk.value("SELECT ts FROM long_polls")
        await vk.says(GROUP, 7, "Начать")
        await seen(vk, 1)
    await vk.value("UPDATE long_polls SET ts = $1", before)
    async with following(vk.parts, chat):
        await vk.says(GROUP, 7, "меню")
        await seen(vk, 2)
    assert await vk.value("SELECT revision FROM dialogs") == 2


async def test_processes_share_the_pages(vk: Vk, worker: Sharing) -> None:
    """Each its part, none twice; one that comes later gets its part, one that goes leaves it."""
    for number in range(5):
        await vk.add_page(GROUP + number, long_poll=True)

    async def holds(sharings: Sequence[Sharing], *counts: int) -> bool:
        parts = [each.held for each in sharings]
        return sorted(map(len, parts)) == sorted(counts) and len(set().union(*parts)) == 5

    await until(lambda: holds([worker], 5))
    async with another(vk) as second:
        await until(lambda: holds([worker, second], 3, 2))
    await until(lambda: holds([worker], 5))


async def test_no_process_holds_more_than_it_may(vk: Vk) -> None:
    """Its memory and connections are bounded, however many pages there are."""
    for number in range(4):
        await vk.add_page(GROUP + number, long_poll=True)
    sharing = Sharing(vk.parts.pool, vk.parts.house, most=3)
    for _ in range(2):
        await sharing.round(_for_ever)
        assert len(sharing.held) == 3
    await sharing.leave()


async def _is(truth: bool) -> bool:
    return truth


async def _for_ever(_: Held) -> None:
    await asyncio.Event().wait()


async def test_a_killed_process_is_followed_up(vk: Vk, chat: Chat) -> None:
    """Its leases end by themselves; until then nobody else takes its pages."""
    await vk.add_page(GROUP, long_poll=True)
    sql = "INSERT INTO long_polls (community_id, holder, leased_until, ts) SELECT id, $1, $2, '1'"
    gone = Sharing(vk.parts.pool, vk.parts.house).holder
    await vk.value(f"{sql} FROM communities", gone, vk.parts.house.now() + LEASE)
    sharing = Sharing(vk.parts.pool, vk.parts.house)
    await sharing.round(_for_ever)
    assert sharing.held == set()
    await sharing.leave()
    await vk.value("UPDATE long_polls SET leased_until = $1", vk.parts.house.now())
    async with following(vk.parts, chat):
        await until(lambda: vk.value("SELECT holder <> $1 FROM long_polls", gone))
        await vk.says(GROUP, 7, "Начать")
        await seen(vk, 1)


async def test_a_dead_token_ends_the_following_of_its_page(vk: Vk, worker: Sharing) -> None:
    """The page is paused with VK's reason; with a new token it is followed again."""
    community = await vk.add_page(GROUP, long_poll=True)
    await vk.add_page(OTHER, long_poll=True)
    await followed(vk)
    await vk.lever("faults", kind="error", code=5, group_id=GROUP)
    await vk.lever(f"communities/{GROUP}/long_poll", failed=2)
    await until(lambda: vk.value("SELECT paused = 'token_invalid' FROM communities ORDER BY id"))
    await until(lambda: _is(community not in worker.held))
    assert len(worker.held) == 1
    await vk.http.delete("/demo/faults")
    sql = "UPDATE communities SET paused = NULL, paused_by = NULL"
    await vk.value(sql)
    await until(lambda: _is(community in worker.held))
    await vk.says(GROUP, 7, "Начать")
    await seen(vk, 1)


async def test_an_event_that_fails_holds_up_no_other_page(vk: Vk, worker: Sharing) -> None:
    """It is tried again, and given up at the third try as a callback's would be."""
    await vk.add_page(GROUP, long_poll=True)
    await followed(vk)
    await vk.value("ALTER TABLE dialogs ADD CONSTRAINT broken CHECK (inline_buttons IS NULL)")
    await vk.says(GROUP, 7, "Начать")
    await until(lambda: vk.value("SELECT true FROM inbox WHERE failed IS NOT NULL"))
    await vk.value("ALTER TABLE dialogs DROP CONSTRAINT broken")
    await vk.says(GROUP, 7, "меню")
    await until(
        lambda: vk.value(
            "SELECT true FROM inbox WHERE type = 'message_new' AND failed IS NULL LIMIT 1"
        )
    )


async def test_a_wait_does_not_outlive_the_process(vk: Vk, chat: Chat) -> None:
    """A stop interrupts the waiting of 25 seconds and leaves no lease behind."""
    async with AsyncExitStack() as stack:
        await vk.add_page(GROUP, long_poll=True)
        await stack.enter_async_context(following(vk.parts, chat))
        await followed(vk)
    assert await vk.value("SELECT count(*) FROM long_poll_holders") == 0
