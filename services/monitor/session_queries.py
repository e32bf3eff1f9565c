"""SQL of sessions and kept filters of the monitor."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query
from services.departments.callers import Role


class SessionRow(Struct, frozen=True, kw_only=True):
    """A session that holds, with the key it belongs to."""

    key_id: str
    role: Role
    department_id: int | None
    operator_id: int | None
    holder: str
    personal: bytes
    seen_at: datetime


class KeptFilter(Struct, frozen=True):
    """A filter of the list of cases that somebody kept."""

    id: UUID
    title: str
    query: str


OPEN_SESSION = Query(
    type(None),
    """INSERT INTO monitor_sessions (hash, key_id, personal, created_at, seen_at)
    VALUES ($1, $2, $3, $4, $4)""",
)
# $2: now; $3: seen since; $4: opened since.
SESSION = Query(
    SessionRow,
    """SELECT s.key_id, k.role, k.department_id, k.operator_id, k.holder, s.personal, s.seen_at
    FROM monitor_sessions s JOIN api_keys k ON k.id = s.key_id
    WHERE s.hash = $1 AND s.seen_at > $3 AND s.created_at > $4
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)""",
)
TOUCH_SESSION = Query(type(None), "UPDATE monitor_sessions SET seen_at = $2 WHERE hash = $1")
END_SESSION = Query(type(None), "DELETE FROM monitor_sessions WHERE hash = $1")
DROP_SESSIONS = Query(
    type(None), "DELETE FROM monitor_sessions WHERE seen_at <= $1 OR created_at <= $2"
)

FILTERS = Query(
    KeptFilter, "SELECT id, title, query FROM monitor_filters WHERE key_id = $1 ORDER BY title"
)
KEEP_FILTER = Query(
    type(None),
    """INSERT INTO monitor_filters (id, key_id, title, query, created_at)
    SELECT $1, $2, $3, $4, $5
    WHERE (SELECT count(*) FROM monitor_filters WHERE key_id = $2) < $6
    ON CONFLICT (key_id, title) DO UPDATE SET query = excluded.query""",
)
DROP_FILTER = Query(type(None), "DELETE FROM monitor_filters WHERE id = $1 AND key_id = $2")
