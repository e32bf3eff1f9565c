"""Moving a case from state to state: one way for departments, residents and the gateway."""

from datetime import timedelta
from uuid import UUID

from schemas.cases import MoveRequest
from services.cases.applying import Change, Moved, apply
from services.cases.approving import answer_words
from services.cases.holding import MODERATED, Held, acting, hold
from services.cases.queries import HeldAssignment
from services.cases.telling import kind_of
from services.cases.transitions import REASONS, TRANSITIONS, Party, Transition, find
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest, TransitionNotAllowed
from services.house import House

REOPEN_WITHIN = timedelta(days=30)  # of the answer; then the gateway closes the case
UNASSIGNED = ("returned", "withdrawn")
"""Where an appeal without a department may go, besides being forwarded."""

_NOTES = {"reopened": "case.reopened", "withdrawn": "case.withdrawn"}


async def move(
    connection: Connection,
    house: House,
    caller: Caller,
    held: Held,
    wish: MoveRequest,
    if_match: str | None,
) -> Moved:
    """Make the transition that a department or an admin asks for.

    `held` comes from `hold_for`. Where `on_behalf`, it is the resident's move and acts on every
    assignment that allows it.

    Raises, in this order:
        InvalidRequest: the state, reason, slot or department is unknown.
        PreconditionRequired, VersionConflict: `if_match` is not the version that the caller sees.
        Forbidden: a moderator acts past moderation.
        TransitionNotAllowed, ApprovalRequired, SamePerson: the rules say no.
        InvalidRequest: the message or the reason is missing.
    """
    _check_fields(held, wish)
    row = acting(held, caller, wish.department)
    held.check_seen(if_match, caller, row, wish.department)
    source = held.case.state if row is None else row.state
    if caller.role == "moderator" and source not in MODERATED:
        raise Forbidden
    if wish.on_behalf:
        rows, step = _resident_rows(house, held, wish.to)
        _require(step, wish, wish.message)
        return await apply(connection, house, held, _on_behalf(held, caller, wish, rows))
    rows = () if row is None else (row,)
    step = _permitted(held, source, wish.to, "department")
    message = await answer_words(connection, house, held, caller, wish)
    _require(step, wish, message)
    change = Change(
        target=wish.to,
        rows=rows,
        by=caller.by,
        actor=caller.actor,
        department=held.case.operator_title if row is None else row.department_title,
        message=message,
        reason=wish.reason,
        slot_id=None if wish.slot is None else UUID(wish.slot),
        caller_department_id=caller.department_id,
    )
    return await apply(connection, house, held, change)


async def resident_move(
    connection: Connection,
    house: House,
    case_id: UUID,
    target: str,
    message: str | None = None,
) -> Moved:
    """Make a resident's own move, on every assignment that allows it.

    `message`: the resident's words, kept in the history. The chat answers by itself, so no
    notice is written. The caller makes sure that the case is this resident's.

    Raises:
        NotFound: there is no such case.
        TransitionNotAllowed: no assignment allows it, or the answer is older than 30 days.
    """
    held = await hold(connection, case_id)
    rows, _ = _resident_rows(house, held, target)
    change = Change(
        target=target,
        rows=rows,
        by="resident",
        message=message,
        told=False,
        note=_note(target, message),
    )
    return await apply(connection, house, held, change)


async def gateway_move(
    connection: Connection,
    house: House,
    case_id: UUID,
    target: str,
    department_id: int | None = None,
) -> Moved:
    """Make a move of the gateway's own (a term is over), on all assignments that allow it.

    With `department_id` on that department's alone. Raises NotFound, TransitionNotAllowed.
    """
    held = await hold(connection, case_id)
    rows = tuple(
        row
        for row in held.assignments
        if department_id in {None, row.department_id}
        and _step(held, row.state, target, "gateway") is not None
    )
    if not rows:
        raise TransitionNotAllowed
    change = Change(target=target, rows=rows, by="gateway")
    return await apply(connection, house, held, change)


def _check_fields(held: Held, wish: MoveRequest) -> None:
    """Name every field that can't be right for this kind of case."""
    kind = kind_of(held.case.kind)
    states = {
        state for row in TRANSITIONS if row.kind == kind for state in (row.source, row.target)
    }
    wrong: list[FieldError] = []
    if wish.to not in states:
        wrong.append(FieldError("to", f"not a state of an {kind}"))
    if wish.reason is not None and wish.reason not in REASONS[kind]:
        wrong.append(FieldError("reason", f"one of {', '.join(REASONS[kind])}"))
    if wish.slot is not None and kind != "appointment":
        wrong.append(FieldError("slot", "only an appointment has one"))
    elif wish.slot is not None and not _is_id(wish.slot):
        wrong.append(FieldError("slot", "the id that POST /slots answered"))
    if wrong:
        raise InvalidRequest(*wrong)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _step(held: Held, source: str, target: str, by: Party) -> Transition | None:
    step = find(held.case.kind, source, target)
    return step if step is not None and by in step.by else None


def _permitted(held: Held, source: str, target: str, by: Party) -> Transition:
    """Return the table's row; raises TransitionNotAllowed."""
    step = _step(held, source, target, by)
    unassigned = not held.assignments and target not in UNASSIGNED
    if step is None or target == "forwarded" or unassigned:
        raise TransitionNotAllowed
    return step


def _resident_rows(
    house: House, held: Held, target: str
) -> tuple[tuple[HeldAssignment, ...], Transition]:
    """Return the assignments that a resident's move acts on; raises TransitionNotAllowed."""
    if not held.assignments:
        return (), _permitted(held, held.case.state, target, "resident")
    oldest = house.now() - REOPEN_WITHIN
    steps = {
        row: step
        for row in held.assignments
        if (step := _step(held, row.state, target, "resident")) is not None
        and (target != "reopened" or row.answered_at is None or row.answered_at >= oldest)
    }
    if not steps:
        raise TransitionNotAllowed
    return tuple(steps), next(iter(steps.values()))


def _on_behalf(
    held: Held, caller: Caller, wish: MoveRequest, rows: tuple[HeldAssignment, ...]
) -> Change:
    """Whoever has no chat was told while phoning: no call is to be made about it."""
    return Change(
        target=wish.to,
        rows=rows,
        by=caller.by,
        type="on_behalf",
        actor=caller.actor,
        message=wish.message,
        reason=wish.reason,
        told=held.case.account_id is not None,
        note=_note(wish.to, wish.message),
        caller_department_id=caller.department_id,
    )


def _note(target: str, message: str | None) -> str:
    return _NOTES.get(target, "case.message_added" if message else "case.updated")


def _require(step: Transition, wish: MoveRequest, message: str | None) -> None:
    """Find what the table wants besides; the last of all checks."""
    wrong: list[FieldError] = []
    needs_words = step.message_required or wish.to == "answered"
    if needs_words and not (message or "").strip():
        wrong.append(FieldError("message", "the resident has to be told: write the message"))
    if step.reason_required and not wish.reason:
        codes = ", ".join(REASONS[step.kind])
        wrong.append(FieldError("reason", f"name a reason: one of {codes}"))
    if wrong:
        raise InvalidRequest(*wrong)
