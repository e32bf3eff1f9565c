"""Carrying a permitted move out: states, deadlines, the event, and everybody who hears of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.cases import clockwork
from services.cases.clock_queries import CLOCKS, WRITE_CLOCKS, Clock
from services.cases.clocks import Due
from services.cases.effects import take_effect
from services.cases.holding import Held
from services.cases.personal import EVENT_PLACE, EventPersonal
from services.cases.queries import ADD_EVENTS, MOVE, HeldAssignment
from services.cases.shifting import Shift
from services.cases.telling import (
    Stage,
    kind_of,
    stage_texts,
    tell_departments,
    tell_resident,
)
from services.cases.transitions import AT_REST, FINAL, WORK, derive
from services.db.ids import new_id
from services.db.query import Connection
from services.house import House

By = Literal["department", "admin", "resident", "gateway"]
UPDATED = "case.updated"


class Change(Struct, frozen=True, kw_only=True):
    """A move that is allowed.

    `rows`: the assignments that move; none where the case has none and moves by itself.
    `message` is kept in the event; `told`: the resident gets a notice, with `message` if it is
    the department's. `note`: the webhook's type for the departments that move; `slot_id`: the
    time that a move of an appointment chooses; `until`: the end of an offer, after which a notice
    is of no use; `caller_department_id` is not told of its own call.
    """

    target: str
    rows: tuple[HeldAssignment, ...]
    by: By
    type: str = "transition"
    actor: str | None = None
    department: str | None = None
    message: str | None = None
    reason: str | None = None
    told: bool = True
    note: str = UPDATED
    until: datetime | None = None
    slot_id: UUID | None = None
    caller_department_id: int | None = None


class Moved(Struct, frozen=True, kw_only=True):
    """What became of a case: its state, and what was put into the outbox.

    After the commit the workers are to be rung for `community_id`, and for `hand_offs`.
    """

    state: str
    community_id: int | None = None
    deliveries: tuple[UUID, ...] = ()
    hand_offs: tuple[UUID, ...] = ()


class Entry(Struct, frozen=True, kw_only=True):
    """What is written into a case's history, once for each of `rows` (or for the case alone)."""

    type: str
    by: By
    rows: tuple[HeldAssignment, ...] = ()
    actor: str | None = None
    target: str | None = None
    reason: str | None = None
    message: str | None = None
    delivery_id: UUID | None = None


async def apply(connection: Connection, house: House, held: Held, change: Change) -> Moved:
    """Write a move: the assignments, the derived state, the history, the notices."""
    kind, target = kind_of(held.case.kind), change.target
    state = _state_after(held, change)
    shift = Shift(
        case_id=held.case.id,
        target=target,
        now=house.now(),
        until=change.until,
        slot_id=change.slot_id,
        by=change.by,
    )
    besides = await take_effect(connection, house, kind, shift)
    clocks = await turn_clocks(connection, house, held, change.rows, target)
    dues = {row.id: leading_due(held, clocks, row.id) for row in change.rows}
    await MOVE.run(
        connection,
        held.case.id,
        [row.id for row in change.rows],
        target,
        target in WORK[kind],
        house.now(),
        target == "answered",
        *_columns([dues[row.id] for row in change.rows]),
        state,
        state in FINAL[kind],
        *soonest(held, clocks, target, change.rows),
    )
    deliveries: tuple[UUID, ...] = ()
    if change.told:
        deliveries = await _tell(connection, house, held, change, dues, besides)
    entry = Entry(
        type=change.type,
        by=change.by,
        rows=change.rows,
        actor=change.actor,
        target=target,
        reason=change.reason,
        message=change.message,
        delivery_id=deliveries[-1] if deliveries else None,
    )
    await write_events(connection, house, held, entry)
    hand_offs = await _hand_off(connection, house, held, change)
    return Moved(
        state=state,
        community_id=held.case.community_id,
        deliveries=deliveries,
        hand_offs=hand_offs,
    )


async def write_events(connection: Connection, house: House, held: Held, entry: Entry) -> UUID:
    """Add to a case's history; words and delivery stand with the first event. Returns its id."""
    moves = entry.target is not None
    rows: list[tuple[int | None, str | None]] = [
        (row.department_id, row.state if moves else None) for row in entry.rows
    ]
    rows = rows or [(None, held.case.state if moves else None)]
    ids = [new_id() for _ in rows]
    words = None
    if entry.message:
        words = house.sealer.seal_value(EVENT_PLACE, ids[0], EventPersonal(entry.message))
    rest = len(rows) - 1
    await ADD_EVENTS.run(
        connection,
        held.case.id,
        entry.type,
        entry.by,
        entry.actor,
        entry.target,
        entry.reason,
        house.now(),
        ids,
        [department_id for department_id, _ in rows],
        [source for _, source in rows],
        [entry.delivery_id, *[None] * rest],
        [words, *[None] * rest],
    )
    return ids[0]


def _state_after(held: Held, change: Change) -> str:
    if not change.rows or held.case.kind != "appeal":
        return change.target
    moved = {row.id for row in change.rows}
    return derive(change.target if row.id in moved else row.state for row in held.assignments)


async def turn_clocks(
    connection: Connection,
    house: House,
    held: Held,
    rows: Sequence[HeldAssignment],
    target: str,
) -> tuple[Clock, ...]:
    """Start, pause and end what a move to `target` does; return all deadlines of the case."""
    clocks = tuple(await CLOCKS.all(connection, held.case.id))
    changed: list[Clock] = []
    for assignment_id in [row.id for row in rows] or [None]:
        step = clockwork.Turn(
            kind=held.case.kind,
            legal_kind=held.case.legal_kind,
            assignment_id=assignment_id,
            state=target,
            at=house.now(),
            zone=house.zone,
        )
        changed += clockwork.turn(clocks, step)
    if changed:
        await WRITE_CLOCKS.run(connection, held.case.id, *clockwork.columns(changed))
    return clockwork.merged(clocks, changed)


def leading_due(held: Held, clocks: Iterable[Clock], assignment_id: UUID | None) -> Due | None:
    """Return the deadline that is shown of an assignment, or of a case that has none."""
    own = [clock for clock in clocks if clock.assignment_id == assignment_id]
    return clockwork.leading(own, held.case.kind, held.case.legal_kind)


def soonest(
    held: Held, clocks: Iterable[Clock], target: str, moved: Sequence[HeldAssignment]
) -> tuple[object, ...]:
    """Return the columns of the case's deadline: the first of those who are still at work."""
    ids = {row.id for row in moved}
    states = {row.id: target if row.id in ids else row.state for row in held.assignments}
    at_work = [each for each, state in states.items() if state not in AT_REST]
    shown = [leading_due(held, clocks, each) for each in at_work or list(states) or [None]]
    dues = [due for due in shown if due is not None]
    first = min(dues, key=lambda due: due.due_at) if dues else None
    return tuple(column[0] for column in _columns([first]))


def _columns(dues: Sequence[Due | None]) -> tuple[list[object], list[object], list[object]]:
    return (
        [None if due is None else due.due_at for due in dues],
        [None if due is None else due.rule for due in dues],
        [None if due is None else due.calendar for due in dues],
    )


async def _tell(
    connection: Connection,
    house: House,
    held: Held,
    change: Change,
    dues: Mapping[UUID, Due | None],
    besides: str,
) -> tuple[UUID, ...]:
    first = change.rows[0] if change.rows else None
    due = None if first is None else dues[first.id]
    due_at = held.case.due_at if first is None else first.due_at
    stage = Stage(
        source=held.case.state if first is None else first.state,
        target=change.target,
        department=change.department,
        message=(change.message or "") if change.type == "transition" else "",
        reason=change.reason,
        besides=besides,
        due_at=change.until or (due_at if due is None else due.due_at),
    )
    texts = stage_texts(house, held, stage)
    return await tell_resident(
        connection, house, held, texts, change.target, useful_until=change.until
    )


async def _hand_off(
    connection: Connection, house: House, held: Held, change: Change
) -> tuple[UUID, ...]:
    """Tell the departments that move what happened, and the others at work that something did."""
    moved = {row.id for row in change.rows}
    others = [row for row in held.active() if row.id not in moved]
    caller = change.caller_department_id
    return (
        *await tell_departments(connection, house, held, change.rows, change.note, but=caller),
        *await tell_departments(connection, house, held, others, UPDATED, but=caller),
    )
