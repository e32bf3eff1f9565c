"""reply_p50 and reply_p99: seconds from the callback to the reply's arrival at VK, both ways open.

Residents of 200 pages answer a question of the appeal's form, each at the moment that is theirs,
whether or not others were answered: at half the top rate, which goes from the first post to the
last reply. `serve` and a worker run. The limit, in turns at the same pace: the plain transaction,
then one call to the stand-in, with no gateway between. Afterwards everybody was written to once.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp
import msgspec
import uvloop

from bench import plain
from bench.callbacks import PAGES, newcomers_at, post
from bench.house import SECRET, House, open_house
from bench.journey import ANSWERS, Station, walk
from bench.load import event
from bench.quiet import quiet
from bench.report import Measured, note
from bench.residents import Resident
from bench.serve import serving
from bench.vk import CountingVk, counting_vk
from bench.work import working

PAIRS = 3
TOP_PEOPLE = 2000  # in a run that finds the top rate
SECONDS = 6.0  # of a run at half of it
SHARE = 0.5
ARRIVAL_SECONDS = 30.0
ANSWER = next(iter(ANSWERS.values()))
Newcomers = Callable[[int], Awaitable[list[Resident]]]


def measure() -> dict[str, Measured]:
    """Measure both figures."""
    return uvloop.run(_measure())


async def _measure() -> dict[str, Measured]:
    async with open_house(PAGES) as house, counting_vk() as vk:
        stations = walk(house)
        newcomers = newcomers_at(house, stations[0], asked=True)
        environ = {**house.environ, "GATEWAY_VK_API_URL": vk.url}
        with serving(environ, house.folder) as served, working(house, GATEWAY_VK_API_URL=vk.url):
            await _top(vk, served.port, newcomers)  # the first run warms up
            pace = SHARE * await _top(vk, served.port, newcomers)
            note(f"  residents answer {pace:.0f} times a second")
            count = int(pace * SECONDS)
            ours: list[list[float]] = []
            bare: list[list[float]] = []
            for _ in range(PAIRS):
                await quiet()
                ours.append(await _gateway(vk, served.port, await newcomers(count), pace))
                await quiet()
                bare.append(await _plain(house, vk, await newcomers(count), stations[1], pace))
                note(f"  gateway {_told(ours[-1])}; plain {_told(bare[-1])}")
    return {
        "reply_p50": Measured([_p50(run) for run in ours], [_p50(run) for run in bare]),
        "reply_p99": Measured([_p99(run) for run in ours], [_p99(run) for run in bare]),
    }


async def _top(vk: CountingVk, port: int, newcomers: Newcomers) -> float:
    """Return how many answers a second are taken and replied to, when all come at once."""
    people = await newcomers(TOP_PEOPLE)
    begun = time.monotonic()
    posted = await post(port, people, [ANSWER])
    assert posted.ok == TOP_PEOPLE, posted
    await _arrivals(vk, people)
    return TOP_PEOPLE / (max(vk.arrived[str(one.user_id)] for one in people) - begun)


async def _gateway(vk: CountingVk, port: int, people: list[Resident], pace: float) -> list[float]:
    """Let people answer at a pace; return how long each one's reply took."""
    bodies = [
        msgspec.json.encode(event(SECRET, one.user_id, one.page.group_id, 0, ANSWER))
        for one in people
    ]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def do(number: int) -> None:
            async with session.post("/vk/callback", data=bodies[number]) as answer:
                assert await answer.text() == "ok"

        begun = await _paced(pace, len(people), do)
    return await _latencies(vk, people, begun)


async def _plain(
    house: House, vk: CountingVk, people: list[Resident], after: Station, pace: float
) -> list[float]:
    """Write the same steps plainly and call VK for each; return how long each took."""
    answers = list(plain.answers_of(house, people, [after]))
    pool = await plain.open_pool(house)
    async with aiohttp.ClientSession() as session:

        async def do(number: int) -> None:
            async with pool.acquire() as connection:
                await plain.step(connection, answers[number])
            form = {
                "peer_id": str(people[number].user_id),
                "message": after.message.text,
                "random_id": "1",
            }
            async with session.post(f"{vk.url}messages.send", data=form) as answer:
                await answer.read()

        begun = await _paced(pace, len(people), do)
    await pool.close()
    return await _latencies(vk, people, begun)


async def _paced(pace: float, count: int, do: Callable[[int], Awaitable[None]]) -> list[float]:
    """Begin so many things at even distances; return when each began."""
    begun: list[float] = []
    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / pace - time.monotonic()))
            begun.append(time.monotonic())
            group.create_task(_one(do, number))
    return begun


async def _one(do: Callable[[int], Awaitable[None]], number: int) -> None:
    await do(number)


async def _latencies(vk: CountingVk, people: list[Resident], begun: list[float]) -> list[float]:
    await _arrivals(vk, people)
    arrived = [vk.arrived[str(one.user_id)] for one in people]
    return sorted(there - here for there, here in zip(arrived, begun, strict=True))


async def _arrivals(vk: CountingVk, people: list[Resident]) -> None:
    """Wait until everybody was written to; forget how often, which was once."""
    async with asyncio.timeout(ARRIVAL_SECONDS):
        await vk.has(len(people))
    assert vk.people == {str(one.user_id): 1 for one in people}, "not once to each"
    vk.people.clear()


def _p50(run: list[float]) -> float:
    return statistics.median(run)


def _p99(run: list[float]) -> float:
    return run[len(run) * 99 // 100]


def _told(run: list[float]) -> str:
    return f"{_p50(run) * 1000:.1f} ms, p99 {_p99(run) * 1000:.1f} ms"
