"""Two gateways and two workers on one database, through PgBouncer."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.acceptance.conftest import living
from tests.acceptance.events import body, post_copies, said
from tests.acceptance.office import Desk, Letterbox
from tests.acceptance.people import Resident
from tests.acceptance.pooler import SESSIONS, pooled, program
from tests.acceptance.rush import Department, Rush, check_conversation
from tests.acceptance.town import GROUP, SECOND_GROUP, Town, town_folder
from tests.acceptance.waiting import noticed, soon

RESIDENTS = 12
NEWCOMERS = 8
SERVED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


@pytest.fixture(scope="module")
def town(addresses: tuple[str, str]) -> Iterator[Town]:
    program()
    database_url, redis_url = addresses
    with town_folder() as folder:
        (place := Path(folder) / "pooler").mkdir()
        with pooled(database_url, place) as through:
            yield from living(Town(folder, through, redis_url))


@pytest.fixture(scope="module")
def second_url(town: Town) -> str:
    """The other gateway; another worker starts beside it."""
    port = town.port + 1
    town.serve(port)
    town.worker()
    url = f"http://127.0.0.1:{port}"
    soon(lambda: town.health(url) == "ready")
    return url


async def test_all_of_it_behind_a_pooler(
    vk: httpx.AsyncClient,
    gateway: httpx.AsyncClient,
    desk: Desk,
    letterbox: Letterbox,
    town: Town,
    addresses: tuple[str, str],
    second_url: str,
) -> None:
    """Appeals walk to the department and back, copies at both gateways have one effect."""
    await desk.listen(letterbox)
    people = [
        Resident(vk, (GROUP, SECOND_GROUP)[number % 2], 8000 + number)
        for number in range(RESIDENTS)
    ]
    newcomers = [Resident(vk, GROUP, 8100 + number) for number in range(NEWCOMERS)]
    rush, department = Rush(people, random.Random(12)), Department(desk)
    async with department.at_work():
        copies = asyncio.gather(
            *(greet(person, gateway, town.url, second_url) for person in newcomers)
        )
        await rush.run()
        await copies
        await noticed(lambda: len(department.answered) >= RESIDENTS)
    await rush.hear_answers()

    cases = await desk.cases()
    assert Counter(case["number"] for case in cases) == Counter(set(rush.numbers))
    for person in people:
        check_conversation((await person.conversation())["messages"])
    for case in cases:
        await letterbox.next("case.assigned", case["id"])
        assert len(letterbox.of("case.assigned", case["id"])) == 1
    for person in newcomers:
        assert len(await person.messages()) == 1
    assert await sessions(addresses[0]) <= SESSIONS


async def greet(person: Resident, gateway: httpx.AsyncClient, *urls: str) -> None:
    """Say hello once; VK posts it to both gateways, three times."""
    await person.act("allow")
    event = body("message_new", said(person.user_id, "Привет"))
    assert await post_copies(gateway, event, *urls) == ["ok", "ok", "ok"]
    await person.hear()


async def sessions(database_url: str) -> int:
    """Count what PostgreSQL serves, besides the one who asks."""
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval(SERVED) - 1
    finally:
        await connection.close()
