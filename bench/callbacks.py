"""callback_steps and memory: mid-form answers through /vk/callback of one `serve` process.

Thousands of residents stand in the appeal's form after the consent and answer its next four
questions, each over HTTP, durable, spread over 200 pages. Every one of them already has a message
in the queue, so `serve` writes its replies and leaves them to the workers, as in a rush; no worker
runs, for it would be a second process's work on the same two cores. After the clock has stopped
every draft is opened and every event and message counted.

Runs of the gateway and of the plain transaction take turns, each with residents of its own.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import msgspec
import uvloop

from bench import plain, residents
from bench.house import SECRET, House, open_house
from bench.journey import ANSWERS, Station, walk
from bench.load import Plan, Posted
from bench.quiet import quiet
from bench.report import Measured, note
from bench.residents import Resident
from bench.serve import Serving, serving

PAGES = 200
PAIRS = 7
PEOPLE = 5000  # residents in one run of the gateway, with four answers each: some 4 seconds
PLAIN_PEOPLE = 2500
WARM_PEOPLE = 1500
CONNECTIONS = 192
FIRST_USER = 10_000_000


def measure() -> dict[str, Measured]:
    """Measure both figures."""
    return uvloop.run(_measure())


async def _measure() -> dict[str, Measured]:
    async with open_house(PAGES) as house:
        stations = walk(house)
        with serving(house.environ, house.folder) as served:
            rates, limits = await _pairs(house, stations, served)
            memory = served.megabytes()
    return {"callback_steps": Measured(rates, limits), "memory": Measured([memory])}


async def _pairs(
    house: House, stations: list[Station], served: Serving
) -> tuple[list[float], list[float]]:
    newcomers = newcomers_at(house, stations[0])
    await _gateway(house, stations, served, await newcomers(WARM_PEOPLE))
    rates: list[float] = []
    limits: list[float] = []
    for _ in range(PAIRS):
        rates.append(await _gateway(house, stations, served, await newcomers(PEOPLE)))
        people = await newcomers(PLAIN_PEOPLE)
        await quiet()
        limits.append(await plain.steps_per_second(house, people, stations[1:]))
        await residents.check(house, people, stations[-1])
        note(f"  the plain transaction: {limits[-1]:.0f}/s, ratio {rates[-1] / limits[-1]:.2f}")
    return rates, limits


def newcomers_at(
    house: House, station: Station, *, asked: bool = False
) -> Callable[[int], Awaitable[list[Resident]]]:
    """Return what settles so many new residents at a station; see `residents.settle`."""
    first = FIRST_USER

    async def settle(count: int) -> list[Resident]:
        nonlocal first
        people = residents.make(house, first, count)
        first += count
        await residents.settle(house, people, station, asked=asked)
        async with house.parts.pool.acquire() as connection:
            await connection.execute("ANALYZE accounts, consents, dialogs, deliveries, inbox")
        return people

    return settle


async def _gateway(
    house: House, stations: list[Station], served: Serving, people: list[Resident]
) -> float:
    """Post everybody's answers; return how many a second were answered `ok`."""
    await quiet()
    since, before = house.parts.house.now(), served.cpu_seconds()
    posted = await post(served.port, people, list(ANSWERS.values()))
    total = len(people) * len(ANSWERS)
    assert (posted.ok, posted.other) == (total, 0), posted
    await residents.check(house, people, stations[-1])
    assert await residents.count_events(house, since) == total
    rate = total / posted.seconds
    computed = served.cpu_seconds() - before
    note(
        f"  callback: {rate:.0f}/s, median {posted.median * 1000:.1f} ms, "
        f"p99 {posted.p99 * 1000:.1f} ms; an event takes serve {computed / total * 1e6:.0f} µs, "
        f"who posts it {posted.computed / total * 1e6:.0f} µs"
    )
    return rate


async def post(port: int, people: list[Resident], answers: list[str]) -> Posted:
    """Post everybody's answers as fast as they are taken, from a process of its own."""
    plan = Plan(
        port=port,
        connections=CONNECTIONS,
        secret=SECRET,
        people=[(one.user_id, one.page.group_id) for one in people],
        answers=answers,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(msgspec.msgpack.encode(plan))
    assert process.returncode == 0
    return msgspec.msgpack.decode(told, type=Posted)
