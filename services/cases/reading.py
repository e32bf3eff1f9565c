"""Looking at a case: what is personal is opened only together with a note of the read."""

from collections.abc import Sequence
from uuid import UUID

from schemas.cases import Case, Event, Read
from services.cases.personal import EVENT_PLACE, EventPersonal
from services.cases.view_queries import CASE, EVENTS, NOTE_READS, READS, CaseRow, EventRow
from services.cases.viewing import HIDDEN, show
from services.db.ids import new_id
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest, NotFound
from services.files.listing import attachments_of
from services.house import House

OPENED = "Просмотр заявки"
CLAIMED = "Заявку взяли в работу"
HISTORY = "Просмотр переписки по заявке"
LONGEST_REASON = 500
OPENERS = frozenset({"admin", "moderator"})
"""Who may open what is masked, and has to say why."""


async def find_case(connection: Connection, caller: Caller, case_id: UUID) -> CaseRow:
    """Return a case that the caller may see; raises NotFound, for another's too."""
    row = await CASE.one(connection, case_id)
    if caller.role == "department":
        if all(each.department_id != caller.department_id for each in row.assignments):
            raise NotFound
    elif caller.operator_id not in {None, row.operator_id}:
        raise NotFound
    return row


async def show_case(connection: Connection, house: House, caller: Caller, case_id: UUID) -> Case:
    """Return a case in brief, as the answer to a change of it; raises NotFound."""
    return show(house, caller, await find_case(connection, caller, case_id))


async def open_case(connection: Connection, house: House, caller: Caller, case_id: UUID) -> Case:
    """Return a case whole and noted to a department, masked to others; raises NotFound."""
    row = await find_case(connection, caller, case_id)
    masked = caller.role != "department"
    files = await attachments_of(connection, house, [row.id], masked=masked)
    if masked:
        return show(house, caller, row, "masked", files.get(row.id, ()))
    await note_reads(connection, house, caller, [row.id], OPENED)
    return show(house, caller, row, "open", files.get(row.id, ()))


async def open_personal_data(
    connection: Connection, house: House, caller: Caller, case_id: UUID, reason: str
) -> Case:
    """Return the whole case to an admin who says why; raises NotFound, Forbidden, InvalidRequest.

    A moderator too has to read what to decide about; a viewer never.
    """
    if caller.role not in OPENERS:
        raise Forbidden
    row = await find_case(connection, caller, case_id)
    await note_reads(connection, house, caller, [row.id], reason_of(caller, reason))
    files = await attachments_of(connection, house, [row.id])
    return show(house, caller, row, "open", files.get(row.id, ()))


def reason_of(caller: Caller, reason: str) -> str:
    """Return why somebody who oversees looks at personal data; raises Forbidden, InvalidRequest."""
    if caller.role not in OPENERS:
        raise Forbidden
    if not reason.strip() or len(reason) > LONGEST_REASON:
        words = f"say why the case is opened, in at most {LONGEST_REASON} characters"
        raise InvalidRequest(FieldError("reason", words))
    return reason.strip()


async def read_events(
    connection: Connection,
    house: House,
    caller: Caller,
    case_id: UUID,
    reason: str | None = None,
) -> tuple[Event, ...]:
    """Return the history, oldest first; words are opened and noted for a department, else `***`.

    An admin or moderator who says the `reason` gets them opened too. Raises NotFound, Forbidden.
    """
    row = await find_case(connection, caller, case_id)
    if reason is not None and caller.role == "viewer":
        raise Forbidden
    opened = caller.role == "department" or reason is not None
    events = await EVENTS.all(connection, row.id)
    if opened and any(event.personal is not None for event in events):
        await note_reads(connection, house, caller, [row.id], reason or HISTORY)
    return tuple(show_event(house, event, opened=opened) for event in events)


async def list_reads(
    connection: Connection, house: House, caller: Caller, case_id: UUID
) -> tuple[Read, ...]:
    """Return who looked at personal data of the case, oldest first; raises NotFound."""
    row = await find_case(connection, caller, case_id)
    return tuple(
        Read(read.who, read.actor, read.why, read.at.astimezone(house.zone))
        for read in await READS.all(connection, row.id)
    )


async def note_reads(
    connection: Connection, house: House, caller: Caller, case_ids: Sequence[UUID], why: str
) -> None:
    """Write who looks at these cases and why, in the transaction that reads."""
    ids = [new_id() for _ in case_ids]
    await NOTE_READS.run(
        connection, ids, list(case_ids), caller.who, caller.actor, why, house.now()
    )


def show_event(house: House, row: EventRow, *, opened: bool) -> Event:
    """Return an event; its words are opened or hidden, where it has any."""
    message = None
    if row.personal is not None:
        message = _words(house, row.id, row.personal) if opened else HIDDEN
    return Event(
        id=row.id,
        at=row.at.astimezone(house.zone),
        type=row.type,
        by=row.by,
        actor=row.actor,
        department=row.department,
        source=row.source,
        target=row.target,
        message=message,
        reason=row.reason,
        delivery=row.delivery,
    )


def _words(house: House, event_id: UUID, blob: bytes) -> str:
    return house.sealer.open_value(EVENT_PLACE, event_id, blob, EventPersonal).message
