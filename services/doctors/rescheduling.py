"""Another time for an appointment that is there already."""

from uuid import UUID

from services.cases.applying import Change, Entry, Moved, apply, write_events
from services.cases.holding import Held, hold
from services.cases.queries import TOUCH
from services.cases.shifting import Shift
from services.cases.telling import tell_departments, tell_resident
from services.cases.transitions import find
from services.db.query import Connection
from services.doctors.appointment_queries import APPOINTMENT
from services.doctors.errors import refused
from services.doctors.patients import By
from services.doctors.slot_queries import SLOT
from services.doctors.slots import BOOKED, shift
from services.doctors.wording import ticket
from services.errors import TransitionNotAllowed
from services.house import House


async def reschedule(
    connection: Connection,
    house: House,
    held: Held,
    slot_id: UUID,
    by: By,
    actor: str | None = None,
    but: int | None = None,
) -> Moved:
    """Take another time and let the old one go, in one step: a 409 keeps the old slot.

    `held` is locked; `but`: the department that calls. Raises NotFound, TransitionNotAllowed
    outside of a booking, AppointmentRefused.
    """
    if held.case.kind != "appointment" or held.case.state not in BOOKED:
        raise TransitionNotAllowed
    slot = await SLOT.one(connection, slot_id)
    row = await APPOINTMENT.one(connection, held.case.id)
    if slot.clinic_id != row.clinic_id or slot.speciality != row.speciality:
        raise refused("slot_taken")
    again = Shift(
        case_id=held.case.id, target=held.case.state, now=house.now(), slot_id=slot_id, by=by
    )
    await shift(connection, again)
    texts = (ticket(house.zone, slot, held.case.number, "Запись перенесена."),)
    deliveries = await tell_resident(connection, house, held, texts, held.case.state)
    entry = Entry(
        type="rescheduled",
        by=by,
        rows=held.assignments,
        actor=actor,
        delivery_id=deliveries[-1] if deliveries else None,
    )
    await write_events(connection, house, held, entry)
    await TOUCH.run(connection, held.case.id, house.now(), 1)
    hand_offs = await tell_departments(
        connection, house, held, held.assignments, "case.updated", but=but
    )
    return Moved(
        state=held.case.state,
        community_id=held.case.community_id,
        deliveries=deliveries,
        hand_offs=hand_offs,
    )


async def choose(
    connection: Connection, house: House, case_id: UUID, target: str, slot_id: UUID | None
) -> Moved:
    """Make a resident's move that keeps or chooses a time: accept, book anew, wait.

    Raises TransitionNotAllowed and AppointmentRefused.
    """
    held = await hold(connection, case_id)
    step = find(held.case.kind, held.case.state, target)
    if step is None or "resident" not in step.by:
        raise TransitionNotAllowed
    change = Change(
        target=target, rows=held.assignments, by="resident", told=False, slot_id=slot_id
    )
    return await apply(connection, house, held, change)
