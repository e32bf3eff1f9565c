"""replies: messages a second to one page's residents, by one worker, 20 calls a second allowed.

Thousands of residents of one page each have a message in the queue; then a worker starts. The
limit is the same page written to one message a call, as fast as VK allows. After the clock has
stopped everybody was written to once, and no second had more calls than VK takes.
"""

import asyncio
import time

import aiohttp
import uvloop

from bench import residents
from bench.house import House, open_house
from bench.journey import Station, walk
from bench.quiet import quiet
from bench.report import Measured, note
from bench.vk import CALLS, counting_vk
from bench.work import working

PAIRS = 3
PEOPLE = 4000  # in one run: some 8 seconds
SINGLE = 60  # messages sent one by one: 3 seconds
FIRST_USER = 20_000_000


def measure() -> dict[str, Measured]:
    """Measure the figure."""
    return uvloop.run(_measure())


async def _measure() -> dict[str, Measured]:
    rates: list[float] = []
    limits: list[float] = []
    async with open_house(1) as house:
        station = walk(house)[0]
        for pair in range(PAIRS):
            await quiet()
            rates.append(await _worker(house, station, FIRST_USER + pair * PEOPLE))
            limits.append(await _one_by_one())
            note(f"  replies: {rates[-1]:.0f}/s, one by one {limits[-1]:.1f}/s")
    return {"replies": Measured(rates, limits)}


async def _worker(house: House, station: Station, first: int) -> float:
    """Let a worker send what waits; return messages a second, from the first to the last call."""
    people = residents.make(house, first, PEOPLE)
    await residents.settle(house, people, station)
    async with counting_vk() as vk:
        with working(house, GATEWAY_VK_API_URL=vk.url):
            await vk.has(PEOPLE)
    assert set(vk.people.values()) == {1}, "somebody was written to twice"
    assert vk.most_calls_in_a_second() <= CALLS, "VK would have refused a call"
    return PEOPLE / (vk.calls[-1] - vk.calls[0])


async def _one_by_one() -> float:
    async with counting_vk() as vk, aiohttp.ClientSession() as session:
        begun = time.monotonic()
        for number in range(SINGLE):
            await asyncio.sleep(max(0.0, begun + number / CALLS - time.monotonic()))
            form = {"peer_id": str(number + 1), "message": "Готово", "random_id": "1"}
            async with session.post(f"{vk.url}messages.send", data=form) as answer:
                assert answer.status == 200
        return (SINGLE - 1) / (vk.calls[-1] - vk.calls[0])
