"""Booking: compare and set on the slot, one appointment a speciality, none overlapping.

A resident, or the registry for who phones. A clash with somebody else's case is looked at by a
person: whoever asks must not learn who is booked.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.cases.filing import Filed, file_case
from services.db.ids import new_id
from services.db.query import Connection
from services.doctors.agreement_queries import ASK_CLINIC
from services.doctors.appointment_queries import (
    ADD_BOOKING,
    CLASHES,
    CLEAR_PAST,
    NO_SHOWS,
    TRIES,
)
from services.doctors.errors import refused
from services.doctors.patients import Patient, Where, Who, new_case, patient_key
from services.doctors.slot_queries import HOLD_SLOT, LET_GO, SLOT, SlotRow
from services.doctors.slots import BOOKED, take_slot
from services.house import House

MOST_TRIES = 5
"""Clashes with other people's cases that one account may cause in a day."""
NO_SHOWS_COUNT = timedelta(days=365)


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
    state = "pending" if slot.decided_there else "booked"
    filed = await _file(connection, house, who, patient, slot, state, case_id)
    if slot.decided_there:
        await ASK_CLINIC.run(connection, filed.id, slot.department_id, now)
    return filed


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
    where = Where(
        department_id=slot.department_id,
        municipality=slot.municipality,
        clinic=slot.clinic_title,
        speciality=slot.speciality,
    )
    filed = await file_case(connection, house, new_case(who, patient, where, state, case_id))
    booked = state in BOOKED
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
