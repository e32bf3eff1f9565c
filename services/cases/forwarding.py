"""Forwarding: an assignment ends, and those of the departments that must act begin.

59-ФЗ, art. 8, parts 3 and 6: within seven days, the resident told, never to the body complained
about.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from schemas.cases import ForwardRequest
from services.cases import clockwork
from services.cases.applying import (
    UPDATED,
    Entry,
    Moved,
    leading_due,
    soonest,
    turn_clocks,
    write_events,
)
from services.cases.clock_queries import CLOCKS, WRITE_CLOCKS, Clock
from services.cases.clock_table import ANSWER
from services.cases.errors import AlreadyAssigned, ComplainedAbout
from services.cases.holding import MODERATED, Held, acting
from services.cases.messages import needed
from services.cases.queries import (
    ASSIGN,
    FORWARD,
    FORWARD_TARGETS,
    HELD_ASSIGNMENTS,
    ForwardTarget,
    HeldAssignment,
)
from services.cases.telling import Stage, stage_texts, tell_departments, tell_resident
from services.cases.transitions import WORK, derive, find
from services.db.ids import new_id
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest, TransitionNotAllowed
from services.house import House

FORWARDED = "forwarded"
ASSIGNED = "case.assigned"


class Handed(Struct, frozen=True, kw_only=True):
    """An assignment that begins, in which state, with its deadlines."""

    id: UUID
    target: ForwardTarget
    state: str
    clocks: tuple[Clock, ...]


async def forward(
    connection: Connection,
    house: House,
    caller: Caller,
    held: Held,
    wish: ForwardRequest,
    if_match: str | None,
) -> Moved:
    """End the caller's assignment and give the case to `wish.departments`; the first one leads.

    `held` comes from `hold_for`. The deadline of a message goes on; an appeal under 59-ФЗ is
    registered anew where it arrives, and has its thirty days from there.

    Raises, in this order:
        InvalidRequest: a department is unknown, named twice, or the caller's own.
        PreconditionRequired, VersionConflict: `if_match` is not the version that the caller sees.
        Forbidden: a moderator acts past moderation.
        TransitionNotAllowed: the table does not lead from here to `forwarded`.
        ComplainedAbout, AlreadyAssigned: a department may not get the case, or has it.
        InvalidRequest: the message is missing.
    """
    row = acting(held, caller, wish.department)
    targets = await _targets(connection, row, wish)
    held.check_seen(if_match, caller, row, wish.department)
    source = held.case.state if row is None else row.state
    if caller.role == "moderator" and source not in MODERATED:
        raise Forbidden
    _may_go(held, source, targets)
    message = needed(wish.message)
    rows = () if row is None else (row,)
    before = await CLOCKS.all(connection, held.case.id)
    clocks = await turn_clocks(connection, house, held, rows, FORWARDED)
    handed = await _assign(connection, house, held, row, targets, before)
    state = _state_after(held, row, handed)
    deliveries = await _tell(connection, house, held, row, handed, message)
    entry = Entry(
        type="transition",
        by=caller.by,
        rows=rows,
        actor=caller.actor,
        target=FORWARDED,
        message=message,
        delivery_id=deliveries[-1] if deliveries else None,
    )
    await write_events(connection, house, held, entry)
    after = Held(
        case=held.case, assignments=tuple(await HELD_ASSIGNMENTS.all(connection, held.case.id))
    )
    ids = {each.id for each in handed}
    new = tuple(each for each in after.assignments if each.id in ids)
    await write_events(connection, house, held, Entry(type="assigned", by="gateway", rows=new))
    leads = row is None or row.department_id == held.case.department_id
    every = (*clocks, *(clock for each in handed for clock in each.clocks))
    await FORWARD.run(
        connection,
        held.case.id,
        handed[0].target.id if leads else held.case.department_id,
        state,
        house.now(),
        *soonest(after, every, FORWARDED, ()),
    )
    others = [each for each in after.active() if each.id not in ids]
    but = caller.department_id
    hand_offs = (
        *await tell_departments(connection, house, held, new, ASSIGNED, but=but),
        *await tell_departments(connection, house, held, others, UPDATED, but=but),
    )
    return Moved(
        state=state,
        community_id=held.case.community_id,
        deliveries=deliveries,
        hand_offs=hand_offs,
    )


async def _tell(
    connection: Connection,
    house: House,
    held: Held,
    row: HeldAssignment | None,
    handed: Sequence[Handed],
    message: str,
) -> tuple[UUID, ...]:
    """Tell the resident who has the case now, in the departments' own words."""
    stage = Stage(
        source=held.case.state if row is None else row.state,
        target=FORWARDED,
        department=", ".join(each.target.title for each in handed),
        message=message,
        due_at=min(
            (clock.due_at for each in handed for clock in each.clocks if clock.name == ANSWER),
            default=None,
        ),
    )
    return await tell_resident(connection, house, held, stage_texts(house, held, stage), FORWARDED)


def _state_after(held: Held, row: HeldAssignment | None, handed: Sequence[Handed]) -> str:
    """Derive the appeal's state: the caller's assignment is over, the new ones have begun."""
    replaced = {each.id for each in handed} | ({row.id} if row is not None else set())
    staying = [each.state for each in held.assignments if each.id not in replaced]
    return derive([*staying, *(each.state for each in handed)])


async def _targets(
    connection: Connection, row: HeldAssignment | None, wish: ForwardRequest
) -> tuple[ForwardTarget, ...]:
    """Return the departments in the order named; raises InvalidRequest with all wrong ones."""
    found = await FORWARD_TARGETS.all(connection, list(wish.departments))
    known = {target.code: target for target in found}
    wrong: list[FieldError] = []
    for number, code in enumerate(wish.departments):
        field = f"departments.{number}"
        if code not in known:
            wrong.append(FieldError(field, "There is no such department."))
        elif code in wish.departments[:number]:
            wrong.append(FieldError(field, "This department is named twice."))
        elif row is not None and code == row.department_code:
            wrong.append(FieldError(field, "The case is with this department already."))
    if wrong:
        raise InvalidRequest(*wrong)
    return tuple(known[code] for code in wish.departments)


def _may_go(held: Held, source: str, targets: Sequence[ForwardTarget]) -> None:
    step = find(held.case.kind, source, FORWARDED)
    if step is None or "department" not in step.by:
        raise TransitionNotAllowed
    if any(target.id == held.case.complained_about for target in targets):
        raise ComplainedAbout
    at_work = {row.department_id for row in held.active()}
    if any(target.id in at_work for target in targets):
        raise AlreadyAssigned


async def _assign(
    connection: Connection,
    house: House,
    held: Held,
    row: HeldAssignment | None,
    targets: Sequence[ForwardTarget],
    clocks: Sequence[Clock],
) -> tuple[Handed, ...]:
    """End the caller's assignment and write the new ones; one that had ended begins again."""
    now = house.now()
    handed = tuple(_handed(house, held, row, target, clocks) for target in targets)
    dues = [leading_due(held, each.clocks, each.id) for each in handed]
    await ASSIGN.run(
        connection,
        held.case.id,
        None if row is None else row.id,
        now,
        [each.id for each in handed],
        [each.target.id for each in handed],
        [each.state for each in handed],
        [each.state in WORK["appeal"] for each in handed],
        [None if due is None else due.due_at for due in dues],
        [None if due is None else due.rule for due in dues],
        [None if due is None else due.calendar for due in dues],
    )
    new = [clock for each in handed for clock in each.clocks]
    await WRITE_CLOCKS.run(connection, held.case.id, *clockwork.columns(new))
    return handed


def _handed(
    house: House,
    held: Held,
    row: HeldAssignment | None,
    target: ForwardTarget,
    clocks: Sequence[Clock],
) -> Handed:
    earlier = held.of(target.id)
    assignment_id = new_id() if earlier is None else earlier.id
    law = held.case.legal_kind == "appeal_59fz"
    state = "submitted" if law or target.moderation else "registered"
    source = None if row is None else row.id
    # What the resident was promised goes on with who has the case now.
    promised = [clock for clock in clocks if clock.name == ANSWER]
    taken = () if law else clockwork.carried(promised, source, assignment_id)
    step = clockwork.Turn(
        kind=held.case.kind,
        legal_kind=held.case.legal_kind,
        assignment_id=assignment_id,
        state=state,
        at=house.now(),
        zone=house.zone,
    )
    began = clockwork.turn(taken, step)
    return Handed(
        id=assignment_id, target=target, state=state, clocks=clockwork.merged(taken, began)
    )
