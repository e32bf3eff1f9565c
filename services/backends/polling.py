"""Asking back ends what became of the cases that they took."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import asyncpg
import structlog

from services.backends.queries import CLAIM_POLLS, NEWEST, SETTLE_POLL, Polled
from services.backends.reporting import Outcome, UpdateRequest, report
from services.backends.targets import BackendType, Reached, targets
from services.cases.holding import hold
from services.cases.ringing import ring_for
from services.cases.transitions import AT_REST
from services.db.query import Connection
from services.house import House
from services.ports import Backend, Doorbell, Report, Verdict

log = structlog.get_logger()

AT_ONCE = 50
LEASE = timedelta(seconds=120)
SLOWEST = timedelta(hours=6)
DOUBLINGS = 8
"""Without news, or in trouble, a case is asked about half as often each time."""

Backends = Mapping[BackendType, Backend]


async def poll(
    pool: asyncpg.Pool, house: House, backends: Backends, doorbell: Doorbell, seconds: float
) -> bool:
    """Ask after all cases that are due; return False if there was more than `seconds` allowed.

    No connection is held while a back end is called.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        now = house.now()
        async with pool.acquire() as connection, connection.transaction():
            due = await CLAIM_POLLS.all(connection, now, AT_ONCE, now + LEASE)
            found = await targets(connection, house, [row.department_id for row in due], now)
        if not due:
            return True
        answers = await asyncio.gather(
            *(_ask(backends, found.get(row.department_id), row) for row in due)
        )
        for row, answer in zip(due, answers, strict=True):
            reached = found.get(row.department_id)
            await _settle(pool, house, doorbell, row, reached, answer)
    return False


def next_poll(base: timedelta, polls: int) -> timedelta:
    """Return how long to wait after so many polls without news."""
    return max(base, min(base * 2 ** min(polls, DOUBLINGS), SLOWEST))


async def _ask(backends: Backends, reached: Reached | None, row: Polled) -> Report | Verdict:
    if reached is None:
        return Verdict(outcome="dead", code="no_backend")
    return await backends[reached.type].ask(reached.target, row.external_id)


async def _settle(
    pool: asyncpg.Pool,
    house: House,
    doorbell: Doorbell,
    row: Polled,
    reached: Reached | None,
    answer: Report | Verdict,
) -> None:
    async with pool.acquire() as connection, connection.transaction():
        outcome, over, error = Outcome(), False, None
        if isinstance(answer, Verdict):
            error = answer.code
            over = answer.outcome == "dead"
        else:
            outcome, over = await _take(connection, house, row, answer)
        moved = outcome.moved
        base = timedelta(minutes=_minutes(reached))
        wait = next_poll(base, 0 if moved is not None else row.polls)
        at = None if over else house.now() + wait
        await SETTLE_POLL.run(connection, row.assignment_id, at, moved is not None, error)
    if moved is not None:
        await ring_for(doorbell, [moved])
    if error is not None:
        log.info("poll_failed", case=str(row.case_id), department=row.department_id, error=error)


async def _take(
    connection: Connection, house: House, row: Polled, answer: Report
) -> tuple[Outcome, bool]:
    """Take a polled report; return what became of it and whether there is no more to ask."""
    held = await hold(connection, row.case_id)
    own = held.of(row.department_id)
    if own is None:
        return Outcome(), True
    newest = await NEWEST.maybe(connection, row.assignment_id)
    sequence = answer.sequence
    if sequence is None:
        # The back end does not count its changes: another state than last time is the next one.
        last = 0 if newest is None or newest.sequence is None else newest.sequence
        same = newest is not None and newest.state == answer.state
        sequence = last if same else last + 1
    update = UpdateRequest(
        external_id=row.external_id,
        sequence=sequence,
        state=answer.state,
        at=answer.at or house.now(),
        message=answer.message,
    )
    outcome = await report(connection, house, held, own, update)
    state = own.state if outcome.moved is None else answer.state
    return outcome, state in AT_REST


def _minutes(reached: Reached | None) -> int:
    described = None if reached is None else reached.target.description
    return 60 if described is None else described.poll_minutes
