"""Whatever is killed or emptied while residents file appeals: nothing is lost, nothing doubled."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator

import asyncpg
import httpx
import pytest
import redis

from tests.acceptance.office import Desk, Letterbox, open_letterbox
from tests.acceptance.people import Resident
from tests.acceptance.rush import Department, Rush, check_conversation
from tests.acceptance.strikes import STRIKES, Strike
from tests.acceptance.town import GROUP, SECOND_GROUP, Town
from tests.acceptance.waiting import eventually, noticed

RESIDENTS = 24

# What a killed process had leased is free again when its lease runs out, after a minute or two,
# and arq holds back its jobs for 40 seconds. The tests do not wait: they let that time pass.
LEASES_RUN_OUT = """UPDATE deliveries SET leased_until = leased_until - interval '5 minutes'
    WHERE state = 'leased'"""
HELD_BACK = "arq:in-progress:*"
UNSETTLED = "SELECT count(*) FROM deliveries WHERE state <> 'sent' OR leased_until IS NOT NULL"


@pytest.fixture(scope="module")
def town(own_town: Town) -> Town:
    return own_town


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as found:
        yield found


@pytest.mark.parametrize("strike", STRIKES)
async def test_nothing_is_lost_or_doubled(
    town: Town, vk: httpx.AsyncClient, desk: Desk, letterbox: Letterbox, strike: Strike
) -> None:
    """Each confirmed appeal is one case, each message is read once, each hand-off arrives."""
    await desk.listen(letterbox)
    known = {case["id"] for case in await desk.cases()}
    people = residents(vk, STRIKES.index(strike))
    rush = Rush(people, random.Random(strike.__name__))
    department = Department(desk)
    async with department.at_work():
        await asyncio.gather(rush.run(), struck(town, rush, strike))
        await noticed(lambda: len(department.answered) >= RESIDENTS)
    await rush.hear_answers()

    cases = [case for case in await desk.cases() if case["id"] not in known]
    assert Counter(case["number"] for case in cases) == Counter(set(rush.numbers))
    assert len(cases) == RESIDENTS
    for person in people:
        check_conversation((await person.conversation())["messages"])
    for case in cases:
        await letterbox.next("case.assigned", case["id"])
        notes = letterbox.of("case.assigned", case["id"])
        assert len({note.headers["webhook-id"] for note in notes}) == 1
    await eventually(lambda: all_settled(town))


def residents(vk: httpx.AsyncClient, round_number: int) -> list[Resident]:
    """New people, half of them at each page."""
    first = 7000 + 100 * round_number
    return [
        Resident(vk, (GROUP, SECOND_GROUP)[number % 2], first + number)
        for number in range(RESIDENTS)
    ]


async def struck(town: Town, rush: Rush, strike: Strike) -> None:
    """Strike in the middle of the rush; then let the leases of the killed run out."""
    await rush.middle()
    await asyncio.to_thread(strike, town)
    await eventually(lambda: asyncio.to_thread(lambda: town.health() == "ready"))
    found = await asyncio.to_thread(town.embedded)
    connection = await asyncpg.connect(found.database_url)
    await connection.execute(LEASES_RUN_OUT)
    await connection.close()
    with redis.Redis.from_url(str(found.redis_url)) as valkey:
        for key in list(valkey.scan_iter(HELD_BACK)):
            valkey.delete(key)


async def all_settled(town: Town) -> bool:
    """Whether everything has left, and nothing is leased any more."""
    connection = await asyncpg.connect(town.embedded().database_url)
    try:
        return await connection.fetchval(UNSETTLED) == 0
    finally:
        await connection.close()
