"""Idempotency-Key: a POST that is sent again gets the answer of the first time."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from services.db.ids import new_id
from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.errors import (
    FieldError,
    IdempotencyKeyReused,
    IdempotencyKeyRunning,
    InvalidRequest,
)
from services.house import House

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
PLACE = "idempotency.answer"


class Reply(Struct, frozen=True):
    """An answer as it is sent: status, JSON, and the `ETag` where there is one."""

    status: int
    body: bytes
    etag: str | None = None


class Kept(Struct, frozen=True):
    """The sealed answer to an earlier request."""

    id: UUID
    body_hash: bytes
    answer: bytes


# Held until the transaction ends: whoever comes meanwhile is told to ask again.
TAKE = Query(bool, "SELECT pg_try_advisory_xact_lock($1)")
KNOWN = Query(
    Kept,
    """SELECT id, body_hash, answer FROM idempotency
    WHERE caller = $1 AND path = $2 AND key = $3 AND created_at > $4""",
)
KEEP = Query(
    type(None),
    """INSERT INTO idempotency (caller, path, key, body_hash, id, answer, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (caller, path, key) DO UPDATE
    SET body_hash = $4, id = $5, answer = $6, created_at = $7""",
)
FORGET = Query(type(None), "DELETE FROM idempotency WHERE created_at <= $1")


async def once(
    connection: Connection,
    house: House,
    caller: Caller,
    path: str,
    key: str | None,
    body: bytes,
    act: Callable[[], Awaitable[Reply]],
) -> Reply:
    """Return the answer of `act`, or of the first request with this key.

    All happens in the caller's transaction: if `act` raises, nothing is kept and the same request
    may be tried again. Without a key `act` is simply done.

    Raises:
        InvalidRequest: the key is empty or too long.
        IdempotencyKeyReused: another body came with it within 24 hours.
        IdempotencyKeyRunning: the first request is not done yet.
    """
    if key is None:
        return await act()
    known = await answered(connection, house, caller, path, key, body)
    if known is not None:
        return known
    reply = await act()
    answer_id = new_id()
    sealed = house.sealer.seal_value(PLACE, answer_id, reply)
    body_hash = _body_hash(house, body)
    now = house.now()
    await KEEP.run(connection, caller.key_id, path, key, body_hash, answer_id, sealed, now)
    return reply


async def answered(
    connection: Connection, house: House, caller: Caller, path: str, key: str, body: bytes
) -> Reply | None:
    """Return the answer to the first request with this key; None if this is the first.

    Until the transaction ends nobody else acts under the key. Raises like `once`.
    """
    if not key.strip() or len(key) > LONGEST_KEY:
        words = f"1 to {LONGEST_KEY} characters"
        raise InvalidRequest(FieldError("Idempotency-Key", words))
    if not await TAKE.one(connection, _lock(caller, path, key)):
        raise IdempotencyKeyRunning
    kept = await KNOWN.maybe(connection, caller.key_id, path, key, house.now() - KEPT)
    if kept is None:
        return None
    if kept.body_hash != _body_hash(house, body):
        raise IdempotencyKeyReused
    return house.sealer.open_value(PLACE, kept.id, kept.answer, Reply)


async def forget_answers(connection: Connection, house: House) -> int:
    """Delete the answers that are older than 24 hours; return how many."""
    return await FORGET.run(connection, house.now() - KEPT)


def _body_hash(house: House, body: bytes) -> bytes:
    """Return a keyed hash of a body: a bare one of a phone number could be guessed."""
    return house.sealer.keyed_hash("idempotency", hashlib.sha256(body).hexdigest())


def _lock(caller: Caller, path: str, key: str) -> int:
    """Return a number for PostgreSQL's advisory locks (signed, 64 bits)."""
    text = f"{caller.key_id}\0{path}\0{key}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], signed=True)
