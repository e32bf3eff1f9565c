"""Claims under a lease."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.cases import ClaimRequest, MoveRequest
from services.cases.claiming import claim, release
from services.cases.holding import hold_for
from services.cases.moving import move
from services.cases.queries import CLAIM
from services.errors import Forbidden, InvalidRequest

WISH = ClaimRequest(limit=10, lease_seconds=60)


async def test_urgent_first_then_the_oldest(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Whole cases, noted as read; states and versions stay; taken ones are not given again."""
    old, new = await file_appeal(), await file_appeal()
    urgent = await file_appeal(urgent=True)
    claimed = await claim(connection, house, caller_of(), ClaimRequest(limit=2, lease_seconds=60))
    assert [case.id for case in claimed.items] == [urgent.id, old.id]
    assert claimed.items[0].details.text == "Яма во дворе"
    assert {(case.state, case.version) for case in claimed.items} == {("registered", 1)}
    assert await connection.fetchval("SELECT count(*) FROM reads") == 2
    rest = await claim(connection, house, caller_of(), WISH)
    assert [case.id for case in rest.items] == [new.id]
    assert (await claim(connection, house, caller_of(), WISH)).items == ()


async def test_a_lease_ends_by_time_by_release_and_by_the_end_of_work(
    connection: Any, house: Any, clock: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Then the case can be claimed again, if it is work."""
    filed, caller = await file_appeal(), caller_of()

    async def ids() -> list[Any]:
        return [case.id for case in (await claim(connection, house, caller, WISH)).items]

    async def go(target: str, **fields: Any) -> None:
        held = await hold_for(connection, caller, filed.id)
        version = f'"{held.assignments[0].version}"'
        await move(connection, house, caller, held, MoveRequest(to=target, **fields), version)

    assert await ids() == [filed.id]
    await release(connection, await hold_for(connection, caller, filed.id), caller)
    assert await ids() == [filed.id]
    clock.at += timedelta(seconds=61)
    assert await ids() == [filed.id]
    await go("in_work")
    assert await ids() == []  # the lease goes on: it is still work
    await go("needs_info", message="Где это?")
    assert await connection.fetchval("SELECT leased_until FROM assignments") is None
    assert await ids() == []


async def test_an_admin_names_the_department(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Nobody claims another's work by mistake."""
    filed = await file_appeal("parks")
    wish = ClaimRequest(limit=1, lease_seconds=60, department="parks")
    for department in (None, "no-such"):
        wrong = ClaimRequest(limit=1, lease_seconds=60, department=department)
        with pytest.raises(InvalidRequest):
            await claim(connection, house, caller_of(None, "admin"), wrong)
    with pytest.raises(InvalidRequest):
        await claim(connection, house, caller_of("roads"), wish)
    with pytest.raises(Forbidden):
        await claim(connection, house, caller_of(None, "moderator"), wish)
    claimed = await claim(connection, house, caller_of(None, "admin"), wish)
    assert [case.id for case in claimed.items] == [filed.id]


async def test_two_callers_never_get_the_same(pool: Any) -> None:
    """Many at once share the queue without doubles and without waiting for each other."""
    async with pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO departments (code, operator_id, title) VALUES ('roads', 1, '');
            INSERT INTO cases (id, number, kind, state, operator_id, subject,
                created_at, updated_at)
            SELECT gen_random_uuid(), n::text, 'appeal', 'registered', 1, '', now(), now()
            FROM generate_series(1, 40) n;
            INSERT INTO assignments (id, case_id, department_id, kind, state, workable,
                created_at, updated_at)
            SELECT gen_random_uuid(), id, 1, 'appeal', 'registered', true, created_at, updated_at
            FROM cases"""
        )

    moment = datetime(2026, 3, 12, tzinfo=UTC)

    async def take() -> list[Any]:
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                CLAIM.sql, 1, moment, 10, moment + timedelta(minutes=1), "key"
            )
            await asyncio.sleep(0)
            return [row[0] for row in rows]

    taken = [each for ids in await asyncio.gather(*(take() for _ in range(6))) for each in ids]
    assert len(taken) == len(set(taken)) == 40
