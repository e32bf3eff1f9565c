"""The copies of the slots of clinics whose own system is the master of them.

What the system shows as free can be booked here; what it has given to somebody else cannot. Where
both sides say different things of a case, it is spoken of anew (`agreeing`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import structlog

from services.db.query import Connection
from services.doctors.agreeing import target_of
from services.doctors.agreement_queries import (
    ASK_AGAIN,
    CLOSE_GONE,
    MIRROR_SLOTS,
    MIRRORED,
    TAKE_MIRROR,
    Clinics,
)
from services.doctors.clinic_system import ClinicSystem, SlotThere
from services.house import House
from services.ports import Verdict

log = structlog.get_logger()

AHEAD = timedelta(days=30)
"""As far as patients are shown times, and the norms of waiting reach (14 working days)."""
SETTLING = timedelta(minutes=1)
"""What was agreed so shortly before the list was read may not be in it."""
_LOCK = 0x6D6972726F720000  # of pg_try_advisory_xact_lock, with the department's id


async def mirror(pool: asyncpg.Pool, house: House, system: ClinicSystem) -> int:
    """Read the slots of every such clinic; return how many cases are to be spoken of anew."""
    async with pool.acquire() as connection:
        known = await MIRRORED.all(connection)
    asked = 0
    for row in known:
        read_at = house.now()
        found = await system.slots(target_of(house, row), read_at, read_at + AHEAD)
        if isinstance(found, Verdict):
            log.warning("clinic_slots_not_read", department=row.department_id, error=found.code)
            continue
        async with pool.acquire() as connection, connection.transaction():
            # Of two workers one is enough, and an older list must not come after a newer one.
            if await TAKE_MIRROR.one(connection, _LOCK + row.department_id):
                asked += await _write(connection, row, found, read_at)
    return asked


async def _write(
    connection: Connection, row: Clinics, found: Sequence[SlotThere], read_at: datetime
) -> int:
    there = (
        row.department_id,
        [each.id for each in found],
        [each.practitioner for each in found],
        [each.starts_at for each in found],
        [each.ends_at for each in found],
        [each.free for each in found],
        [each.number for each in found],
    )
    until = read_at + AHEAD
    await MIRROR_SLOTS.run(connection, *there, read_at)
    await CLOSE_GONE.run(connection, *there, read_at, until)
    return len(await ASK_AGAIN.all(connection, *there, read_at, until, read_at - SETTLING))
