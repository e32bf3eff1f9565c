"""Slots find their patients: holds end, offers end, the waiting list comes before the public."""

from datetime import timedelta, tzinfo
from uuid import UUID

import asyncpg

from services.cases.applying import Change, Moved, apply
from services.cases.holding import hold
from services.cases.ringing import ring_for
from services.doctors.appointment_queries import ENDED_LONG_AGO, LINE, OFFERS_OVER, Wisher
from services.doctors.errors import AppointmentRefused
from services.doctors.hours import fits, offer_end, release
from services.doctors.slot_queries import (
    END_HOLDS,
    RELEASE_SLOT,
    TO_RELEASE,
    WAIT_SLOT,
    SlotRow,
)
from services.house import House
from services.ports import Doorbell

AT_ONCE = 200
LAPSES = timedelta(days=3)


async def sweep_slots(pool: asyncpg.Pool, house: House, doorbell: Doorbell) -> None:
    """End holds and offers whose time is over; give what is free to the line or to the public."""
    now = house.now()
    async with pool.acquire() as connection:
        await END_HOLDS.run(connection, now)
        over = await OFFERS_OVER.all(connection, now, AT_ONCE)
    moved = await _move_each(pool, house, over, {"offered": "expired"})
    async with pool.acquire() as connection:
        slots = await TO_RELEASE.all(connection, house.now(), AT_ONCE)
    for slot in slots:
        moved += await _release(pool, house, slot)
    await ring_for(doorbell, moved)


async def end_visits(pool: asyncpg.Pool, house: House) -> list[Moved]:
    """Let appointments lapse of which the clinic has said nothing for three days."""
    async with pool.acquire() as connection:
        cases = await ENDED_LONG_AGO.all(connection, house.now() - LAPSES, AT_ONCE)
    return await _move_each(pool, house, cases, {"booked": "lapsed", "confirmed": "lapsed"})


async def _release(pool: asyncpg.Pool, house: House, slot: SlotRow) -> list[Moved]:
    """Offer a slot to the first in the line whom it suits; else let everybody see it.

    By night nobody is written to: what was freed, or suits somebody, waits for the morning.
    """
    found = release(slot.starts_at, house.now(), house.zone)
    async with pool.acquire() as connection:
        asks = found.offer or found.later is not None
        line = await LINE.all(connection, slot.clinic_id, slot.speciality) if asks else []
        suited = [row.case_id for row in line if _suits(row, slot, house.zone)]
        if found.later is not None and (suited or slot.freed_at is not None):
            await WAIT_SLOT.run(connection, slot.id, found.later)
            return []
    for case_id in suited:
        moved = await _offer(pool, house, slot, case_id)
        if moved is not None:
            return [moved]
    async with pool.acquire() as connection:
        await RELEASE_SLOT.run(connection, slot.id)
    return []


def _suits(row: Wisher, slot: SlotRow, zone: tzinfo) -> bool:
    if row.practitioner_id not in {None, slot.practitioner_id}:
        return False
    return fits(slot.starts_at, zone, row.days, row.hour_from, row.hour_to)


async def _offer(pool: asyncpg.Pool, house: House, slot: SlotRow, case_id: UUID) -> Moved | None:
    """Offer a slot to one who waits; None where that cannot be any more."""
    try:
        async with pool.acquire() as connection, connection.transaction():
            held = await hold(connection, case_id)
            if held.case.state != "waitlisted":
                return None
            until = offer_end(slot.starts_at, house.now(), slot.offer_minutes)
            change = Change(
                target="offered",
                rows=held.assignments,
                by="gateway",
                slot_id=slot.id,
                until=until,
            )
            return await apply(connection, house, held, change)
    except AppointmentRefused:
        return None


async def _move_each(
    pool: asyncpg.Pool, house: House, cases: list[UUID], targets: dict[str, str]
) -> list[Moved]:
    moved: list[Moved] = []
    for case_id in cases:
        async with pool.acquire() as connection, connection.transaction():
            held = await hold(connection, case_id)
            target = targets.get(held.case.state)
            if target is not None:
                change = Change(target=target, rows=held.assignments, by="gateway")
                moved.append(await apply(connection, house, held, change))
    return moved
