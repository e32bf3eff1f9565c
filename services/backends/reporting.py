"""What a back end reports of a case: applied where the table allows it, else kept and shown."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.cases import LONGEST_MESSAGE
from services.backends.queries import KEEP_UPDATE, NEWEST, REPORTED
from services.cases.applying import Change, Entry, Moved, apply, write_events
from services.cases.holding import Held
from services.cases.queries import TOUCH, HeldAssignment
from services.cases.telling import kind_of
from services.cases.transitions import REASONED, TRANSITIONS, find
from services.db.ids import new_id
from services.db.query import Connection
from services.errors import FieldError, InvalidRequest
from services.house import House

NOT_APPLIED = "update_not_applied"
"""The type of the event that shows a report which changed nothing; `reason` says why."""
OTHER = "other"

Why = Literal["repeated", "outdated", "unchanged", "not_allowed", "approval_required", "no_message"]


class UpdateRequest(Struct, frozen=True, kw_only=True):
    """A report: the case's id there, which report of it this is, the state in our words."""

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    state: str
    at: datetime
    message: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)] | None = None
    department: str | None = None


class Outcome(Struct, frozen=True):
    """What became of a report: the move, or why nothing moved."""

    moved: Moved | None = None
    why: Why | None = None


class NotApplied(Struct, frozen=True, kw_only=True):
    """The answer to a report that changed nothing."""

    why: Why
    applied: Literal[False] = False


def check_state(held: Held, update: UpdateRequest) -> None:
    """Raise InvalidRequest for a state that no such case has."""
    kind = kind_of(held.case.kind)
    known = {each for row in TRANSITIONS if row.kind == kind for each in (row.source, row.target)}
    if update.state not in known:
        raise InvalidRequest(FieldError("state", f"not a state of an {kind}"))
    if update.at.tzinfo is None:
        raise InvalidRequest(FieldError("at", "Give the time with its offset."))


async def report(
    connection: Connection,
    house: House,
    held: Held,
    row: HeldAssignment,
    update: UpdateRequest,
) -> Outcome:
    """Take a back end's word for the state of its assignment, each report once.

    `held` is locked. What has been reported before, or is older than what has, changes nothing;
    what the table forbids is written into the history and changes nothing.
    """
    newest = await NEWEST.maybe(connection, row.id)
    known = None if newest is None or newest.external_id != update.external_id else newest.sequence
    why = _why(held, row, update, known)
    fresh = await KEEP_UPDATE.maybe(
        connection,
        new_id(),
        held.case.id,
        row.department_id,
        update.external_id,
        update.sequence,
        update.state,
        update.at,
        why is None,
        why,
        house.now(),
    )
    if not fresh:
        return Outcome(why="repeated")
    if why != "outdated":
        await REPORTED.run(
            connection,
            row.id,
            held.case.id,
            row.department_id,
            update.external_id,
            update.sequence,
            update.state,
        )
    if why is None:
        return Outcome(await _apply(connection, house, held, row, update))
    if why not in {"outdated", "unchanged"}:
        await _show(connection, house, held, row, update, why)
    return Outcome(why=why)


def _why(held: Held, row: HeldAssignment, update: UpdateRequest, known: int | None) -> Why | None:
    if known is not None and update.sequence < known:
        return "outdated"
    if update.state == row.state:
        return "unchanged"
    step = find(held.case.kind, row.state, update.state)
    if step is None or "department" not in step.by or update.state == "forwarded":
        return "not_allowed"
    if row.four_eyes and update.state == "answered":
        return "approval_required"
    needs_words = step.message_required or update.state == "answered"
    if needs_words and not (update.message or "").strip():
        return "no_message"
    return None


async def _apply(
    connection: Connection,
    house: House,
    held: Held,
    row: HeldAssignment,
    update: UpdateRequest,
) -> Moved:
    change = Change(
        target=update.state,
        rows=(row,),
        by="department",
        actor=None,
        department=row.department_title,
        message=update.message or None,
        reason=OTHER if update.state in REASONED else None,
        caller_department_id=row.department_id,
    )
    return await apply(connection, house, held, change)


async def _show(
    connection: Connection,
    house: House,
    held: Held,
    row: HeldAssignment,
    update: UpdateRequest,
    why: Why,
) -> UUID:
    entry = Entry(
        type=NOT_APPLIED,
        by="department",
        rows=(row,),
        target=update.state,
        reason=why,
        message=update.message or None,
    )
    event_id = await write_events(connection, house, held, entry)
    await TOUCH.run(connection, held.case.id, house.now(), 0)
    return event_id
