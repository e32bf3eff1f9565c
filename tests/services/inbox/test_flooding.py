"""A resident who floods a page: told once, taken later, in nobody's way."""

import asyncio

import pytest

from schemas.dialogs import Capabilities, Incoming
from schemas.events import Said
from services.dialogs.wording import TOO_FAST
from services.errors import Unavailable
from services.inbox.batches import FLOOD
from tests.services.inbox.conftest import Hall


async def flood(hall: Hall, user_id: int, times: int) -> list[bool]:
    said = Said(user_id, Incoming("text", "слово"), Capabilities())
    return list(await asyncio.gather(*(hall.inbox.take(hall.visit(said)) for _ in range(times))))


async def test_who_floods_is_told_once_and_the_rest_has_no_effect(hall: Hall) -> None:
    """The burst is answered; of what comes after it one event is kept, with one sentence."""
    taken = await flood(hall, 10, FLOOD.burst + 20)
    assert taken == [True] * FLOOD.burst + [False] * 20
    await hall.settle()
    assert hall.post.to(10).count(TOO_FAST) == 1
    assert len(hall.post.to(10)) == FLOOD.burst + 1
    assert await hall.value("SELECT count(*) FROM inbox") == FLOOD.burst + 1


async def test_nobody_else_notices(hall: Hall) -> None:
    """Others of the same page are answered as ever while one floods it."""
    await asyncio.gather(flood(hall, 10, FLOOD.burst * 3), hall.says(11, "меню"))
    await hall.settle()
    assert "Чем помочь?" in hall.post.to(11)[0]


async def test_what_was_entered_is_kept(hall: Hall) -> None:
    """The sentence moves nothing: the draft goes on where it stood."""
    for text in ("меню", "1", "1", "1", "Согласен"):
        await hall.says(10, text)
    before = await hall.value("SELECT drafted_until FROM dialogs")
    await flood(hall, 10, FLOOD.burst + 1)
    assert await hall.value("SELECT drafted_until FROM dialogs") == before


async def test_an_inbox_that_leaves_finishes_what_it_took_and_takes_no_more(hall: Hall) -> None:
    """What waits and what is under way is done before `stop` returns."""
    takes = [asyncio.create_task(hall.says(user, "меню")) for user in range(1, 101)]
    await asyncio.sleep(0)
    await hall.inbox.stop()
    await asyncio.gather(*takes)
    assert await hall.value("SELECT count(*) FROM inbox") == 100
    with pytest.raises(Unavailable):
        await hall.says(200, "меню")


async def test_who_gives_up_waiting_undoes_nothing(hall: Hall) -> None:
    """An event that was put off has its effect all the same, and once."""
    async with hall.pool.acquire() as blocker, blocker.transaction():
        await hall.says(10, "меню")
        await blocker.execute("LOCK TABLE dialogs")
        late = hall.visit(Said(10, Incoming("text", "1"), Capabilities()), event_id="late")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await hall.inbox.take(late)
    await hall.inbox.take(late)
    assert await hall.value("SELECT revision FROM dialogs") == 2
