"""Slots find their patients: holds end, offers end, the waiting list comes before the public."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from services.cases.applying import Change, Moved, apply
from services.cases.holding import hold
from services.db.query import Connection, Query
from services.doctors.errors import AppointmentRefused
from services.doctors.hours import fits, offer_end, release
from services.doctors.queries import (
    CLOSE_SLOT,
    ENDED_LONG_AGO,
    LINE,
    OFFERS_OVER,
    RELEASE_SLOT,
    SLOT,
    SLOTS_TO_CLOSE,
    TO_RELEASE,
    WAIT_SLOT,
    SlotRow,
)
from services.house import House
from services.ports import Doorbell

AT_ONCE = 200
LAPSES = timedelta(days=3)
CLOSED = {"booked": "rebooking", "confirmed": "rebooking", "offered": "waitlisted"}
"""State → what becomes of an appointment whose slot the clinic closes."""
END_HOLDS = Query(
    type(None),
    """UPDATE slots SET state = 'free', held_by = NULL, held_until = NULL
    WHERE state = 'held' AND held_until <= $1""",
)


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


async def close_slots(
    pool: asyncpg.Pool,
    house: House,
    ids: list[UUID],
    message: str,
) -> list[Moved]:
    """Close slots: who had one is told, and asked to choose another time."""
    moved: list[Moved] = []
    for slot_id in ids:
        async with pool.acquire() as connection, connection.transaction():
            slot = await SLOT.one(connection, slot_id)
            held = None if slot.case_id is None else await hold(connection, slot.case_id)
            await CLOSE_SLOT.run(connection, slot_id)
            target = None if held is None else CLOSED.get(held.case.state)
            if held is None or target is None:
                continue
            change = Change(target=target, rows=held.assignments, by="gateway", message=message)
            moved.append(await apply(connection, house, held, change))
    return moved


async def find_slots(
    connection: Connection,
    ids: list[UUID] | None,
    practitioner: str | None,
    since: object,
    until: object,
) -> list[UUID]:
    """Return the slots that a request to close them means."""
    return await SLOTS_TO_CLOSE.all(connection, ids or [], practitioner, since, until)


async def ring_for(doorbell: Doorbell, moved: list[Moved]) -> None:
    """Ring for all that moves have put into the outbox."""
    for page in sorted({each.community_id for each in moved if each.community_id is not None}):
        await doorbell.ring("send", str(page))
    if any(each.hand_offs for each in moved):
        await doorbell.ring("hand_off")


async def _release(pool: asyncpg.Pool, house: House, slot: SlotRow) -> list[Moved]:
    now = house.now()
    found = release(slot.starts_at, now, house.zone)
    async with pool.acquire() as connection:
        if found.later is not None:
            await WAIT_SLOT.run(connection, slot.id, found.later)
            return []
        if found.offer:
            for row in await LINE.all(connection, slot.clinic_id, slot.speciality):
                wanted = row.practitioner_id in {None, slot.practitioner_id}
                if not wanted or not fits(
                    slot.starts_at, house.zone, row.days, row.hour_from, row.hour_to
                ):
                    continue
                moved = await _offer(pool, house, slot, row.case_id)
                if moved is not None:
                    return [moved]
        await RELEASE_SLOT.run(connection, slot.id)
    return []


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
