"""The hourly round: what is past its term is let go of, and what nobody moves is ended."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from services.cases.clocks import REOPEN_DAYS
from services.cases.moving import gateway_move
from services.clubs.offering import end_groups
from services.db.query import Query
from services.doctors.offering import end_visits
from services.errors import TransitionNotAllowed
from services.house import House
from services.idempotency import forget_answers
from services.retention.running import let_go

log = structlog.get_logger()

ROWS = 2000  # at a time

ANSWERED_LONG_AGO = Query(
    UUID,
    """SELECT DISTINCT case_id FROM assignments
    WHERE kind = 'appeal' AND state = 'answered' AND answered_at <= $1 LIMIT $2""",
)


async def tidy_up(pool: asyncpg.Pool, house: House) -> None:
    """Do all that is due, each in a transaction of its own; may run twice."""
    now = house.now()
    await let_go(pool, now)
    async with pool.acquire() as connection:
        await forget_answers(connection, house)
        answered = await ANSWERED_LONG_AGO.all(connection, now - timedelta(days=REOPEN_DAYS), ROWS)
    for case_id in answered:
        await _close(pool, house, case_id)
    await end_groups(pool, house)
    await end_visits(pool, house)


async def _close(pool: asyncpg.Pool, house: House, case_id: UUID) -> None:
    """Close a case whose resident has not come back within the term after the answer."""
    try:
        async with pool.acquire() as connection, connection.transaction():
            await gateway_move(connection, house, case_id, "closed")
    except TransitionNotAllowed:
        log.info("not_closed", case=str(case_id))
