"""Putting a backup into an empty database, and what must hold before anybody works with it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil

import asyncpg

from services.backups.archive import (
    Blob,
    Counter,
    DamagedBackup,
    End,
    Frame,
    Head,
    Rows,
    Table,
    inflate,
)
from services.backups.queries import (
    DROP_MARK,
    FORGET_PLACES,
    HOLD,
    IN_USE,
    KNOWN,
    LAST_DELIVERY,
    MARK,
    PUT_MARK,
    SET_SEQUENCE,
    SKIP_NUMBERS,
    TABLES,
    UNSETTLED,
    Erasure,
    Held,
)
from services.backups.taking import Tell
from services.cases.number import LAST_SEQUENCE
from services.cases.warning import warn_of_deadlines
from services.clubs.offering import sweep_clubs
from services.db.ids import new_id
from services.db.query import Connection
from services.dialogs.world import Visitor
from services.doctors.offering import sweep_slots
from services.doctors.reminding import remind
from services.errors import ServiceError
from services.house import House
from services.ports import Doorbell, Storage
from services.residents.exercising import exercise
from services.tidying import tidy_up

NUMBERS_A_DAY = 10_000  # thirty times the steady load; a rush stays below it
UNDER_WAY = timedelta(minutes=5)  # longer than any transaction: its erasure may be in neither
ROUNDS = 1000  # of catching up; each job does a few hundred things at a time


class InUse(ServiceError):
    """The database holds data already: a backup is only restored into an empty one."""

    code = "in_use"


class Silent:
    """A doorbell that nobody hears: after a restore nothing is sent by itself."""

    async def ring(self, job: str, *ids: str) -> None:
        """Do nothing."""

    async def ring_each(self, job: str, ids: object) -> None:
        """Do nothing."""


async def check_empty(connection: Connection) -> None:
    """Raise InUse where the database holds keys, pages, residents or cases."""
    if await IN_USE.one(connection):
        raise InUse


async def load(
    connection: Connection, storage: Storage, frames: Iterator[Frame], tell: Tell
) -> tuple[End, int]:
    """Put rows and files in place, in the caller's transaction; mark the restore as unfinished.

    Returns what was restored, and the newest delivery among it.
    """
    tables = await TABLES.all(connection)
    names = ", ".join(f'"{table.name}"' for table in tables)
    # Triggers first: one of them lets nobody empty the audit.
    for table in tables:
        await connection.execute(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER')
    await connection.execute(f"TRUNCATE {names}")
    end = await _put_all(connection, storage, frames, tell)
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        await connection.execute(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER')
    await PUT_MARK.run(connection, MARK)
    await FORGET_PLACES.run(connection)
    return end, await LAST_DELIVERY.one(connection)


async def _put_all(
    connection: Connection, storage: Storage, frames: Iterator[Frame], tell: Tell
) -> End:
    frame = next(frames)
    while not isinstance(frame, End):
        following: list[Frame] = []
        match frame:
            case Table():
                tell(f"table {frame.name}")
                await connection.copy_to_table(
                    frame.name, columns=frame.columns, source=_rows(frames, following)
                )
            case Counter():
                await SET_SEQUENCE.one(connection, frame.name, frame.value)
            case Blob():
                await storage.put(frame.name, frame.data)
            case Rows():
                raise DamagedBackup
        frame = following[0] if following else next(frames)
    return frame


async def _rows(frames: Iterator[Frame], following: list[Frame]) -> AsyncIterator[bytes]:
    """Yield the parts of one table; the frame after them is left in `following`."""
    for frame in frames:
        if not isinstance(frame, Rows):
            following.append(frame)
            return
        yield inflate(frame)


async def settle_in(
    pool: asyncpg.Pool, house: House, head: Head, last: int, erasures: Sequence[Erasure]
) -> tuple[int, Held]:
    """Make a restored database fit to work with; return erasures replayed, deliveries held.

    What residents had erased or taken back is erased and taken back again. All that fell due
    since the backup is done now, without telling anybody: they may have been told. Then every
    message that has not left is set aside for a person to judge. The mark goes last.
    """
    now = house.now()
    replayed = await _replay(pool, house, head.taken_at, erasures)
    await _catch_up(pool, house)
    async with pool.acquire() as connection, connection.transaction():
        await SKIP_NUMBERS.one(connection, numbers_skipped(head.taken_at, now), LAST_SEQUENCE)
        held = await HOLD.one(connection, house.now(), last)
        await DROP_MARK.run(connection, MARK)
    return replayed, held


def numbers_skipped(taken_at: datetime, now: datetime) -> int:
    """Return how many numbers may have been told since a backup was taken."""
    return NUMBERS_A_DAY * max(1, ceil((now - taken_at) / timedelta(days=1)))


async def _replay(
    pool: asyncpg.Pool, house: House, taken_at: datetime, erasures: Sequence[Erasure]
) -> int:
    replayed = 0
    for erasure in sorted(erasures, key=lambda each: each.at):
        if erasure.at < taken_at - UNDER_WAY:
            continue
        async with pool.acquire() as connection, connection.transaction():
            if await KNOWN.one(connection, erasure.account):
                who = Visitor(account_id=erasure.account, dialog_id=new_id(), event_id="restore")
                await exercise(connection, house, who, erasure.action, house.now())
                replayed += 1
    return replayed


async def _catch_up(pool: asyncpg.Pool, house: House) -> None:
    bell: Doorbell = Silent()
    before = -1
    for _ in range(ROUNDS):
        async with pool.acquire() as connection:
            found = await UNSETTLED.one(connection)
        if found == before:
            return
        before = found
        await sweep_clubs(pool, house, bell)
        await sweep_slots(pool, house, bell)
        await warn_of_deadlines(pool, house, bell)
        await remind(pool, house, bell)
        await tidy_up(pool, house)
