"""Programmes and groups as organisers publish them and as everybody reads them."""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from services.clubs.enrolling import stands_against
from services.clubs.queries import (
    GROUP,
    GROUPS,
    LOCK_GROUP_BY_CODE,
    PROGRAMME,
    PROGRAMMES,
    PUT_GROUP,
    PUT_PROGRAMME,
    GroupRow,
    ProgrammeRow,
)
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_owner, publisher
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.intake import Code, Municipality, Title

Direction = Literal[
    "техническое",
    "естественнонаучное",
    "физкультурно-спортивное",
    "художественное",
    "туристско-краеведческое",
    "социально-гуманитарное",
]
"""The six directions of additional education (order of the Ministry of Education № 629, 2022)."""

_Text = Annotated[str, msgspec.Meta(max_length=3000)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
_Age = Annotated[int, msgspec.Meta(ge=0, le=25)]
_OFFER_MINUTES = 2880


class ProgrammeBody(Struct, frozen=True, kw_only=True):
    """A programme as it is put; an admin names the `department` that it belongs to."""

    title: Title
    direction: Direction
    description: _Text = ""
    municipality: Municipality | None = None
    address: Annotated[str, msgspec.Meta(max_length=300)] = ""
    active: bool = True
    department: Code | None = None


class ProgrammeShown(Struct, frozen=True, kw_only=True):
    """A programme as it is shown."""

    code: str
    department: str
    title: str
    direction: str
    description: str
    municipality: str | None
    address: str
    active: bool


class Priority(Struct, frozen=True):
    """A group of people who come first in the waiting list; the smaller rank before the larger."""

    code: Code
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    rank: Annotated[int, msgspec.Meta(ge=1, le=999)]


class GroupBody(Struct, frozen=True, kw_only=True):
    """A group as it is put. `enrol_from` and `enrol_until` are moments, or days as a whole."""

    programme: Code
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    capacity: _Count
    waiting_capacity: _Count
    age_from: _Age
    age_to: _Age
    age_on: date
    starts_on: date
    ends_on: date
    enrol_from: str
    enrol_until: str
    schedule: Annotated[str, msgspec.Meta(max_length=300)] = ""
    entrance_test: bool = False
    priorities: Annotated[list[Priority], msgspec.Meta(max_length=20)] = []
    offer_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)] = _OFFER_MINUTES
    active: bool = True


class GroupShown(Struct, frozen=True, kw_only=True):
    """A group as it is shown, with what of it is in use."""

    code: str
    programme: str
    department: str
    title: str
    capacity: int
    waiting_capacity: int
    age_from: int
    age_to: int
    age_on: date
    starts_on: date
    ends_on: date
    schedule: str
    enrol_from: datetime
    enrol_until: datetime
    entrance_test: bool
    priorities: list[dict[str, Any]]
    offer_minutes: int
    active: bool
    closed: bool
    taken: int
    offered: int
    waiting: int


class GroupFilters(Struct, frozen=True, kw_only=True):
    """What narrows the list of groups; `open`: somebody can be enrolled, or wait, just now."""

    programme: Code | None = None
    age: Annotated[int, msgspec.Meta(ge=0, le=25)] | None = None
    municipality: Municipality | None = None
    open: bool | None = None


async def list_programmes(connection: Connection) -> list[ProgrammeShown]:
    """Return all programmes by title."""
    return [_programme(row) for row in await PROGRAMMES.all(connection)]


async def may_write_programme(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner or Forbidden where somebody else published it."""
    known = await PROGRAMME.maybe(connection, code)
    if known is not None:
        check_owner(caller, known.department_id, known.operator_id)


async def put_programme(
    connection: Connection, caller: Caller | None, code: str, body: ProgrammeBody
) -> ProgrammeShown:
    """Add a programme or replace it; `caller` is None for an import.

    Raises InvalidRequest, Forbidden.
    """
    known = await PROGRAMME.maybe(connection, code)
    department_id = known.department_id if known is not None else None
    if department_id is None:
        department_id = await publisher(connection, caller, body.department)
    await PUT_PROGRAMME.run(
        connection,
        code,
        department_id,
        body.title,
        body.direction,
        body.description,
        body.municipality,
        body.address,
        body.active,
    )
    return _programme(await PROGRAMME.one(connection, code))


async def find_group(connection: Connection, code: str) -> GroupRow:
    """Return one group; raises NotFound."""
    return await GROUP.one(connection, code)


async def list_groups(
    connection: Connection, house: House, filters: GroupFilters
) -> list[GroupShown]:
    """Return the groups that fit, by programme and title."""
    rows = await GROUPS.all(connection)
    return [shown(house.zone, row) for row in rows if _fits(house, row, filters)]


async def may_write_group(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner or Forbidden where the group belongs to somebody else's programme."""
    known = await GROUP.maybe(connection, code)
    if known is not None:
        check_owner(caller, known.department_id, known.operator_id)


async def own_group(connection: Connection, caller: Caller, code: str) -> GroupRow:
    """Return a group that the caller may change; raises NotFound, NotOwner, Forbidden."""
    group = await GROUP.one(connection, code)
    check_owner(caller, group.department_id, group.operator_id)
    return group


async def put_group(
    connection: Connection, zone: tzinfo, caller: Caller | None, code: str, body: GroupBody
) -> GroupShown:
    """Add a group or replace what is known of it; nobody loses a place by it.

    Raises InvalidRequest with all wrong fields, NotOwner, Forbidden.
    """
    programme = await PROGRAMME.maybe(connection, body.programme)
    if programme is None:
        raise InvalidRequest(FieldError("programme", "There is no such programme."))
    if caller is not None:
        check_owner(caller, programme.department_id, programme.operator_id)
    start, end = _window(body, zone)
    await LOCK_GROUP_BY_CODE.maybe(connection, code)
    await PUT_GROUP.run(
        connection,
        code,
        programme.id,
        body.title,
        body.capacity,
        body.waiting_capacity,
        body.age_from,
        body.age_to,
        body.age_on,
        body.starts_on,
        body.ends_on,
        body.schedule,
        start,
        end,
        body.entrance_test,
        msgspec.to_builtins(body.priorities),
        body.offer_minutes,
        body.active,
    )
    return shown(zone, await GROUP.one(connection, code))


def shown(zone: tzinfo, row: GroupRow) -> GroupShown:
    """Return a group as the outside sees it, its moments in the krai's zone."""
    return GroupShown(
        code=row.code,
        programme=row.programme,
        department=row.department,
        title=row.title,
        capacity=row.capacity,
        waiting_capacity=row.waiting_capacity,
        age_from=row.age_from,
        age_to=row.age_to,
        age_on=row.age_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        schedule=row.schedule,
        enrol_from=row.enrol_from.astimezone(zone),
        enrol_until=row.enrol_until.astimezone(zone),
        entrance_test=row.entrance_test,
        priorities=row.priorities,
        offer_minutes=row.offer_minutes,
        active=row.active,
        closed=row.closed_at is not None,
        taken=row.taken,
        offered=row.offered,
        waiting=row.waiting,
    )


def _programme(row: ProgrammeRow) -> ProgrammeShown:
    return ProgrammeShown(
        code=row.code,
        department=row.department,
        title=row.title,
        direction=row.direction,
        description=row.description,
        municipality=row.municipality,
        address=row.address,
        active=row.active,
    )


def _fits(house: House, row: GroupRow, filters: GroupFilters) -> bool:
    place = filters.municipality
    if filters.programme not in {None, row.programme}:
        return False
    if filters.age is not None and not row.age_from <= filters.age <= row.age_to:
        return False
    if place is not None and row.municipality is not None and row.municipality[:8] != place[:8]:
        return False
    takes = stands_against(row, house.now()) is None and bool(row.free or row.room)
    return filters.open in {None, takes}


def _window(body: GroupBody, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when enrolment opens and ends; raises InvalidRequest with all that is wrong."""
    errors: list[FieldError] = []
    start = _moment(body.enrol_from, time.min, zone)
    end = _moment(body.enrol_until, time(23, 59, 59), zone)
    words = "A day (YYYY-MM-DD), or a moment with its offset (RFC 3339)."
    if start is None:
        errors.append(FieldError("enrol_from", words))
    if end is None:
        errors.append(FieldError("enrol_until", words))
    if body.age_from > body.age_to:
        errors.append(FieldError("age_to", "It is less than `age_from`."))
    if body.starts_on > body.ends_on:
        errors.append(FieldError("ends_on", "It is before `starts_on`."))
    if start is not None and end is not None and start > end:
        errors.append(FieldError("enrol_until", "It is before `enrol_from`."))
    if errors or start is None or end is None:
        raise InvalidRequest(*errors)
    return start, end


def _moment(text: str, at: time, zone: tzinfo) -> datetime | None:
    """Read a day of the krai as its first or last moment, or a moment with an offset."""
    try:
        if len(text) == len("2026-09-01"):
            return datetime.combine(date.fromisoformat(text), at, zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)
