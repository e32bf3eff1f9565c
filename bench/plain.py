"""The plain transaction: the limit that the callback is held against.

The same step as one statement after the other, with nothing around it: BEGIN; INSERT inbox; SELECT
resident FOR UPDATE; SELECT draft; UPDATE draft; INSERT delivery; COMMIT, through a bare asyncpg
pool of 16 in one process, on the same server, tables and indexes, with rows of the same size.
"""

import asyncio
import gc
import time
from collections import deque
from datetime import datetime
from hashlib import sha1
from typing import Any

import asyncpg
from msgspec import Struct

from bench.house import House
from bench.journey import Station
from bench.residents import Resident
from services.db.ids import new_id
from services.deliveries.outbox import PLACE, STEP_USEFUL, new_random_id
from services.inbox.visits import DIALOG

POOL = 16
INBOX = "INSERT INTO inbox (community_id, event_id, type, at) VALUES ($1, $2, 'message_new', $3)"
RESIDENT = """SELECT id, writable FROM accounts
    WHERE operator_id = $1 AND channel = 'vk' AND user_key = $2 FOR UPDATE"""
DRAFT = """SELECT id, revision, silenced_until, personal FROM dialogs
    WHERE account_id = $1 AND community_id = $2"""
UPDATE = """UPDATE dialogs SET revision = $2, drafted_until = $3, personal = $4, updated_at = $5
    WHERE id = $1"""
DELIVERY = """INSERT INTO deliveries (id, kind, state, type, community_id, account_id, random_id,
        next_at, useful_until, created_at, personal)
    VALUES ($1, 'message', 'waiting', 'step', $2, $3, $4, $5, $6, $5, $7)"""


class Answer(Struct, frozen=True):
    """One step to write: whose, the event, and what the draft and the message weigh."""

    one: Resident
    event_id: str
    drafted_until: datetime | None
    talk: bytes
    message: bytes


async def steps_per_second(house: House, people: list[Resident], after: list[Station]) -> float:
    """Write one step per resident and station; return how many a second were durable."""
    answers = answers_of(house, people, after)
    total = len(answers)
    pool = await open_pool(house)
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    await asyncio.gather(*(_work(pool, answers) for _ in range(POOL)))
    seconds = time.perf_counter() - started
    gc.unfreeze()
    await pool.close()
    return total / seconds


async def open_pool(house: House) -> asyncpg.Pool:
    """Open a bare pool.

    Without asyncpg's reset, a trip of its own: the limit is no slower than it must be.
    """
    return await asyncpg.create_pool(
        house.parts.settings.database_url, min_size=POOL, max_size=POOL, reset=_keep
    )


def answers_of(house: House, people: list[Resident], after: list[Station]) -> deque[Answer]:
    """Return the steps in the order in which residents would take them, sealed before."""
    seal, now = house.parts.house.sealer.seal_value, house.parts.house.now()
    return deque(
        Answer(
            one,
            sha1(f"{one.user_id}/{number}".encode(), usedforsecurity=False).hexdigest(),
            station.talk.drafted_until(now),
            seal(DIALOG, one.dialog_id, station.talk),
            seal(PLACE, one.dialog_id, station.message),
        )
        for number, station in enumerate(after)
        for one in people
    )


async def _work(pool: asyncpg.Pool, answers: deque[Answer]) -> None:
    while answers:
        async with pool.acquire() as connection:
            await step(connection, answers.popleft())


async def step(connection: Any, answer: Answer) -> None:
    """Write one step, one statement after the other."""
    one, now = answer.one, datetime.now().astimezone()
    async with connection.transaction():
        await connection.execute(INBOX, one.page.id, answer.event_id, now)
        resident = await connection.fetchrow(RESIDENT, one.page.operator_id, one.user_key)
        draft = await connection.fetchrow(DRAFT, resident["id"], one.page.id)
        await connection.execute(
            UPDATE, draft["id"], draft["revision"] + 1, answer.drafted_until, answer.talk, now
        )
        await connection.execute(
            DELIVERY,
            new_id(),
            one.page.id,
            resident["id"],
            new_random_id(),
            now,
            now + STEP_USEFUL,
            answer.message,
        )


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is."""
