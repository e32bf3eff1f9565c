"""The keys that seal: kept in the database, wrapped by GATEWAY_SECRET_KEYS.

The secret keys wrap and nothing else, so that they can be changed without touching a sealed row.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from services.db.query import Connection, Query
from services.privacy.errors import Unreadable, WrongSecretKeys
from services.privacy.sealing import NONCE_BYTES, Sealer

PURPOSES = ("field", "index", "session", "cursor")
FIELD = "field"
KEY_BYTES = 32
CANARY = b"the keys fit"
_LOCK = 0x6B657972  # of pg_advisory_xact_lock: two processes never make the first keys at once


class WrappedKey(Struct, frozen=True):
    """A key of the ring as it is stored; without `in_force_at` nothing is sealed with it yet."""

    id: int
    purpose: str
    wrapped: bytes
    in_force_at: datetime | None = None


LOCK_RING = Query(str, "SELECT pg_advisory_xact_lock($1)::text")
ALL_KEYS = Query(WrappedKey, "SELECT id, purpose, wrapped, in_force_at FROM keyring ORDER BY id")
ADD_KEY = Query(
    WrappedKey,
    """INSERT INTO keyring (purpose, wrapped, in_force_at) VALUES ($1, $2, $3)
    RETURNING id, purpose, wrapped, in_force_at""",
)
CANARY_ROW = Query(bytes, "SELECT sealed FROM canary")
ADD_CANARY = Query(type(None), "INSERT INTO canary (sealed) VALUES ($1)")


class Keyring(Struct, frozen=True):
    """Every opened key."""

    sealer: Sealer
    session_key: bytes
    cursor_key: bytes


async def open_keyring(connection: Connection, secret_keys: Sequence[bytes]) -> Keyring:
    """Open the ring, making its keys on the first start; call inside a transaction.

    `secret_keys` are 32 bytes each, newest first. Raises WrongSecretKeys when none of them opens
    what is stored, or the canary does not open.
    """
    await lock_ring(connection)
    rows = await ALL_KEYS.all(connection)
    for purpose in PURPOSES:
        if not any(row.purpose == purpose for row in rows):
            wrapped = wrap(secret_keys[0], purpose, os.urandom(KEY_BYTES))
            rows.append(await ADD_KEY.one(connection, purpose, wrapped, datetime.now(UTC)))
    opened = {row: unwrap(secret_keys, row) for row in rows}
    newest = {row.purpose: key for row, key in opened.items()}
    fields = {row.id: key for row, key in opened.items() if row.purpose == FIELD}
    sealer = Sealer(fields, newest["index"], newest_of(rows))
    await _check_canary(connection, sealer)
    return Keyring(sealer, newest["session"], newest["cursor"])


async def lock_ring(connection: Connection) -> None:
    """Let nobody else change the ring before the transaction ends."""
    await LOCK_RING.maybe(connection, _LOCK)


async def refresh_keyring(
    connection: Connection, sealer: Sealer, secret_keys: Sequence[bytes]
) -> None:
    """Let a running process learn of field keys that were added, put in force or taken away.

    Raises WrongSecretKeys for a key that is wrapped with a secret key it was not given.
    """
    rows = [row for row in await ALL_KEYS.all(connection) if row.purpose == FIELD]
    if sealer.knows({row.id for row in rows}, newest_of(rows)):
        return
    sealer.adopt({row.id: unwrap(secret_keys, row) for row in rows}, newest_of(rows))


def newest_of(rows: Iterable[WrappedKey]) -> int:
    """Return the id of the field key to seal with."""
    return max(row.id for row in rows if row.purpose == FIELD and row.in_force_at is not None)


def wrap(secret_key: bytes, purpose: str, key: bytes) -> bytes:
    """Wrap a key of the ring with one of the secret keys."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(secret_key).encrypt(nonce, key, purpose.encode())


def unwrap(secret_keys: Sequence[bytes], row: WrappedKey) -> bytes:
    """Unwrap a key with whichever secret key fits; raises WrongSecretKeys."""
    nonce, body = row.wrapped[:NONCE_BYTES], row.wrapped[NONCE_BYTES:]
    for secret_key in secret_keys:
        try:
            return AESGCM(secret_key).decrypt(nonce, body, row.purpose.encode())
        except InvalidTag:
            continue
    raise WrongSecretKeys


async def _check_canary(connection: Connection, sealer: Sealer) -> None:
    sealed = await CANARY_ROW.maybe(connection)
    if sealed is None:
        await ADD_CANARY.run(connection, sealer.seal("canary.sealed", 1, CANARY))
        return
    try:
        fits = sealer.open("canary.sealed", 1, sealed) == CANARY
    except Unreadable:
        fits = False
    if not fits:
        raise WrongSecretKeys
