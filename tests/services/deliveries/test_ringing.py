"""Ringing beside the work."""

import asyncio
from collections.abc import Iterable

from services.deliveries.ringing import Ringing


class SlowBell:
    """A bell that takes until it is told to go on."""

    def __init__(self) -> None:
        self.rung: list[list[str]] = []
        self.go_on = asyncio.Event()

    async def ring(self, job: str, *ids: str) -> None:
        raise AssertionError

    async def ring_each(self, job: str, ids: Iterable[str]) -> None:
        self.rung.append(list(ids))
        await self.go_on.wait()


async def test_pages_named_during_a_ring_share_the_next_one() -> None:
    """Nobody waits for the bell, and a page named twice is rung for once."""
    bell = SlowBell()
    ringing = Ringing(bell)
    ringing.ring(1)
    await asyncio.sleep(0)
    for page in (3, 2, 3, 1):
        ringing.ring(page)
    bell.go_on.set()
    await ringing.stop()
    assert bell.rung == [["1"], ["1", "2", "3"]]


async def test_it_rings_again_after_it_was_still() -> None:
    """The next page starts the next ring."""
    bell = SlowBell()
    bell.go_on.set()
    ringing = Ringing(bell)
    for page in (1, 2):
        ringing.ring(page)
        await ringing.stop()
    assert bell.rung == [["1"], ["2"]]
