"""`gateway keys rotate` while residents write: killed in the middle, it goes on."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from gateway.settings import load
from services.privacy.columns import SEALED
from services.privacy.keyring import open_keyring
from services.privacy.rotation_queries import LOCKED
from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.processes import Process
from tests.acceptance.rush import Department, Rush, check_conversation
from tests.acceptance.town import GROUP, SECOND_GROUP, Town, complains
from tests.acceptance.waiting import eventually, noticed

RESIDENTS = 12
OLD_ONES = 12_000
NOTICE = "2"  # seconds; processes look every second
FILL = """INSERT INTO deliveries (id, kind, state, type, random_id, next_at, created_at, personal)
    SELECT id, 'message', 'expired', 'step', 1, now(), now(), sealed
    FROM unnest($1::uuid[], $2::bytea[]) AS old (id, sealed)"""
KEYS_IN_USE = """SELECT DISTINCT get_byte(personal, 5) FROM deliveries WHERE personal IS NOT NULL"""
SETTLE = "UPDATE keyring SET in_force_at = in_force_at - interval '10 minutes'"


@pytest.fixture(scope="module")
def town(own_town: Town) -> Town:
    return own_town


@pytest.fixture
async def database(town: Town) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(town.embedded().database_url)
    yield connection
    await connection.close()


async def test_a_killed_rotation_goes_on_while_residents_write(
    town: Town, vk: httpx.AsyncClient, desk: Desk, database: asyncpg.Connection
) -> None:
    """Nothing is unreadable at any moment; in the end the older key can be forgotten."""
    await fill(town, database)
    people = [Resident(vk, (GROUP, SECOND_GROUP)[each % 2], 7900 + each) for each in range(24)]
    first, second = people[:RESIDENTS], people[RESIDENTS:]
    department = Department(desk)
    async with department.at_work():
        rush = Rush(first, random.Random(1))
        _, killed = await asyncio.gather(rush.run(), killed_in_the_middle(town))
        assert killed.popen.returncode < 0
        assert len(await database.fetch(KEYS_IN_USE)) == 2
        assert "under way" in town.must("keys", "list")
        rushes = (rush, Rush(second, random.Random(2)))
        resumed = town.start("gateway", "keys", "rotate", "--notice", NOTICE)
        await rushes[1].run()
        await noticed(lambda: not resumed.alive)
        assert resumed.popen.returncode == 0, resumed.said()
        await noticed(lambda: len(department.answered) >= len(people))
    for each in rushes:
        await each.hear_answers()
    for person in people:
        check_conversation((await person.conversation())["messages"])
    assert "deliveries.personal: 12" in resumed.said()

    await database.execute(SETTLE)
    assert "Keys forgotten: 1." in town.must("keys", "retire")
    await check_everything_opens(town, database)
    await eventually(lambda: opens_all(desk))


def test_without_the_right_key_nothing_is_done(town: Town) -> None:
    """One plain sentence that says what to do, and no new key."""
    before = town.must("keys", "list")
    wrong = "a3" * 21 + "o="
    done = town.command("keys", "rotate", GATEWAY_SECRET_KEYS=wrong)
    assert complains(done, "GATEWAY_SECRET_KEYS", "does not open this database")
    assert complains(town.command("keys", "retire", GATEWAY_SECRET_KEYS=wrong), "SECRET_KEYS")
    assert town.must("keys", "list") == before


def test_a_key_is_not_forgotten_too_early(town: Town) -> None:
    """Right after a rotation somebody may still hold a transaction under the older one."""
    town.must("keys", "rotate", "--notice", "0")
    assert complains(town.command("keys", "retire"), "five minutes")


async def fill(town: Town, database: asyncpg.Connection) -> None:
    """Let there be so many rows that a rotation takes a while."""
    sealer = (await open_keyring(database, secret_keys(town))).sealer
    ids = [
        row[0]
        for row in await database.fetch(
            "SELECT gen_random_uuid() FROM generate_series(1, $1)", OLD_ONES
        )
    ]
    sealed = [sealer.seal("deliveries.personal", each, b"old") for each in ids]
    await database.execute(FILL, ids, sealed)


async def killed_in_the_middle(town: Town) -> Process:
    """Start a rotation, and kill it among the deliveries."""
    process = town.start("gateway", "keys", "rotate", "--notice", NOTICE)
    await noticed(lambda: "deliveries.personal:" in process.said())
    await asyncio.to_thread(process.kill)
    return process


async def check_everything_opens(town: Town, database: asyncpg.Connection) -> None:
    """Open every blob of every column with what is left of the ring."""
    sealer = (await open_keyring(database, secret_keys(town))).sealer
    for column in SEALED:
        keys = [
            row[0] for row in await database.fetch(f"SELECT {column.key}::text FROM {column.table}")
        ]
        rows = await LOCKED[column.name].all(database, keys)
        for row in rows:
            sealer.open(column.place, row.bound, row.sealed)


async def opens_all(desk: Desk) -> bool:
    """Whether a department can read each of its cases."""
    cases = await desk.cases()
    return bool(cases) and all([(await desk.case(case["id"]))[0]["details"] for case in cases])


def secret_keys(town: Town) -> tuple[bytes, ...]:
    """Return the secret keys that the town made for itself."""
    return load({"GATEWAY_DATA_DIR": str(town.data_dir)}).secret_keys
