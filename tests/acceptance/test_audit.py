"""Who looked at whose data, told by key, person and case; and a chain that the worker keeps."""

import asyncpg
import httpx
import pytest

from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.town import GROUP, Town, complains
from tests.acceptance.waiting import noticed

USER = 8_123_456
FORGE = """SET session_replication_role = replica;
    UPDATE reads SET who = 'department:nobody'"""


@pytest.fixture
async def number(vk: httpx.AsyncClient, desk: Desk) -> str:
    """A case that a department has taken."""
    resident = Resident(vk, GROUP, USER)
    await resident.fill_in("Яма во дворе")
    await resident.press("Отправить")
    cases: list[dict[str, str]] = []
    while not cases:
        cases = await desk.claim()
    return cases[0]["number"]


async def test_looks_are_listed_and_the_chain_holds(town: Town, number: str) -> None:
    """By person, case and key; a forged note is told, and ends the command with an error."""
    key_id = town.keys["department"].split("_")[1]
    for wanted in (("--person", str(USER)), ("--case", number), ("--key", key_id)):
        shown = town.must("audit", "looks", *wanted)
        assert number in shown, wanted
        assert f"department:{key_id}" in shown
    assert number not in town.must("audit", "looks", "--person", str(USER + 1))
    acts = town.must("audit", "acts")
    assert "api_keys insert" in acts
    assert "command:" in acts
    assert town.tokens[GROUP] not in acts
    assert complains(town.command("audit", "looks", "--since", "вчера"), "YYYY-MM-DD")

    await noticed(lambda: "wait for the worker: 0." in town.must("audit", "verify"))
    head = town.must("audit", "verify").split()[-1]
    town.must("audit", "verify", "--head", head)
    connection = await asyncpg.connect(town.settings["GATEWAY_DATABASE_URL"])
    await connection.execute(FORGE)
    await connection.close()
    done = town.command("audit", "verify")
    assert complains(done, "not as they were")
    assert "was changed" in done.stdout
