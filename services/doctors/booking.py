"""Booking: compare and set on the slot, one appointment a speciality, none overlapping.

A resident, or the registry for who phones. A clash with somebody else's case is looked at by a
person: whoever asks must not learn who is booked.
"""

from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from services.cases.applying import Change, Entry, Moved, apply, write_events
from services.cases.filing import Filed, NewCase, file_case
from services.cases.holding import Held, hold
from services.cases.personal import AppointmentPersonal
from services.cases.phones import normal_phone
from services.cases.queries import TOUCH
from services.cases.shifting import Shift
from services.cases.telling import tell_departments, tell_resident
from services.cases.transitions import find
from services.db.ids import new_id
from services.db.query import Connection
from services.doctors.errors import refused
from services.doctors.queries import (
    ADD_BOOKING,
    ADD_WISH,
    APPOINTMENT,
    CLASHES,
    CLEAR_PAST,
    HOLD_SLOT,
    LET_GO,
    NO_SHOWS,
    SLOT,
    TRIES,
    WAITS_ALREADY,
    ClinicRow,
    SlotRow,
)
from services.doctors.slots import BOOKED, shift, take_slot
from services.doctors.wording import ticket
from services.errors import TransitionNotAllowed
from services.house import House

HASH_PURPOSE = "policy"
MOST_TRIES = 5
"""Clashes with other people's cases that one account may cause in a day."""
NO_SHOWS_COUNT = timedelta(days=365)

By = Literal["resident", "department", "admin"]


class Patient(Struct, frozen=True, kw_only=True):
    """Whose appointment it is; `adult`: for oneself, and so not protected as a child's is."""

    name: str
    birth_date: str
    policy: str
    phone: str | None = None
    referral: str | None = None
    adult: bool = True


class Who(Struct, frozen=True, kw_only=True):
    """Who books. Without an account it came by phone."""

    operator_id: int
    account_id: UUID | None = None
    community_id: int | None = None
    by: By = "resident"
    actor: str | None = None


class Wished(Struct, frozen=True, kw_only=True):
    """What somebody waits for."""

    clinic: ClinicRow
    speciality: str
    practitioner_id: int | None = None
    days: tuple[int, ...] = ()
    hour_from: time | None = None
    hour_to: time | None = None


def patient_key(house: House, policy: str) -> bytes:
    """Return the keyed hash by which a patient is the same one, whoever names them."""
    return house.sealer.keyed_hash(HASH_PURPOSE, policy)


async def hold_slot(
    connection: Connection, slot_id: UUID, account_id: UUID, now: datetime
) -> SlotRow | None:
    """Hold a slot for an account while it confirms; None where it is somebody else's by now.

    What the account held before is let go.
    """
    slot = await SLOT.one(connection, slot_id)
    until = now + timedelta(seconds=slot.hold_seconds)
    if await HOLD_SLOT.maybe(connection, slot_id, account_id, now, until) is None:
        return None
    await LET_GO.run(connection, account_id, slot_id)
    return slot


async def book(
    connection: Connection, house: House, who: Who, patient: Patient, slot_id: UUID
) -> Filed:
    """Book a slot in the caller's transaction, all or nothing.

    Raises NotFound for an unknown slot and AppointmentRefused: `slot_taken`, `same_speciality`,
    `overlapping`, `referral_required`, `no_show_limit`, `too_many_tries`.
    """
    slot, now = await SLOT.one(connection, slot_id), house.now()
    key = patient_key(house, patient.policy)
    if slot.needs_referral and not (patient.referral or "").strip():
        raise refused("referral_required")
    await _check_no_shows(connection, who, patient, slot, key, now)
    await CLEAR_PAST.run(connection, key, now)
    if await _clash(connection, who, key, slot, now):
        return await _file(connection, house, who, patient, slot, "review", new_id())
    case_id = new_id()
    await take_slot(
        connection,
        slot_id,
        case_id,
        now,
        account_id=who.account_id,
        unreleased=who.account_id is None,
    )
    return await _file(connection, house, who, patient, slot, "booked", case_id)


async def wait_for(
    connection: Connection, house: House, who: Who, patient: Patient, wished: Wished
) -> Filed:
    """File a wish for a time; raises AppointmentRefused: `already_waiting`."""
    key = patient_key(house, patient.policy)
    clinic = wished.clinic
    found = await WAITS_ALREADY.all(connection, key, clinic.id, wished.speciality)
    if found and any(row.account_id == who.account_id for row in found):
        raise refused("already_waiting")
    state = "review" if found else "waitlisted"
    filed = await file_case(
        connection,
        house,
        _case(who, patient, clinic.department_id, clinic.municipality, state, new_id(),
              f"{wished.speciality.capitalize()}: {clinic.title}"),
    )  # fmt: skip
    await ADD_WISH.run(
        connection,
        filed.id,
        clinic.id,
        wished.practitioner_id,
        wished.speciality,
        key,
        state == "waitlisted",
        list(wished.days) or None,
        wished.hour_from,
        wished.hour_to,
        house.now() if state == "waitlisted" else None,
    )
    return filed


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


async def _check_no_shows(
    connection: Connection, who: Who, patient: Patient, slot: SlotRow, key: bytes, now: datetime
) -> None:
    """Refuse through the chat alone, and never a child (323-ФЗ: care cannot be refused)."""
    limit = slot.no_show_limit
    if who.account_id is None or not patient.adult or limit is None:
        return
    if await NO_SHOWS.one(connection, slot.clinic_id, key, now - NO_SHOWS_COUNT) >= limit:
        raise refused("no_show_limit")


async def _clash(
    connection: Connection, who: Who, key: bytes, slot: SlotRow, now: datetime
) -> bool:
    """Tell whether somebody else's case stands in the way; one's own is said outright."""
    found = await CLASHES.all(connection, key, now, slot.speciality, slot.starts_at, slot.ends_at)
    own = [row for row in found if who.account_id is None or row.account_id == who.account_id]
    for row in own:
        raise refused("same_speciality" if row.speciality == slot.speciality else "overlapping")
    if not found:
        return False
    since = now - timedelta(days=1)
    if await TRIES.one(connection, who.account_id, since) >= MOST_TRIES:
        raise refused("too_many_tries")
    return True


async def _file(
    connection: Connection,
    house: House,
    who: Who,
    patient: Patient,
    slot: SlotRow,
    state: str,
    case_id: UUID,
) -> Filed:
    subject = f"{slot.speciality.capitalize()}: {slot.clinic_title}"
    new = _case(who, patient, slot.department_id, slot.municipality, state, case_id, subject)
    filed = await file_case(connection, house, new)
    booked = state == "booked"
    try:
        await ADD_BOOKING.run(
            connection,
            filed.id,
            slot.clinic_id,
            slot.practitioner_id,
            slot.speciality,
            patient_key(house, patient.policy),
            slot.id if booked else None,
            slot.starts_at,
            slot.ends_at,
            booked,
        )
    except asyncpg.ExclusionViolationError as error:
        raise refused(error.constraint_name or "overlapping") from None
    return filed


def _case(
    who: Who,
    patient: Patient,
    department_id: int,
    municipality: str | None,
    state: str,
    case_id: UUID,
    subject: str,
) -> NewCase:
    return NewCase(
        kind="appointment",
        operator_id=who.operator_id,
        community_id=who.community_id,
        account_id=who.account_id,
        department_id=department_id,
        municipality=municipality,
        subject=subject,
        phone=None if patient.phone is None else normal_phone(patient.phone),
        state=state,
        by=who.by,
        actor=who.actor,
        id=case_id,
        personal=AppointmentPersonal(
            name=patient.name,
            birth_date=date.fromisoformat(patient.birth_date),
            policy=patient.policy,
            phone=patient.phone,
            referral=patient.referral,
        ),
    )
