"""Letting go of what is past its term, or counting it."""

from datetime import datetime

import asyncpg
import structlog
from msgspec import Struct

from services.db.query import Connection
from services.retention.erasing import ERASE_CASES
from services.retention.rules import RULES, Rule
from services.retention.terms import Term, list_terms

log = structlog.get_logger()

ROWS = 1000  # at a time, so that no statement holds locks for long


class Line(Struct, frozen=True):
    """What was let go of, or would be, of one kind."""

    term: Term
    number: int


async def count_due(pool: asyncpg.Pool, now: datetime) -> list[Line]:
    """Return what would be let go of; nothing is changed.

    What only becomes due by the letting go of something else is not counted: an account, say.
    """
    async with pool.acquire() as connection:
        terms = {term.kind: term for term in await list_terms(connection, now)}
        return [
            Line(terms[kind], await rule.due.one(connection, terms[kind].before, None))
            for kind, rule in RULES.items()
        ]


async def let_go(pool: asyncpg.Pool, now: datetime, who: str = "gateway") -> list[Line]:
    """Let go of everything whose term is over; return what that was.

    Each few rows are a transaction of their own: killed in the middle it goes on the next time.
    """
    async with pool.acquire() as connection:
        terms = {term.kind: term for term in await list_terms(connection, now)}
    report = [
        Line(terms[kind], await _let_go(pool, rule, terms[kind].before, now, who))
        for kind, rule in RULES.items()
    ]
    counts = {line.term.kind: line.number for line in report if line.number}
    if counts:
        log.info("let_go", numbers=counts)
    return report


async def _let_go(pool: asyncpg.Pool, rule: Rule, before: datetime, now: datetime, who: str) -> int:
    total = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            done = await _take(connection, rule, before, now, who)
        total += done
        if done < ROWS:
            return total


async def _take(
    connection: Connection, rule: Rule, before: datetime, now: datetime, who: str
) -> int:
    if not rule.erasing:
        return await rule.act.one(connection, before, ROWS)
    ids = await rule.act.all(connection, before, ROWS)
    return await ERASE_CASES.one(connection, ids, now, who) if ids else 0
