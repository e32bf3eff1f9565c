"""Slots, as clinics publish them and everybody reads them."""

from datetime import datetime, tzinfo
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.cases.cursors import Position, read_cursor, write_cursor
from services.db.ids import new_id
from services.db.query import Connection
from services.departments.callers import Caller
from services.doctors.catalogue import may_write_slots
from services.doctors.slot_queries import PUT_SLOTS, SLOTS_LISTED, Put, SlotRow
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.intake import Code

MOST_SLOTS = 5000

SlotState = Literal["unreleased", "free", "held", "offered", "booked", "closed"]


class SlotBody(Struct, frozen=True, kw_only=True):
    """A slot; the public sees it from `release_at`, or at once."""

    practitioner: Code
    starts_at: datetime
    ends_at: datetime
    release_at: datetime | None = None


class SlotsBody(Struct, frozen=True):
    """Slots to publish."""

    items: Annotated[list[SlotBody], msgspec.Meta(min_length=1, max_length=MOST_SLOTS)]


class SlotShown(Struct, frozen=True, kw_only=True):
    """A slot as it is shown; never who has it."""

    id: UUID
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    state: str


class SlotsPut(Struct, frozen=True):
    """What posting slots came to."""

    created: int
    unchanged: int
    items: list[SlotShown]


class SlotFilters(Struct, frozen=True, kw_only=True):
    """What narrows the list of slots; `from` and `to` are moments."""

    practitioner: Code | None = None
    since: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = msgspec.field(default=None, name="to")
    state: SlotState | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class SlotList(Struct, frozen=True):
    """A page of slots."""

    items: list[SlotShown]
    next_cursor: str | None


async def put_slots(
    connection: Connection, house: House, caller: Caller, body: SlotsBody
) -> SlotsPut:
    """Publish slots, each known by practitioner and start: the same again changes nothing.

    Raises InvalidRequest with every wrong one, NotOwner, Forbidden.
    """
    await _check_slots(connection, caller, body)
    now = house.now()
    wanted = {(item.practitioner, item.starts_at): item for item in body.items}
    rows = await PUT_SLOTS.all(
        connection,
        [new_id() for _ in wanted],
        [item.practitioner for item in wanted.values()],
        [item.starts_at for item in wanted.values()],
        [item.ends_at for item in wanted.values()],
        [item.release_at or now for item in wanted.values()],
    )
    items = [_slot(house.zone, row) for row in rows]
    created = sum(row.created for row in rows)
    return SlotsPut(created, len(rows) - created, items)


async def list_slots(
    connection: Connection, house: House, caller: Caller, filters: SlotFilters
) -> SlotList:
    """Return a page of slots by start, a department's own; raises InvalidCursor."""
    key = house.keyring.cursor_key
    bound = msgspec.json.encode(["slots", caller.key_id, replace(filters, cursor=None, limit=1)])
    after: tuple[datetime | None, UUID | None] = (None, None)
    if filters.cursor is not None:
        position = read_cursor(key, bound, filters.cursor)
        after = (position.at, position.id)
    rows = await SLOTS_LISTED.all(
        connection,
        filters.practitioner,
        filters.since,
        filters.until,
        filters.state,
        *after,
        caller.department_id,
        filters.limit + 1,
    )
    items = [_slot(house.zone, row) for row in rows[: filters.limit]]
    if len(rows) == len(items):
        return SlotList(items, None)
    last = rows[filters.limit - 1]
    return SlotList(items, write_cursor(key, bound, Position(last.starts_at, last.id)))


async def _check_slots(connection: Connection, caller: Caller, body: SlotsBody) -> None:
    named = [item.practitioner for item in body.items]
    known = await may_write_slots(connection, caller, named)
    errors: list[FieldError] = []
    for number, item in enumerate(body.items):
        if item.practitioner not in known:
            words = "There is no such practitioner."
            errors.append(FieldError(f"items.{number}.practitioner", words))
        errors += _wrong_times(item, f"items.{number}")
    if errors:
        raise InvalidRequest(*errors)


def _wrong_times(item: SlotBody, where: str) -> list[FieldError]:
    given = {
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        "release_at": item.release_at,
    }
    errors = [
        FieldError(f"{where}.{name}", "Give the time with its offset.")
        for name, moment in given.items()
        if moment is not None and moment.tzinfo is None
    ]
    if not errors and item.starts_at >= item.ends_at:
        errors.append(FieldError(f"{where}.ends_at", "It is not after `starts_at`."))
    return errors


def _slot(zone: tzinfo, row: SlotRow | Put) -> SlotShown:
    return SlotShown(
        id=row.id,
        practitioner=row.practitioner,
        starts_at=row.starts_at.astimezone(zone),
        ends_at=row.ends_at.astimezone(zone),
        state=row.state,
    )
