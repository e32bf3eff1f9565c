"""API keys `gw_<id>_<secret>`: found by id, kept as SHA-256, compared in constant time."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from services.communities.operators import operator_by_code
from services.db.query import Connection
from services.departments.callers import Caller, Role
from services.departments.key_queries import (
    INSERT_KEY,
    KEY_BY_ID,
    KEYS,
    REVOKE_KEY,
    TOUCH_KEY,
    KeyLine,
)
from services.departments.ownership import department_by_code
from services.errors import FieldError, InvalidRequest, NotFound, Unauthorized

ID_BYTES = 6
SECRET_BYTES = 24  # 192 bits: nothing that a fast hash would make guessable
LAST_USED_EVERY = timedelta(minutes=1)  # a write a request would cost more than the request
_KEY = re.compile(r"gw_([0-9a-f]{12})_([0-9a-f]{48})")
_NOBODY = bytes(32)  # compared with where there is no such key


class NewKey(Struct, frozen=True, kw_only=True):
    """Whose key to make. Without an operator it is good for all of them."""

    role: Role
    department: str | None = None
    operator: str | None = None
    holder: str = ""
    expires_at: datetime | None = None


async def issue_key(connection: Connection, now: datetime, new: NewKey) -> str:
    """Make a key and return it, for the only time.

    Raises InvalidRequest: a department's key without (or another's with) a department, or an
    unknown department or operator.
    """
    if (new.role == "department") != (new.department is not None):
        words = "A key of the role `department`, and only that, names a department."
        raise InvalidRequest(FieldError("department", words))
    department = None
    if new.department is not None:
        department = (await department_by_code(connection, new.department)).id
    operator = None
    if new.operator is not None:
        operator = (await operator_by_code(connection, new.operator)).id
    key_id = secrets.token_hex(ID_BYTES)
    secret = secrets.token_hex(SECRET_BYTES)
    await INSERT_KEY.run(
        connection,
        key_id,
        _hash(secret),
        new.role,
        department,
        operator,
        new.holder,
        now,
        new.expires_at,
    )
    return f"gw_{key_id}_{secret}"


async def authenticate(connection: Connection, now: datetime, key: str) -> Caller:
    """Return who holds the key; raises Unauthorized, the same for every reason.

    Outside a transaction: that the key was used is written at once, at most once a minute.
    """
    match = _KEY.fullmatch(key)
    row = await KEY_BY_ID.maybe(connection, match[1]) if match else None
    expected = row.hash if row else _NOBODY
    if not hmac.compare_digest(_hash(match[2] if match else ""), expected) or row is None:
        raise Unauthorized
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise Unauthorized
    if row.last_used_at is None or row.last_used_at < now - LAST_USED_EVERY:
        await TOUCH_KEY.run(connection, row.id, now, now - LAST_USED_EVERY)
    return Caller(
        key_id=row.id,
        role=row.role,
        department_id=row.department_id,
        operator_id=row.operator_id,
        holder=row.holder,
    )


def key_id_of(key: str) -> str | None:
    """Return the public part of a key; None where it is no key at all."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


async def list_keys(connection: Connection) -> list[KeyLine]:
    """Return all keys, newest first, revoked ones too; never a secret or its hash."""
    return await KEYS.all(connection)


async def revoke_key(connection: Connection, now: datetime, key_id: str) -> None:
    """Make a key worthless from now on; again changes nothing. Raises NotFound."""
    if not await REVOKE_KEY.run(connection, key_id, now):
        raise NotFound("There is no key with this id; `gateway key list` shows them.")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
