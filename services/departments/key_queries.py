"""SQL of API keys."""

from datetime import datetime

from msgspec import Struct

from services.db.query import Query
from services.departments.callers import Role


class Key(Struct, frozen=True):
    """A key as it is checked."""

    id: str
    hash: bytes
    role: Role
    department_id: int | None
    operator_id: int | None
    holder: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class KeyLine(Struct, frozen=True):
    """A key as it is listed."""

    id: str
    role: Role
    department: str | None
    operator: str | None
    holder: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


KEY_BY_ID = Query(
    Key,
    """SELECT id, hash, role, department_id, operator_id, holder, expires_at, revoked_at,
        last_used_at
    FROM api_keys WHERE id = $1""",
)
KEYS = Query(
    KeyLine,
    """SELECT key.id, key.role, department.code AS department, operator.code AS operator,
        key.holder, key.created_at, key.expires_at, key.revoked_at, key.last_used_at
    FROM api_keys key
    LEFT JOIN departments department ON department.id = key.department_id
    LEFT JOIN operators operator ON operator.id = key.operator_id
    ORDER BY key.created_at DESC, key.id""",
)
INSERT_KEY = Query(
    type(None),
    """INSERT INTO api_keys (id, hash, role, department_id, operator_id, holder, created_at,
        expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
)
TOUCH_KEY = Query(
    type(None),
    """UPDATE api_keys SET last_used_at = $2
    WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)""",
)
REVOKE_KEY = Query(
    type(None), "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1"
)
