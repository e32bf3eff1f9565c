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
    FROM cases c JOIN reads r ON r.case_id = c.id
    LEFT JOIN api_keys k ON k.id = split_part(r.who, ':', 2)
    LEFT JOIN departments d ON d.id = k.department_id
    LEFT JOIN departments b ON r.who = 'backend:' || b.id
    WHERE c.account_id = $1 ORDER BY r.at DESC LIMIT 10""",
)
SINCE = Query(datetime, "SELECT created_at FROM accounts WHERE id = $1")
ERASE_CASES = Query(
    type(None),
    """WITH gone AS (
        UPDATE cases SET personal = NULL, phone_key = NULL, latitude = NULL, longitude = NULL
        WHERE account_id = $1 AND final AND personal IS NOT NULL RETURNING id
    ), unnamed AS (
        UPDATE identities SET personal = NULL WHERE case_id IN (SELECT id FROM gone)
    ), no_child AS (
        UPDATE enrolments SET child_key = '' WHERE case_id IN (SELECT id FROM gone)
    ), no_patient AS (
        UPDATE appointments SET patient_key = '', active = false
        WHERE case_id IN (SELECT id FROM gone)
    )
    UPDATE case_events SET personal = NULL
    WHERE case_id IN (SELECT id FROM gone) AND personal IS NOT NULL""",
)
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
