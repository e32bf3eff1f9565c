"""Waiting for what must come, with deadlines so generous that only a fault misses them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

GENEROUS = 60.0
PAUSE = 0.05


async def eventually(probe: Callable[[], Awaitable[T]], seconds: float = GENEROUS) -> T:
    """Return what `probe` gives once that is true of it; fails when it never becomes so."""
    deadline = time.monotonic() + seconds
    while not (found := await probe()):
        assert time.monotonic() < deadline, f"{probe} never came true"
        await asyncio.sleep(PAUSE)
    return found


async def noticed(look: Callable[[], T], seconds: float = GENEROUS) -> T:
    """Do the same by looking at what others change meanwhile."""

    async def probe() -> T:
        return look()

    return await eventually(probe, seconds)


def soon(probe: Callable[[], T], seconds: float = GENEROUS) -> T:
    """Do the same outside an event loop."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, f"{probe} never came true"
        time.sleep(PAUSE)
    return found
