"""Letting go: what has expired and what nobody needs any more, by the table of terms below."""

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
from services.files.discarding import tidy_files
from services.house import House
from services.idempotency import forget_answers

log = structlog.get_logger()

TERMS = {
    "empty account": timedelta(hours=24),  # one without consent or case
    "inbox": timedelta(days=30),  # VK gives an event up long before
    "settled delivery": timedelta(days=30),
}
ROWS = 2000  # at a time, so that no statement holds locks for long

EXPIRE_DRAFTS = Query(
    type(None),
    """UPDATE dialogs SET personal = NULL, drafted_until = NULL, revision = revision + 1
    WHERE drafted_until <= $1""",
)
EMPTY_ACCOUNTS = Query(
    UUID,
    """SELECT a.id FROM accounts a WHERE a.created_at <= $1
        AND NOT EXISTS (SELECT FROM consents c WHERE c.account_id = a.id)
        AND NOT EXISTS (SELECT FROM cases c WHERE c.account_id = a.id)
        AND NOT EXISTS (SELECT FROM dialogs d WHERE d.account_id = a.id AND d.updated_at > $1)
    LIMIT $2""",
)
DROP_DIALOGS = Query(type(None), "DELETE FROM dialogs WHERE account_id = ANY ($1::uuid[])")
DROP_MESSAGES = Query(type(None), "DELETE FROM deliveries WHERE account_id = ANY ($1::uuid[])")
DROP_ACCOUNTS = Query(type(None), "DELETE FROM accounts WHERE id = ANY ($1::uuid[])")
DROP_INBOX = Query(type(None), "DELETE FROM inbox WHERE at <= $1 AND failed IS NULL")
DROP_DELIVERIES = Query(
    type(None),
    """DELETE FROM deliveries WHERE kind = 'message' AND case_id IS NULL
        AND state IN ('sent', 'expired') AND created_at <= $1""",
)
ANSWERED_LONG_AGO = Query(
    UUID,
    """SELECT DISTINCT case_id FROM assignments
    WHERE kind = 'appeal' AND state = 'answered' AND answered_at <= $1 LIMIT $2""",
)


async def tidy_up(pool: asyncpg.Pool, house: House) -> None:
    """Do all that is due, each in a transaction of its own; may run twice."""
    now = house.now()
    async with pool.acquire() as connection:
        await EXPIRE_DRAFTS.run(connection, now)
        await DROP_INBOX.run(connection, now - TERMS["inbox"])
        await DROP_DELIVERIES.run(connection, now - TERMS["settled delivery"])
        await forget_answers(connection, house)
        async with connection.transaction():
            ids = await EMPTY_ACCOUNTS.all(connection, now - TERMS["empty account"], ROWS)
            for drop in (DROP_DIALOGS, DROP_MESSAGES, DROP_ACCOUNTS):
                await drop.run(connection, ids)
        answered = await ANSWERED_LONG_AGO.all(connection, now - timedelta(days=REOPEN_DAYS), ROWS)
    await tidy_files(pool, house)
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
