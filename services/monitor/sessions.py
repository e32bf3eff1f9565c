"""Sessions of the monitor: a key is exchanged for a token, of which only the hash is stored."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from msgspec import Struct

from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.keys import authenticate
from services.errors import Unauthorized
from services.house import House
from services.monitor.session_queries import (
    DROP_SESSIONS,
    END_SESSION,
    OPEN_SESSION,
    SESSION,
    TOUCH_SESSION,
    SessionRow,
)

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)  # a write a request would cost more than the request
TOKEN_BYTES = 32
PLACE = "monitor_sessions.personal"
LONGEST_NAME = 200


class Sitter(Struct, frozen=True):
    """Who signed in, as claimed; None where nobody said."""

    name: str | None


class Session(Struct, frozen=True):
    """A session that holds: who calls, and the word that every form of his carries."""

    caller: Caller
    token: str
    csrf: str


async def open_session(connection: Connection, house: House, key: str, name: str) -> str:
    """Exchange a key for the token of a new session; raises Unauthorized.

    `name` says which person acts, as the header `Gateway-Actor` does.
    """
    now = house.now()
    caller = await authenticate(connection, now, key.strip())
    token = secrets.token_urlsafe(TOKEN_BYTES)
    digest = _hash(token)
    sitter = Sitter(" ".join(name.split())[:LONGEST_NAME] or None)
    sealed = house.sealer.seal_value(PLACE, digest.hex(), sitter)
    await DROP_SESSIONS.run(connection, now - IDLE, now - LONGEST)
    await OPEN_SESSION.run(connection, digest, caller.key_id, sealed, now)
    return token


async def find_session(
    connection: Connection, house: House, token: str, *, touch: bool = True
) -> Session:
    """Return the session of a token; raises Unauthorized when it is over or its key is.

    Looking without `touch` does not keep it from getting idle.
    """
    now, digest = house.now(), _hash(token)
    row = await SESSION.maybe(connection, digest, now, now - IDLE, now - LONGEST)
    if row is None:
        raise Unauthorized
    if touch and row.seen_at <= now - TOUCH_EVERY:
        await TOUCH_SESSION.run(connection, digest, now)
    return Session(_caller(house, row, digest), token, csrf_of(house, token))


async def end_session(connection: Connection, token: str) -> None:
    """End a session; without one nothing changes."""
    await END_SESSION.run(connection, _hash(token))


def csrf_of(house: House, token: str) -> str:
    """Return the word that a session's forms carry: of no use without the token itself."""
    return hmac.digest(house.keyring.session_key, token.encode(), hashlib.sha256).hex()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _caller(house: House, row: SessionRow, digest: bytes) -> Caller:
    sitter = house.sealer.open_value(PLACE, digest.hex(), row.personal, Sitter)
    return Caller(
        key_id=row.key_id,
        role=row.role,
        department_id=row.department_id,
        operator_id=row.operator_id,
        holder=row.holder,
        actor=sitter.name,
    )
