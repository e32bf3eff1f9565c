"""Words that change no state: to the resident, from the resident, told by phone; and tags."""

from collections.abc import Sequence
from uuid import UUID

from schemas.cases import MessageRequest
from services.cases.applying import Entry, Moved, write_events
from services.cases.errors import NothingToCall
from services.cases.holding import Held, acting, hold, still_acting
from services.cases.queries import MESSAGE_TOLD, SETTLE_CALLED, TAG, TOUCH
from services.cases.telling import tell_departments, tell_resident
from services.cases.wording import letter
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest, TransitionNotAllowed
from services.house import House

PARKED = "parked"


def needed(message: str | None) -> str:
    """Return the words that the resident must be told; raises InvalidRequest where none are."""
    if not (message or "").strip():
        raise InvalidRequest(
            FieldError("message", "the resident has to be told: write the message")
        )
    return message or ""


async def write_to_resident(
    connection: Connection, house: House, caller: Caller, held: Held, wish: MessageRequest
) -> Moved:
    """Send a department's words to the resident, word for word; the state and versions stay.

    `held` comes from `hold_for`. Raises InvalidRequest, AssignmentEnded.
    """
    if not wish.text.strip():
        raise InvalidRequest(FieldError("text", "write the message"))
    row = acting(held, caller, wish.department)
    still_acting(held, caller)
    title = held.case.operator_title if row is None else row.department_title
    texts = letter(held.case.number, title, wish.text)
    state = held.case.state if row is None else row.state
    deliveries = await tell_resident(connection, house, held, texts, state)
    entry = Entry(
        type="message",
        by=caller.by,
        rows=() if row is None else (row,),
        actor=caller.actor,
        message=wish.text,
        delivery_id=deliveries[-1],
    )
    await write_events(connection, house, held, entry)
    await TOUCH.run(connection, held.case.id, house.now(), 0)
    hand_offs = await tell_departments(
        connection, house, held, held.active(), "case.updated", but=caller.department_id
    )
    return Moved(
        state=held.case.state,
        community_id=held.case.community_id,
        deliveries=deliveries,
        hand_offs=hand_offs,
    )


async def add_from_resident(
    connection: Connection, house: House, case_id: UUID, text: str
) -> Moved:
    """Keep what a resident adds to a case («Дополнить»); every department at work hears of it.

    Versions grow, so that nobody answers without having seen it. The caller makes sure that the
    case is this resident's. Raises NotFound, and TransitionNotAllowed where nobody is at work.
    """
    held = await hold(connection, case_id)
    if held.assignments and not held.active():
        raise TransitionNotAllowed
    await write_events(connection, house, held, Entry(type="message", by="resident", message=text))
    await TOUCH.run(connection, case_id, house.now(), 1)
    hand_offs = await tell_departments(connection, house, held, held.active(), "case.message_added")
    return Moved(state=held.case.state, hand_offs=hand_offs)


async def mark_called(
    connection: Connection, house: House, caller: Caller, held: Held, event_id: UUID
) -> None:
    """Settle an event's message that was told by phone.

    Raises:
        InvalidRequest: the case has no such event.
        NothingToCall: its message is not waiting for a call.
    """
    told = await MESSAGE_TOLD.maybe(connection, held.case.id, event_id)
    if told is None:
        raise InvalidRequest(FieldError("event", "the case has no such event"))
    if told.delivery != PARKED:
        raise NothingToCall
    now = house.now()
    await SETTLE_CALLED.run(connection, held.case.id, told.delivery_id, now)
    row = acting(held, caller)
    entry = Entry(
        type="called", by=caller.by, rows=() if row is None else (row,), actor=caller.actor
    )
    await write_events(connection, house, held, entry)
    await TOUCH.run(connection, held.case.id, now, 0)


async def put_tags(
    connection: Connection, house: House, caller: Caller, held: Held, tags: Sequence[str]
) -> None:
    """Replace the tags of a case; each is kept once, in the order given."""
    row = acting(held, caller)
    kept = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    await TAG.run(connection, held.case.id, kept, house.now())
    entry = Entry(
        type="tagged", by=caller.by, rows=() if row is None else (row,), actor=caller.actor
    )
    await write_events(connection, house, held, entry)
