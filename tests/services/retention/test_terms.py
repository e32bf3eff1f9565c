"""Each kind goes when its term is over, not a minute before; counting it changes nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from services.errors import InvalidRequest
from services.retention.rules import RULES
from services.retention.running import count_due, let_go
from services.retention.terms import list_terms, set_term
from tests.acceptance.waiting import eventually

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CASE = """INSERT INTO cases (id, number, kind, state, operator_id, subject, personal, phone_key,
        latitude, longitude, created_at, updated_at, final, {extra} account_id)
    SELECT gen_random_uuid(), $1::timestamptz::text, '{kind}', 'closed', 1, 'Дороги',
        '\\x01', '\\x02', 48.5, 135, $1, $1, true, {value} '00000000-0000-7000-8000-000000000001'"""
FILE = """INSERT INTO files (id, state, account_id, community_id, dialog_id, place, next_at,
        created_at, personal)
    VALUES (gen_random_uuid(), '{}', gen_random_uuid(), 1, gen_random_uuid(),
        $1::timestamptz::text, now(), $1, '\\x01')"""
DELIVERY = """INSERT INTO deliveries (id, kind, state, type, account_id, random_id, next_at,
        created_at, personal)
    VALUES (gen_random_uuid(), 'message', '{}', 'step', gen_random_uuid(), 1, $1, $1, '\\x01')"""
INBOX = """INSERT INTO inbox (community_id, event_id, type, failed, at)
    VALUES (1, $1::timestamptz::text, 'message_new', {}, $1)"""
AGED = {
    "appeal": CASE.format(kind="appeal", extra="", value=""),
    "enrolment": CASE.format(kind="enrolment", extra="", value=""),
    "appointment": CASE.format(kind="appointment", extra="", value=""),
    "erasure": f"""WITH asked AS (
            INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed, erase_asked_at)
            VALUES ('00000000-0000-7000-8000-000000000001', 1, 'vk', '\\x01', '\\x01',
                $1::timestamptz)
            ON CONFLICT DO NOTHING)
        {CASE.format(kind="appeal", extra="", value="")}""",
    "erased_case": CASE.format(kind="appeal", extra="erased_at,", value="$1::timestamptz,"),
    "consent": """INSERT INTO consents (id, account_id, document_id, action, event_id, at)
        SELECT gen_random_uuid(), md5($1::timestamptz::text)::uuid, 1, action, 'e', at
        FROM (VALUES ('given', $1::timestamptz - interval '1 day'), ('withdrawn', $1))
            AS c (action, at)""",
    "child": """INSERT INTO children (id, account_id, operator_id, child_key, personal, used_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), 1, '\\x01', '\\x01', $1)""",
    "account": """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed, created_at)
        VALUES (gen_random_uuid(), 1, 'vk', convert_to($1::timestamptz::text, 'UTF8'), '\\x01',
            $1)""",
    "data_link": """INSERT INTO data_links (hash, account_id, until)
        VALUES (convert_to($1::timestamptz::text, 'UTF8'), gen_random_uuid(), $1)""",
    "draft": """INSERT INTO dialogs (id, account_id, community_id, revision, drafted_until,
            personal, updated_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), 1, 1, $1, '\\x01', $1)""",
    "draft_file": FILE.format("stored")
    .replace("personal)", "personal, content_type, size, scan)")
    .replace("'\\x01')", "'\\x01', 'image/png', 1, 'clean')"),
    "file": FILE.format("gone"),
    "event": INBOX.format("NULL"),
    "failed_event": INBOX.format("'ValueError'"),
    "delivery": DELIVERY.format("sent"),
    "dead_delivery": DELIVERY.format("dead"),
}
MINUTE = timedelta(minutes=1)


async def age(pool: asyncpg.Pool, statement: str, *moments: datetime) -> None:
    """Let there be rows of these moments, whatever they refer to."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for moment in moments:
            await connection.execute(statement, moment)


async def numbers(pool: asyncpg.Pool) -> dict[str, int]:
    return {line.term.kind: line.number for line in await count_due(pool, NOW) if line.number}


async def test_every_term_has_its_rule(connection: Any) -> None:
    """And every rule a term, within what the law asks."""
    terms = await list_terms(connection, NOW)
    assert {term.kind for term in terms} == set(RULES) == set(AGED)
    assert {term.kind: term.least for term in terms}["appeal"] == "5 years"
    assert {term.kind: term.least for term in terms}["consent"] == "3 years"


@pytest.mark.parametrize("kind", AGED)
async def test_it_goes_when_its_term_is_over(pool: asyncpg.Pool, kind: str) -> None:
    """Counting says how many and changes nothing; letting go takes so many, once."""
    async with pool.acquire() as connection:
        before = next(t.before for t in await list_terms(connection, NOW) if t.kind == kind)
    await age(pool, AGED[kind], before - MINUTE, before + MINUTE)
    counted = await numbers(pool)
    assert counted[kind] == 1
    assert await numbers(pool) == counted
    gone = {line.term.kind: line.number for line in await let_go(pool, NOW) if line.number}
    assert gone[kind] == 1
    assert kind not in await numbers(pool)
    assert kind not in {line.term.kind for line in await let_go(pool, NOW) if line.number}


async def test_a_consent_that_was_given_again_stays(pool: asyncpg.Pool) -> None:
    """Only what was withdrawn and is so still; nothing is ever half gone."""
    long_ago = NOW - timedelta(days=4 * 365)
    await age(pool, AGED["consent"], long_ago)
    again = AGED["consent"].replace("'withdrawn', $1", "'given', $1 + interval '2 days'")
    await age(pool, again, long_ago)
    assert "consent" not in await numbers(pool)
    await let_go(pool, NOW)
    assert await pool.fetchval("SELECT count(*) FROM consents") == 4


async def test_a_hand_off_that_died_waits_for_an_admin(pool: asyncpg.Pool) -> None:
    """It holds no words, and without it a department would never hear of the case."""
    hand_off = """INSERT INTO deliveries (id, kind, state, type, department_id, case_id, next_at,
            created_at)
        VALUES (gen_random_uuid(), 'hand_off', 'dead', 'case.assigned', 1, gen_random_uuid(), $1,
            $1)"""
    await age(pool, hand_off, NOW - timedelta(days=400))
    await let_go(pool, NOW)
    assert await pool.fetchval("SELECT state FROM deliveries") == "dead"


async def test_stopped_in_the_middle_it_goes_on(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each case is erased, and noted as erased, once."""
    monkeypatch.setattr("services.retention.running.ROWS", 2)
    old = NOW - timedelta(days=6 * 365)
    await age(pool, AGED["appeal"], *(old + timedelta(hours=number) for number in range(9)))
    task = asyncio.create_task(let_go(pool, NOW))
    erasures = "SELECT count(*) FROM acts WHERE what = 'case erased'"
    await eventually(lambda: pool.fetchval(erasures))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await let_go(pool, NOW)
    assert await pool.fetchval("SELECT count(*) FROM cases WHERE personal IS NOT NULL") == 0
    erased = await pool.fetch("SELECT subject FROM acts WHERE what = 'case erased'")
    assert len(erased) == len({row[0] for row in erased}) == 9


async def test_a_term_changes_within_the_law(connection: Any) -> None:
    """Longer as one likes, shorter only down to the least; unknown kinds are named."""
    await set_term(connection, "appeal", 10 * 365)
    await set_term(connection, "failed_event", 7)
    kept = {term.kind: term.keep for term in await list_terms(connection, NOW)}
    assert (kept["appeal"], kept["failed_event"]) == ("3650 days", "7 days")
    for kind, days in (("appeal", 365), ("consent", 30), ("nothing", 30)):
        with pytest.raises(InvalidRequest):
            await set_term(connection, kind, days)
    assert {term.kind: term.keep for term in await list_terms(connection, NOW)} == kept
