"""Warnings: a deadline is near, has passed, has passed by the same time again, and once more."""

from uuid import UUID

import asyncpg

from services.cases import clockwork
from services.cases.applying import UPDATED, Entry, write_events
from services.cases.clock_queries import CASES_TO_WARN, CLOCKS, WRITE_CLOCKS, Clock
from services.cases.holding import hold
from services.cases.queries import TOUCH
from services.cases.telling import tell_departments
from services.db.query import Connection
from services.house import House
from services.ports import Doorbell

AT_ONCE = 100
WARNINGS = (
    "deadline_near",
    "deadline_passed",
    "deadline_passed_twice",
    "deadline_passed_thrice",
)
"""Types of the events, by how many warnings were given before."""


async def warn_of_deadlines(pool: asyncpg.Pool, house: House, doorbell: Doorbell) -> int:
    """Write down every warning that is due and tell the departments; return how many cases.

    The event's `reason` is the deadline's name. May run in several processes at once.
    """
    warned = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            cases = await CASES_TO_WARN.all(connection, house.now(), AT_ONCE)
            for case_id in cases:
                await _warn(connection, house, case_id)
        warned += len(cases)
        if cases:
            await doorbell.ring("hand_off")
        if len(cases) < AT_ONCE:
            return warned


async def _warn(connection: Connection, house: House, case_id: UUID) -> None:
    held, now = await hold(connection, case_id), house.now()
    late = [clock for clock in await CLOCKS.all(connection, case_id) if _is_due(house, clock)]
    for clock in late:
        rows = tuple(row for row in held.assignments if row.id == clock.assignment_id)
        entry = Entry(type=WARNINGS[clock.warnings], by="gateway", rows=rows, reason=clock.name)
        await write_events(connection, house, held, entry)
        await tell_departments(connection, house, held, rows, UPDATED)
    passed = [clockwork.warned(clock) for clock in late]
    await WRITE_CLOCKS.run(connection, case_id, *clockwork.columns(passed))
    await TOUCH.run(connection, case_id, now, 0)


def _is_due(house: House, clock: Clock) -> bool:
    return (
        clock.ended_at is None
        and clock.paused_at is None
        and clock.next_warning_at is not None
        and clock.next_warning_at <= house.now()
    )
