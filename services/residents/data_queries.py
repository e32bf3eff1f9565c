"""SQL of «Мои данные»."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from schemas.residents import MyConsent
from services.db.query import Connection, Query


class OwnCase(Struct, frozen=True):
    """A case as far as rights are concerned: a final one can be erased."""

    id: UUID
    number: str
    final: bool
    erased: bool
    kind: str = "appeal"
    state: str = ""
    created_at: datetime | None = None
    erased_at: datetime | None = None


class Look(Struct, frozen=True):
    """One look at the resident's personal data: of a department, an admin, or by their own link."""

    at: datetime
    who: str
    why: str
    number: str | None


class KeptHowLong(Struct, frozen=True):
    """How long one kind is kept."""

    kind: str
    keep: timedelta


class Drafted(Struct, frozen=True):
    """A dialogue in which something was entered and not sent."""

    id: UUID
    drafted_until: datetime | None
    personal: bytes


class Vouched(Struct, frozen=True):
    """Who a provider says the resident is; the words are sealed."""

    case_id: UUID
    provider: str
    personal: bytes


OWN_CASES = Query(
    OwnCase,
    """SELECT id, number, final, personal IS NULL AS erased, kind, state, created_at,
        erased_at
    FROM cases
    WHERE account_id = $1 ORDER BY created_at DESC""",
)
LOOKS = Query(
    Look,
    """SELECT r.at, coalesce(b.title, d.title, CASE WHEN r.who = 'resident'
            THEN 'По вашей ссылке' ELSE 'Администратор' END) AS who, r.why, c.number
    FROM reads r LEFT JOIN cases c ON c.id = r.case_id
    LEFT JOIN api_keys k ON k.id = split_part(r.who, ':', 2)
    LEFT JOIN departments d ON d.id = k.department_id
    LEFT JOIN departments b ON r.who = 'backend:' || b.id
    WHERE r.account_id = $1 ORDER BY r.at DESC LIMIT $2""",
)
SINCE = Query(datetime, "SELECT created_at FROM accounts WHERE id = $1")
ERASE_ASKED_AT = Query(datetime, "SELECT erase_asked_at FROM accounts WHERE id = $1")
KEPT_HOW_LONG = Query(KeptHowLong, "SELECT kind, keep FROM retention_terms")
CONSENT_HISTORY = Query(
    MyConsent,
    """SELECT c.action, c.at, d.service, d.subject, d.version, d.purpose, d.text
    FROM consents c JOIN consent_documents d ON d.id = c.document_id
    WHERE c.account_id = $1 ORDER BY c.at, c.id""",
)
DRAFTS = Query(
    Drafted,
    """SELECT id, drafted_until, personal FROM dialogs
    WHERE account_id = $1 AND personal IS NOT NULL""",
)
IDENTITIES = Query(
    Vouched,
    """SELECT i.case_id, i.provider, i.personal FROM identities i
    JOIN cases c ON c.id = i.case_id WHERE c.account_id = $1 AND i.personal IS NOT NULL""",
)
USER = Query(bytes, "SELECT user_sealed FROM accounts WHERE id = $1")
ADD_LINK = Query(type(None), "INSERT INTO data_links (hash, account_id, until) VALUES ($1, $2, $3)")
LINKED = Query(UUID, "SELECT account_id FROM data_links WHERE hash = $1 AND until > $2")
NOTE_OWN_LOOK = Query(
    type(None), "INSERT INTO reads (id, account_id, who, why, at) VALUES ($1, $2, $3, $4, $5)"
)
OPERATOR_OF = Query(
    str,
    """SELECT o.title FROM accounts a JOIN operators o ON o.id = a.operator_id
    WHERE a.id = $1""",
)
FORGET_LINKS = Query(type(None), "DELETE FROM data_links WHERE account_id = $1")
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


async def kept_how_long(connection: Connection) -> dict[str, timedelta]:
    """Return how long each kind is kept."""
    return {row.kind: row.keep for row in await KEPT_HOW_LONG.all(connection)}
