"""What could not leave, newest first: walked along indexes of the lost alone."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Connection, Query
from services.departments.callers import Caller

ROWS = 100
STATES = ("dead", "parked", "expired")
DEPARTMENT_STATES = ("dead", "parked")
"""Of a department's own hand-offs."""


class LostLine(Struct, frozen=True, kw_only=True):
    """A delivery that did not leave. `destination`: a department's or a page's title."""

    id: UUID
    seq: int
    kind: str
    type: str
    state: str
    destination: str
    code: str
    case_id: UUID | None
    number: str | None
    attempts: int
    error: str | None
    called_at: datetime | None
    created_at: datetime


_LINES = """SELECT m.id, m.seq, m.kind, m.type, m.state,
        coalesce(d.title, g.title, '') AS destination,
        coalesce(d.code, g.group_id::text, '') AS code,
        m.case_id, c.number, m.attempts, m.error, m.called_at, m.created_at
    FROM deliveries m LEFT JOIN departments d ON d.id = m.department_id
    LEFT JOIN communities g ON g.id = m.community_id
    LEFT JOIN cases c ON c.id = m.case_id
    WHERE """

# $1: the state; $2: the operator, null: all; $3: those written before.
LOST = Query(
    LostLine,
    _LINES
    + """m.state = $1 AND m.state IN ('dead', 'expired', 'parked')
        AND ($2::integer IS NULL OR coalesce(d.operator_id, g.operator_id) = $2)
        AND ($3::bigint IS NULL OR m.seq < $3)
    ORDER BY m.seq DESC LIMIT $4""",
)
# $2: the department.
LOST_OF = Query(
    LostLine,
    _LINES
    + """m.state = $1 AND m.state IN ('dead', 'parked') AND m.kind = 'hand_off'
        AND m.department_id = $2 AND ($3::bigint IS NULL OR m.seq < $3)
    ORDER BY m.seq DESC LIMIT $4""",
)


async def lost(
    connection: Connection, caller: Caller, state: str, before: int | None
) -> list[LostLine]:
    """Return deliveries in a state of `STATES`; a department's own hand-offs, else all."""
    if caller.department_id is not None:
        if state not in DEPARTMENT_STATES:
            return []
        return await LOST_OF.all(connection, state, caller.department_id, before, ROWS)
    return await LOST.all(connection, state, caller.operator_id, before, ROWS)
