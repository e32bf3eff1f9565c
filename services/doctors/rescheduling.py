"""Another time for an appointment that is there already."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.cases.applying import Change, Entry, Moved, apply, write_events
from services.cases.holding import Held, hold
from services.cases.queries import TOUCH
from services.cases.shifting import Shift
from services.cases.telling import tell_departments, tell_resident
from services.cases.transitions import find
from services.db.query import Connection
from services.doctors.agreement_queries import ASK_CLINIC, WANT_SLOT
from services.doctors.appointment_queries import APPOINTMENT, AppointmentRow
from services.doctors.errors import refused
from services.doctors.patients import By
from services.doctors.slot_queries import SLOT, SlotRow
from services.doctors.slots import BOOKED, let_go, shift, take_slot
from services.doctors.wording import ticket
from services.errors import TransitionNotAllowed
from services.house import House


class Asker(Struct, frozen=True):
    """Whose move it is; `department_id`: of the department that calls, which need not be told."""

    by: By | Literal["gateway"]
    actor: str | None = None
    department_id: int | None = None


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

    Where the clinic's own system decides, both are kept until it has. `held` is locked; `but`: the
    department that calls. Raises NotFound, TransitionNotAllowed outside of a booking,
    AppointmentRefused.
    """
    if held.case.kind != "appointment" or held.case.state not in BOOKED:
        raise TransitionNotAllowed
    slot = await SLOT.one(connection, slot_id)
    row = await APPOINTMENT.one(connection, held.case.id)
    if slot.clinic_id != row.clinic_id or slot.speciality != row.speciality:
        raise refused("slot_taken")
    if row.decided_there:
        return await _ask_for(connection, house, held, row, slot, Asker(by, actor, but))
    return await carry_over(connection, house, held, slot, Asker(by, actor, but))


async def carry_over(
    connection: Connection, house: House, held: Held, slot: SlotRow, asker: Asker
) -> Moved:
    """Move a locked appointment to another slot; raises AppointmentRefused."""
    again = Shift(
        case_id=held.case.id,
        target=held.case.state,
        now=house.now(),
        slot_id=slot.id,
        by=asker.by,
    )
    await shift(connection, again)
    words = ticket(house.zone, slot, held.case.number, "Запись перенесена.")
    return await tell(connection, house, held, words, "rescheduled", asker)


async def tell(
    connection: Connection, house: House, held: Held, words: str, what: str, asker: Asker
) -> Moved:
    """Tell everybody of what changes no state, and write it into the history as `what`."""
    deliveries = await tell_resident(connection, house, held, (words,), held.case.state)
    entry = Entry(
        type=what,
        by=asker.by,
        rows=held.assignments,
        actor=asker.actor,
        delivery_id=deliveries[-1] if deliveries else None,
    )
    await write_events(connection, house, held, entry)
    await TOUCH.run(connection, held.case.id, house.now(), 1)
    hand_offs = await tell_departments(
        connection, house, held, held.assignments, "case.updated", but=asker.department_id
    )
    return Moved(
        state=held.case.state,
        community_id=held.case.community_id,
        deliveries=deliveries,
        hand_offs=hand_offs,
    )


async def _ask_for(
    connection: Connection,
    house: House,
    held: Held,
    row: AppointmentRow,
    slot: SlotRow,
    asker: Asker,
) -> Moved:
    """Keep both times until the clinic's system says which it is."""
    if held.case.state == "pending":
        raise TransitionNotAllowed
    now = house.now()
    await let_go(connection, row, row.wanted_slot_id, now)
    await take_slot(connection, slot.id, row.case_id, now, unreleased=True)
    await WANT_SLOT.run(connection, row.case_id, slot.id)
    await ASK_CLINIC.run(connection, row.case_id, row.department_id, now)
    words = (
        f"Попросили поликлинику перенести запись {held.case.number}. Прежнее время остаётся за "
        "вами, пока она не согласится. Как только ответит, мы напишем."
    )
    return await tell(connection, house, held, words, "reschedule_asked", asker)


async def choose(
    connection: Connection, house: House, case_id: UUID, target: str, slot_id: UUID | None
) -> Moved:
    """Make a resident's move that keeps or chooses a time: accept, book anew, wait.

    Raises TransitionNotAllowed and AppointmentRefused.
    """
    held = await hold(connection, case_id)
    if target == "booked" and (await APPOINTMENT.one(connection, case_id)).decided_there:
        target = "pending"
    step = find(held.case.kind, held.case.state, target)
    if step is None or "resident" not in step.by:
        raise TransitionNotAllowed
    change = Change(
        target=target, rows=held.assignments, by="resident", told=False, slot_id=slot_id
    )
    return await apply(connection, house, held, change)
