"""A new key for what is sealed: added, learned by every process, put in force, sealed with anew.

Rows are taken a few at a time and never waited for, so that nobody waits long for the rotation;
where it stands is committed with each few, so that one that was killed goes on from there.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from services.db.query import Connection
from services.errors import ServiceError
from services.privacy.columns import SEALED, SealedColumn
from services.privacy.errors import Unreadable, WrongSecretKeys
from services.privacy.keyring import (
    ADD_KEY,
    ALL_KEYS,
    FIELD,
    KEY_BYTES,
    WrappedKey,
    lock_ring,
    newest_of,
    unwrap,
    wrap,
)
from services.privacy.rotation_queries import (
    ALLOW_RESEALING,
    BEGIN,
    END,
    LOCKED,
    NEW_STEP,
    OPEN_ROTATION,
    PAGES,
    PUT,
    PUT_IN_FORCE,
    RETIRE,
    REWRAP,
    SAVE_STEP,
    STEP,
    Rotation,
    Step,
)
from services.privacy.sealing import Sealer

ROWS = 200  # looked at, and if need be sealed anew, in one transaction
SETTLED = timedelta(minutes=5)  # no transaction of the gateway lives that long


class TooEarly(ServiceError):
    """Older keys may still be in use: finish `gateway keys rotate` and wait five minutes."""

    code = "too_early"


class Progress(Struct, frozen=True):
    """Where a rotation stands in a column, and which of the rows just seen nobody can open."""

    step: Step
    unreadable: tuple[str, ...] = ()


async def begin(connection: Connection, secret_keys: Sequence[bytes], now: datetime) -> Rotation:
    """Return the rotation under way, or begin one with a new key that nothing is sealed with yet.

    It is wrapped as the present key is, so that every running process can open it. Call inside a
    transaction; raises WrongSecretKeys.
    """
    await lock_ring(connection)
    known = await OPEN_ROTATION.maybe(connection)
    if known is not None:
        return known
    rows = {row.id: row for row in await ALL_KEYS.all(connection)}
    secret_key = _wrapping(secret_keys, rows[newest_of(rows.values())])
    wrapped = wrap(secret_key, FIELD, os.urandom(KEY_BYTES))
    added = await ADD_KEY.one(connection, FIELD, wrapped, None)
    await BEGIN.run(connection, added.id, now)
    await walk_anew(connection, added.id)
    return Rotation(added.id, None)


async def walk_anew(connection: Connection, key_id: int) -> None:
    """Let every column be walked from its beginning; call inside a transaction."""
    for column in SEALED:
        await NEW_STEP.run(connection, key_id, column.name)


async def put_in_force(connection: Connection, key_id: int, now: datetime) -> None:
    """Let every process seal with a key as soon as it has looked at the ring again."""
    await PUT_IN_FORCE.run(connection, key_id, now)


async def reseal_some(connection: Connection, sealer: Sealer, column: SealedColumn) -> Progress:
    """Seal the next few rows of a column with the sealer's newest key, wherever the walk stands.

    Call inside a transaction. A row that somebody else holds at the moment is left for the next
    walk; a column is `clean` when a whole walk found nothing. What cannot be opened is passed by.
    """
    step = await STEP.one(connection, sealer.newest, column.name)
    if step.clean:
        return Progress(step)
    rows = await PAGES[column.name].all(connection, step.after or column.start, ROWS)
    old = [row.key for row in rows if row.sealed_with not in {None, sealer.newest}]
    done, unreadable = await _reseal(connection, sealer, column, old) if old else (0, ())
    over = len(rows) < ROWS
    # What a walk has found may have been sealed by somebody who had not learned of the key yet:
    # there may be more behind it.
    found = step.found + len(old) - len(unreadable)
    step = await SAVE_STEP.one(
        connection,
        sealer.newest,
        column.name,
        None if over else rows[-1].key,
        0 if over else found,
        done,
        over and not found,
    )
    return Progress(step, unreadable)


async def finish(
    connection: Connection, secret_keys: Sequence[bytes], rotation: Rotation, now: datetime
) -> None:
    """Wrap every key of the ring with the newest secret key, so that older ones can be dropped.

    Call inside a transaction; raises WrongSecretKeys.
    """
    await lock_ring(connection)
    for row in await ALL_KEYS.all(connection):
        key = unwrap(secret_keys, row)
        await REWRAP.run(connection, row.id, wrap(secret_keys[0], row.purpose, key))
    await END.run(connection, rotation.key_id, now)


async def check_settled(connection: Connection, now: datetime) -> int:
    """Return the id of the key in force, with which everybody has sealed for a while.

    Raises TooEarly as long as a rotation is under way, or the key is so new that somebody may
    hold a transaction in which he sealed with the one before.
    """
    rows = [row for row in await ALL_KEYS.all(connection) if row.purpose == FIELD]
    newest = next(row for row in rows if row.id == newest_of(rows))
    early = newest.in_force_at is None or now - newest.in_force_at < SETTLED
    if await OPEN_ROTATION.maybe(connection) is not None or (len(rows) > 1 and early):
        raise TooEarly
    return newest.id


async def retire(connection: Connection, key_id: int, now: datetime) -> int:
    """Forget every field key but the one in force; return how many there were.

    Call inside a transaction, when every column was walked anew and found clean with `key_id`.
    Raises TooEarly when that is not the key in force any more.
    """
    await lock_ring(connection)
    if await check_settled(connection, now) != key_id:
        raise TooEarly
    return await RETIRE.run(connection, key_id)


async def _reseal(
    connection: Connection, sealer: Sealer, column: SealedColumn, keys: Sequence[str]
) -> tuple[int, tuple[str, ...]]:
    await ALLOW_RESEALING.maybe(connection)
    done: list[tuple[str, bytes]] = []
    unreadable: list[str] = []
    for row in await LOCKED[column.name].all(connection, keys):
        try:
            value = sealer.open(column.place, row.bound, row.sealed)
        except Unreadable:
            unreadable.append(row.key)
            continue
        done.append((row.key, sealer.seal(column.place, row.bound, value)))
    if done:
        await PUT[column.name].run(connection, *map(list, zip(*done, strict=True)))
    return len(done), tuple(unreadable)


def _wrapping(secret_keys: Sequence[bytes], row: WrappedKey) -> bytes:
    for secret_key in secret_keys:
        try:
            unwrap([secret_key], row)
        except WrongSecretKeys:
            continue
        return secret_key
    raise WrongSecretKeys
