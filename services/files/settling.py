"""What becomes of a file after a try, and who is told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from schemas.dialogs import Message
from services.cases.holding import hold
from services.cases.queries import TOUCH
from services.cases.telling import tell_departments
from services.db.query import Connection
from services.deliveries.outbox import STEP_USEFUL, NewMessage, write_message
from services.files import wording
from services.files.personal import PERSONAL, FilePersonal
from services.files.queries import (
    PROGRESS,
    REFUSE,
    STORE,
    TRY_AGAIN,
    ClaimedFile,
    Progress,
    Settled,
)
from services.house import House
from services.ports import Doorbell

UPDATED = "case.updated"


class Kept(Struct, frozen=True, kw_only=True):
    """A file that lies in the storage: `received` bytes came, `size` are kept."""

    content_type: str
    size: int
    received: int
    scan: str
    personal: FilePersonal


async def settle_stored(
    pool: asyncpg.Pool, house: House, doorbell: Doorbell, row: ClaimedFile, kept: Kept
) -> bool:
    """Note that a file is there; False when it was given up, or taken by another, meanwhile."""
    async with pool.acquire() as connection, connection.transaction():
        settled = await STORE.maybe(
            connection,
            row.id,
            row.attempts,
            house.now(),
            kept.content_type,
            kept.size,
            kept.received,
            kept.scan,
            house.sealer.seal_value(PERSONAL, row.id, kept.personal),
        )
        if settled is None:
            return False
        hand_offs = await _report(connection, house, settled, "")
    await _ring(doorbell, settled, hand_offs)
    return True


async def settle_refused(
    pool: asyncpg.Pool, house: House, doorbell: Doorbell, row: ClaimedFile, code: str
) -> None:
    """Note that a file is not taken, and tell the resident why in one sentence."""
    file = house.sealer.open_value(PERSONAL, row.id, row.personal, FilePersonal)
    async with pool.acquire() as connection, connection.transaction():
        settled = await REFUSE.maybe(connection, row.id, row.attempts, house.now(), code)
        if settled is None:
            return
        why = wording.refused(file.name, code)
        hand_offs = await _report(connection, house, settled, why)
    await _ring(doorbell, settled, hand_offs)


async def settle_later(pool: asyncpg.Pool, row: ClaimedFile, at: datetime, code: str) -> None:
    """Let another try come at a later moment; `code` says what this one met."""
    async with pool.acquire() as connection:
        await TRY_AGAIN.run(connection, row.id, row.attempts, at, code)


async def _report(
    connection: Connection, house: House, settled: Settled, refused: str
) -> Sequence[UUID]:
    """Tell the resident, when the last of what was sent is settled, and departments of a case."""
    progress = await PROGRESS.one(
        connection, settled.account_id, settled.dialog_id, settled.case_id
    )
    number, hand_offs = None, ()
    if settled.case_id is not None:
        held = await hold(connection, settled.case_id)
        number = held.case.number
        # The version stays: what the department has read is still so.
        await TOUCH.run(connection, settled.case_id, house.now(), 0)
        if not progress.pending and progress.stored:
            hand_offs = await tell_departments(connection, house, held, held.active(), UPDATED)
    text = "\n".join(part for part in (refused, _there(progress, number)) if part)
    if text:
        await _tell(connection, house, settled, text)
    return hand_offs


def _there(progress: Progress, number: str | None) -> str:
    done = not progress.pending and progress.stored
    return wording.stored(progress.stored, number) if done else ""


async def _tell(connection: Connection, house: House, settled: Settled, text: str) -> None:
    """Write to the resident; the form's keyboard stays.

    Not as a message about the case: nobody has to phone about a file that was loaded.
    """
    now = house.now()
    new = NewMessage(
        account_id=settled.account_id,
        community_id=settled.community_id,
        case_id=None,
        message=Message(text),
        type="file",
        useful_until=now + STEP_USEFUL,
    )
    await write_message(connection, house.sealer, now, new)


async def _ring(doorbell: Doorbell, settled: Settled, hand_offs: Sequence[UUID]) -> None:
    await doorbell.ring("send", str(settled.community_id))
    if hand_offs:
        await doorbell.ring("hand_off")
