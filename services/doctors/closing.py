"""A clinic closes slots: who had one is told, and asked to choose another time."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from services.cases.applying import Change, Moved, apply
from services.cases.holding import Held, hold
from services.db.query import Connection
from services.departments.callers import Caller
from services.doctors.catalogue import may_write_slots
from services.doctors.slot_queries import CLOSE_SLOT, SLOT, SLOTS_TO_CLOSE
from services.house import House
from services.intake import Code

CLOSED = {"booked": "rebooking", "confirmed": "rebooking", "offered": "waitlisted"}
"""State → what becomes of an appointment whose slot the clinic closes."""


class CloseSlotsBody(Struct, frozen=True, kw_only=True):
    """Which slots are closed, and what those concerned read."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=16_384)]
    ids: Annotated[list[UUID], msgspec.Meta(max_length=5000)] | None = None
    practitioner: Code | None = None
    since: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = msgspec.field(default=None, name="to")


async def find_slots(connection: Connection, caller: Caller, body: CloseSlotsBody) -> list[UUID]:
    """Return the slots that a request means; raises NotOwner or Forbidden for somebody else's."""
    found = await SLOTS_TO_CLOSE.all(
        connection, body.ids or [], body.practitioner, body.since, body.until
    )
    await may_write_slots(connection, caller, [row.practitioner for row in found])
    return [row.id for row in found]


async def close_slots(
    pool: asyncpg.Pool, house: House, ids: list[UUID], message: str
) -> list[Moved]:
    """Close slots, each in a transaction of its own; return what moved."""
    moved: list[Moved] = []
    for slot_id in ids:
        async with pool.acquire() as connection, connection.transaction():
            held = await _close(connection, slot_id)
            target = None if held is None else CLOSED.get(held.case.state)
            if held is None or target is None:
                continue
            change = Change(target=target, rows=held.assignments, by="gateway", message=message)
            moved.append(await apply(connection, house, held, change))
    return moved


async def _close(connection: Connection, slot_id: UUID) -> Held | None:
    """Close a slot; return the case that had it, locked.

    A case is locked before its slot, as everywhere. Who takes or leaves the slot between the look
    and the closing makes us look again, so that nobody loses a time without hearing of it.
    """
    while True:
        seen = (await SLOT.one(connection, slot_id)).case_id
        held = None if seen is None else await hold(connection, seen)
        if await CLOSE_SLOT.maybe(connection, slot_id, seen) is not None:
            return held
