"""What the caller may do with a case: the moves that the tables, the role and the state allow."""

from datetime import datetime

from msgspec import Struct

from services.cases.extending import AT_WORK
from services.cases.holding import MODERATED
from services.cases.moving import UNASSIGNED
from services.cases.transitions import ENDED, Transition, allowed, find
from services.cases.view_queries import CaseRow
from services.db.query import Connection, Query
from services.departments.callers import Caller

FORWARDED = "forwarded"  # has a call of its own


class Desk(Struct, frozen=True, kw_only=True):
    """A case at one department (None: it has none) and what the caller may do with it there."""

    department: str | None
    state: str
    version: int
    due_at: datetime | None
    delivery: str | None
    moves: tuple[Transition, ...]
    behalf: tuple[Transition, ...]
    mine: bool
    over: bool
    forwards: bool = False
    extends: bool = False


class DeliveryLine(Struct, frozen=True, kw_only=True):
    """A delivery of a case, without its words."""

    id: str
    kind: str
    type: str
    state: str
    department: str | None
    attempts: int
    error: str | None
    called_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


# $2: the only department whose hand-offs are shown; null: all.
DELIVERIES_OF = Query(
    DeliveryLine,
    """SELECT m.id::text AS id, m.kind, m.type, m.state, d.code AS department, m.attempts,
        m.error, m.called_at, m.created_at, m.settled_at
    FROM deliveries m LEFT JOIN departments d ON d.id = m.department_id
    WHERE m.case_id = $1
        AND ($2::integer IS NULL OR m.kind = 'message' OR m.department_id = $2)
    ORDER BY m.seq DESC LIMIT 200""",
)


def desks_of(caller: Caller, row: CaseRow) -> tuple[Desk, ...]:
    """Return the desks of a case, the lead's first; a department may act at its own alone."""
    if not row.assignments:
        return (_unassigned(caller, row),)
    lead_first = sorted(row.assignments, key=lambda each: each.department != row.department)
    found: list[Desk] = []
    for each in lead_first:
        mine = caller.department_id in {None, each.department_id}
        acts = mine and _may_act(caller, row.state, each.state)
        found.append(
            Desk(
                department=each.department,
                state=each.state,
                version=each.version,
                due_at=each.due_at,
                delivery=each.delivery,
                moves=_moves(row.kind, each.state) if acts else (),
                behalf=allowed(row.kind, each.state, "resident") if acts else (),
                mine=acts,
                over=each.state in ENDED,
                forwards=acts and _forwards(row.kind, each.state),
                extends=acts and caller.role != "moderator" and _extends(row, each.state),
            )
        )
    return tuple(found)


async def deliveries_of(connection: Connection, caller: Caller, row: CaseRow) -> list[DeliveryLine]:
    """Return what left or should leave for a case, newest first; a department's own hand-offs."""
    return await DELIVERIES_OF.all(connection, row.id, caller.department_id)


def _unassigned(caller: Caller, row: CaseRow) -> Desk:
    acts = caller.department_id is None and _may_act(caller, row.state, row.state)
    here = [*allowed(row.kind, row.state, "department"), *allowed(row.kind, row.state, "resident")]
    moves = tuple(each for each in here if each.target in UNASSIGNED) if acts else ()
    return Desk(
        department=None,
        state=row.state,
        version=row.version,
        due_at=row.due_at,
        delivery=None,
        moves=tuple(each for each in moves if "department" in each.by),
        behalf=tuple(each for each in moves if "resident" in each.by),
        mine=acts,
        over=row.state in ENDED,
        forwards=acts and _forwards(row.kind, row.state),
    )


def _may_act(caller: Caller, case_state: str, own_state: str) -> bool:
    if caller.role == "viewer":
        return False
    return caller.role != "moderator" or {case_state, own_state} <= set(MODERATED)


def _moves(kind: str, state: str) -> tuple[Transition, ...]:
    return tuple(each for each in allowed(kind, state, "department") if each.target != FORWARDED)


def _forwards(kind: str, state: str) -> bool:
    return find(kind, state, FORWARDED) is not None


def _extends(row: CaseRow, state: str) -> bool:
    """Whether the term may be moved on, as far as the state says; the rest is asked when sent."""
    return row.legal_kind == "appeal_59fz" and state in AT_WORK
