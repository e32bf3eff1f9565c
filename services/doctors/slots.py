"""What a move of an appointment does to its slot, in the transaction of the move."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.cases.shifting import Shift
from services.db.query import Connection
from services.doctors.agreement_queries import ASK_CLINIC
from services.doctors.appointment_queries import (
    APPOINTMENT,
    CLEAR_PAST,
    SET_APPOINTMENT,
    AppointmentRow,
)
from services.doctors.errors import refused
from services.doctors.slot_queries import (
    BOOK_SLOT,
    FREE_SLOT,
    KEEP_SLOT,
    OFFER_SLOT,
    SLOT,
    SlotRow,
)
from services.errors import TransitionNotAllowed

DISPUTED_WITHIN = timedelta(days=14)
BOOKED = ("pending", "booked", "confirmed")
"""States in which the slot is the patient's, and counts for what else they may book."""
OVER = ("attended", "no_show", "lapsed", "disputed")
"""States after the time: the slot stays as it was."""


async def shift(connection: Connection, move: Shift) -> SlotRow | None:
    """Move the slot of an appointment with it to another state; return the one it has then.

    `move.slot_id`: another slot to take, where a time is chosen. Raises AppointmentRefused:
    `slot_taken`, `same_speciality`, `overlapping`, `too_late_to_cancel`, `dispute_over`.
    """
    row = await APPOINTMENT.one(connection, move.case_id)
    _check_time(row, move)
    _check_decider(row, move)
    stays = move.target in BOOKED and move.slot_id in {None, row.slot_id}
    if not stays and row.wanted_slot_id != move.slot_id:
        await let_go(connection, row, row.wanted_slot_id, move.now)
    if row.decided_there and move.target not in OVER:
        await ASK_CLINIC.run(connection, row.case_id, row.department_id, move.now)
    if move.target in OVER:
        return await _set(connection, row, row.slot_id, move)
    if move.target in BOOKED:
        await CLEAR_PAST.run(connection, row.patient_key, move.now)
        wanted = move.slot_id or row.slot_id
        await _book(connection, row, wanted, move.now)
        if row.slot_id != wanted:
            await let_go(connection, row, row.slot_id, move.now)
        return await _set(connection, row, wanted, move)
    if move.target == "offered":
        slot_id = move.slot_id
        if slot_id is None or await OFFER_SLOT.maybe(connection, slot_id, row.case_id) is None:
            raise refused("slot_taken")
        return await _set(connection, row, slot_id, move)
    await let_go(connection, row, row.slot_id, move.now)
    return await _set(connection, row, None, move)


def _check_time(row: AppointmentRow, move: Shift) -> None:
    """Refuse a resident what comes too late: cancelling, or disputing a second time."""
    if (
        move.target == "cancelled"
        and move.by == "resident"
        and row.active
        and row.starts_at is not None
        and move.now > row.starts_at - timedelta(minutes=row.cancel_until_minutes)
    ):
        raise refused("too_late_to_cancel")
    if move.target == "disputed" and (
        row.disputed or (row.ends_at is not None and move.now > row.ends_at + DISPUTED_WITHIN)
    ):
        raise refused("dispute_over")


def _check_decider(row: AppointmentRow, move: Shift) -> None:
    """Refuse `booked` where the clinic's own system has not said so, and `pending` elsewhere."""
    if move.target == "booked" and row.decided_there and move.by != "gateway" and not row.active:
        raise TransitionNotAllowed
    if move.target == "pending" and not row.decided_there:
        raise TransitionNotAllowed


async def let_go(
    connection: Connection, row: AppointmentRow, slot_id: UUID | None, now: datetime
) -> None:
    """Take a slot from an appointment: for the waiting list, or as the clinic's system says."""
    if slot_id is not None:
        await FREE_SLOT.run(connection, slot_id, row.case_id, now, row.decided_there)


async def take_slot(
    connection: Connection,
    slot_id: UUID,
    case_id: UUID,
    now: datetime,
    *,
    account_id: UUID | None = None,
    unreleased: bool = False,
) -> None:
    """Book a slot for a case, if it is free or held by `account_id`; raises AppointmentRefused."""
    found = await BOOK_SLOT.maybe(connection, slot_id, case_id, now, unreleased, account_id)
    if found is None:
        raise refused("slot_taken")


async def _book(
    connection: Connection, row: AppointmentRow, wanted: UUID | None, now: datetime
) -> None:
    if wanted is None:
        raise refused("slot_taken")
    if wanted in {row.slot_id, row.wanted_slot_id}:
        if await KEEP_SLOT.maybe(connection, wanted, row.case_id) is None:
            raise refused("slot_taken")
        return
    await take_slot(connection, wanted, row.case_id, now, unreleased=True)


async def _set(
    connection: Connection, row: AppointmentRow, slot_id: UUID | None, move: Shift
) -> SlotRow | None:
    starts_at, ends_at, slot = row.starts_at, row.ends_at, None
    if slot_id is not None:
        slot = await SLOT.one(connection, slot_id)
        starts_at, ends_at = slot.starts_at, slot.ends_at
    try:
        async with connection.transaction():
            await SET_APPOINTMENT.run(
                connection,
                row.case_id,
                slot_id,
                starts_at,
                ends_at,
                move.target in BOOKED,
                move.target == "waitlisted",
                move.now,
                move.until,
                move.target == "disputed",
            )
    except asyncpg.ExclusionViolationError as error:
        raise refused(error.constraint_name or "overlapping") from None
    except asyncpg.UniqueViolationError:
        raise refused("already_waiting") from None
    return slot
