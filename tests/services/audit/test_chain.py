"""The chain over the notes: whatever is changed, added or taken away shows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.audit.acting import act_as
from services.audit.chaining import chain_notes
from services.audit.queries import ACTS
from services.audit.verifying import Verdict, verify
from services.errors import InvalidRequest
from services.privacy.keyring import open_keyring
from services.privacy.sealing import Sealer

READ = """INSERT INTO reads (id, case_id, account_id, who, why, at)
    VALUES (gen_random_uuid(), $1, NULL, 'department:k1', 'Просмотр заявки', now())"""
ADD_DEPARTMENT = "INSERT INTO departments (code, operator_id, title) VALUES ($1, 1, 'Отдел')"
Look = Callable[..., Awaitable[Verdict]]


@pytest.fixture
async def sealer(pool: asyncpg.Pool) -> Sealer:
    async with pool.acquire() as connection, connection.transaction():
        return (await open_keyring(connection, [b"k" * 32])).sealer


@pytest.fixture
def look(pool: asyncpg.Pool, sealer: Sealer) -> Look:
    async def look(kept: str | None = None) -> Verdict:
        async with pool.acquire() as connection:
            return await verify(connection, sealer, kept)

    return look


@pytest.fixture
async def head(pool: asyncpg.Pool, sealer: Sealer, look: Look) -> str:
    """The head of a chain over some reads and acts."""
    for number in range(5):
        await pool.execute(READ, uuid4())
        await pool.execute(ADD_DEPARTMENT, f"d{number}")
    assert (await look()).waiting >= 10
    assert await chain_notes(pool, sealer) >= 10
    verdict = await look()
    assert (verdict.waiting, verdict.troubles) == (0, ())
    assert verdict.head is not None
    return verdict.head


async def forge(pool: asyncpg.Pool, *statements: str) -> None:
    """Change what may not be changed, as somebody can who has the whole database."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)


FIRST_READ = "(SELECT id FROM audit_chain WHERE kind = 'read' ORDER BY seq LIMIT 1)"
LAST = "(SELECT max(seq) FROM audit_chain)"
FORGERIES = {
    "a read says another name": (
        ("UPDATE reads SET who = 'department:k2' WHERE id = " + FIRST_READ,),
        "was changed",
    ),
    "a read has another time": (
        ("UPDATE reads SET at = at + interval '1 hour' WHERE id = " + FIRST_READ,),
        "was changed",
    ),
    "a read is of another case": (
        ("UPDATE reads SET case_id = gen_random_uuid() WHERE id = " + FIRST_READ,),
        "was changed",
    ),
    "an act is of somebody else": (
        ("UPDATE acts SET who = 'x' WHERE what = 'departments insert'",),
        "was changed",
    ),
    "an act has another row": (("UPDATE acts SET fingerprint = '\\x00'",), "was changed"),
    "a read is gone": (("DELETE FROM reads WHERE id = " + FIRST_READ,), "is gone"),
    "a read and its link are gone": (
        (
            "DELETE FROM reads WHERE id = " + FIRST_READ,
            "DELETE FROM audit_chain WHERE id = " + FIRST_READ,
        ),
        "are gone",
    ),
    "a read was slipped in": ((READ.replace("$1", "gen_random_uuid()"),), "outside the chain"),
    "a link was made anew": (
        ("UPDATE audit_chain SET digest = sha256(digest) WHERE seq = 3",),
        "link 3 does not fit",
    ),
}


@pytest.mark.parametrize(("statements", "words"), FORGERIES.values(), ids=FORGERIES)
async def test_a_forgery_shows(
    pool: asyncpg.Pool, look: Look, head: str, statements: tuple[str, ...], words: str
) -> None:
    """Even of somebody who may write everything in the database."""
    await forge(pool, *statements)
    assert any(words in trouble for trouble in (await look()).troubles)


async def test_a_chain_that_was_cut_off_shows_by_its_head(
    pool: asyncpg.Pool, sealer: Sealer, look: Look, head: str
) -> None:
    """The newest notes and links are gone: only what was kept elsewhere tells; time goes on."""
    assert (await look(head)).troubles == ()
    cut = [
        f"DELETE FROM {table} WHERE id = (SELECT id FROM audit_chain WHERE seq = {LAST})"
        for table in ("reads", "acts", "audit_chain")
    ]
    await forge(pool, *cut)
    assert (await look()).troubles == ()
    assert any("before the one that was kept" in each for each in (await look(head)).troubles)
    await pool.execute(READ, uuid4())
    await chain_notes(pool, sealer)
    assert any("not the one that was kept" in each for each in (await look(head)).troubles)


@pytest.mark.parametrize("head", ["", "x", "1", "1:"])
async def test_what_is_no_head_is_refused(look: Look, head: str) -> None:
    with pytest.raises(InvalidRequest):
        await look(head)


async def test_many_chain_at_once(pool: asyncpg.Pool, sealer: Sealer, look: Look) -> None:
    """Workers on several machines, while notes are written: one chain, each note once."""

    async def write() -> None:
        for _ in range(30):
            await pool.execute(READ, uuid4())

    await asyncio.gather(write(), write(), *(chain_notes(pool, sealer) for _ in range(6)))
    await chain_notes(pool, sealer)
    verdict = await look()
    assert (verdict.waiting, verdict.troubles) == (0, ())
    assert await pool.fetchval("SELECT count(*) FROM audit_chain WHERE kind = 'read'") == 60


async def test_notes_stay_as_they_are(pool: asyncpg.Pool, head: str) -> None:
    """Nobody changes, removes or empties them by an ordinary statement."""
    for table in ("reads", "acts", "audit_chain"):
        for change in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await pool.execute(change.format(table))


async def test_acts_say_who_did_what(connection: Any) -> None:
    """The row, the changed columns, whoever acts; no value, and nothing for what is no act."""
    await act_as(connection, "admin:k7", "Петрова")
    await connection.execute(ADD_DEPARTMENT, "parks")
    await connection.execute("UPDATE departments SET title = 'Парки' WHERE code = 'parks'")
    await connection.execute("UPDATE departments SET updated_at = now() WHERE code = 'parks'")
    await act_as(connection, "command:ops")
    await connection.execute("DELETE FROM departments WHERE code = 'parks'")
    acts = [
        (act.who, act.actor, act.what, act.columns)
        for act in await ACTS.all(connection, None, None)
        if act.subject == "parks"
    ]
    assert acts == [
        ("admin:k7", "Петрова", "departments insert", []),
        ("admin:k7", "Петрова", "departments update", ["title"]),
        ("command:ops", None, "departments delete", []),
    ]
