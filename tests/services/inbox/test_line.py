"""The line: pages take turns, residents keep their order, nobody is in two batches."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Ignored
from services.errors import Unavailable
from services.inbox.line import PAGE_LIMIT, WAITING_LIMIT, Line, Waiting
from services.inbox.visits import Visit


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def waiting(loop: asyncio.AbstractEventLoop, page: int, person: int, number: int) -> Waiting:
    community = cast("Any", SimpleNamespace(id=page, operator_id=1))
    visit = Visit(
        community=community,
        event_id=str(number),
        type="message_new",
        event=Ignored(),
        user_key=str(person).encode(),
    )
    return Waiting(visit, loop.create_future())


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6)), max_size=60), st.integers(1, 8))
def test_everybody_is_taken_once_and_in_order(
    loop: asyncio.AbstractEventLoop, events: list[tuple[int, int]], size: int
) -> None:
    """Whatever two batches are under way: one event a resident, each resident's in their order."""
    line, order = Line(), dict[object, list[int]]()
    for number, (page, person) in enumerate(events):
        line.add(waiting(loop, page, person, number))
        order.setdefault((page, person), []).append(number)
    taken: dict[object, list[int]] = {}
    under_way: list[list[Waiting]] = []
    while line or under_way:
        batch = line.take(size)
        busy = [each.visit.user_key for other in [*under_way, batch] for each in other]
        assert len(busy) == len(set(busy))
        for each in batch:
            one = each.visit.community.id, int(each.visit.user_key or b"")
            taken.setdefault(one, []).append(int(each.visit.event_id))
        if batch:
            under_way.append(batch)
        if len(under_way) == 2 or not batch:
            line.free(under_way.pop(0))
    assert taken == order


def test_a_quiet_page_waits_behind_no_rush(loop: asyncio.AbstractEventLoop) -> None:
    """An event of a page for which a thousand others wait is not in the next page's way."""
    line = Line()
    for number in range(500):
        line.add(waiting(loop, 1, number, number))
    line.add(waiting(loop, 2, 1000, 1000))
    assert 2 in {each.visit.community.id for each in line.take(2)}


def test_a_full_page_leaves_room_for_the_others(loop: asyncio.AbstractEventLoop) -> None:
    line = Line()
    for number in range(PAGE_LIMIT):
        line.add(waiting(loop, 1, number, number))
    with pytest.raises(Unavailable):
        line.add(waiting(loop, 1, 0, PAGE_LIMIT))
    for number in range(PAGE_LIMIT, WAITING_LIMIT):
        line.add(waiting(loop, 2, number, number))
    with pytest.raises(Unavailable):
        line.add(waiting(loop, 3, 0, WAITING_LIMIT))
