"""SQL of «Мои данные»."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class OwnCase(Struct, frozen=True):
    """A case as far as rights are concerned: a final one can be erased."""

    id: UUID
    number: str
    final: bool
    erased: bool
    kind: str = "appeal"
    state: str = ""


class Look(Struct, frozen=True):
    """One look of a department or an admin at the resident's personal data."""

    at: datetime
    who: str
    why: str
    number: str


OWN_CASES = Query(
    OwnCase,
    """SELECT id, number, final, personal IS NULL AS erased, kind, state FROM cases
    WHERE account_id = $1 ORDER BY created_at DESC""",
)
LOOKS = Query(
    Look,
    """SELECT r.at, coalesce(b.title, d.title, 'Администратор') AS who, r.why, c.number
    FROM reads r JOIN cases c ON c.id = r.case_id
    LEFT JOIN api_keys k ON k.id = split_part(r.who, ':', 2)
    LEFT JOIN departments d ON d.id = k.department_id
    LEFT JOIN departments b ON r.who = 'backend:' || b.id
    WHERE r.account_id = $1 ORDER BY r.at DESC LIMIT $2""",
)
SINCE = Query(datetime, "SELECT created_at FROM accounts WHERE id = $1")
ASK_TO_ERASE = Query(type(None), "UPDATE accounts SET erase_asked_at = $2 WHERE id = $1")
FORGET_CHILDREN = Query(type(None), "DELETE FROM children WHERE account_id = $1")
FORGET_DIALOGS = Query(
    type(None),
    """UPDATE dialogs SET personal = NULL, drafted_until = NULL, revision = revision + 1
    WHERE account_id = $1 AND id <> $2""",
)
FORGET_DELIVERIES = Query(
    type(None),
    """UPDATE deliveries SET personal = NULL, state = 'expired', settled_at = $2
    WHERE account_id = $1 AND state IN ('dead', 'parked')""",
)
