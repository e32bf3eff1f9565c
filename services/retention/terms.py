"""How long what is kept, as data: listed, and changed by the operator within the law."""

from datetime import datetime

from msgspec import Struct

from services.db.query import Connection, Query
from services.errors import FieldError, InvalidRequest


class Term(Struct, frozen=True):
    """How long one kind is kept, at least and in fact; `before`: what is older is over."""

    kind: str
    keep: str
    least: str
    why: str
    before: datetime


TERMS = Query(
    Term,
    """SELECT kind, keep::text, least::text, why, $1::timestamptz - keep AS before
    FROM retention_terms ORDER BY kind""",
)
SET_TERM = Query(
    bool,
    """UPDATE retention_terms SET updated_at = now(),
        keep = CASE WHEN make_interval(days => $2) >= least THEN make_interval(days => $2)
            ELSE keep END
    WHERE kind = $1 RETURNING make_interval(days => $2) >= least""",
)


async def list_terms(connection: Connection, now: datetime) -> list[Term]:
    """Return all terms."""
    return await TERMS.all(connection, now)


async def set_term(connection: Connection, kind: str, days: int) -> None:
    """Keep a kind for so many days; raises InvalidRequest: unknown, or less than the law asks."""
    allowed = await SET_TERM.maybe(connection, kind, days)
    if allowed is None:
        raise InvalidRequest(FieldError("kind", "unknown; `gateway retention list` shows all"))
    if not allowed:
        words = "less than must be kept; `gateway retention list` shows the least"
        raise InvalidRequest(FieldError("days", words))
