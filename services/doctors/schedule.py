"""Clinics, practitioners and slots, as clinics publish them and everybody reads them."""

import csv
import io
import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.cases.calendar import add_working_days
from services.cases.cursors import Position, read_cursor, write_cursor
from services.clubs.catalogue import owner
from services.db.ids import new_id
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_operator
from services.doctors.queries import (
    CLINIC,
    CLINICS,
    NORMS,
    PRACTITIONER,
    PRACTITIONERS,
    PUT_CLINIC,
    PUT_PRACTITIONER,
    PUT_SLOTS,
    SLOTS_LISTED,
    ClinicRow,
    PractitionerRow,
    SlotRow,
)
from services.errors import FieldError, InvalidRequest, NotOwner
from services.house import House
from services.intake import Code, Municipality, Title

MOST_SLOTS = 5000
GENERAL = ("терапевт", "педиатр", "врач общей практики")
URGENT = ("онколог", "кардиолог")

_Line = Annotated[str, msgspec.Meta(max_length=300)]
SlotState = Literal["unreleased", "free", "held", "offered", "booked", "closed"]


class ClinicBody(Struct, frozen=True, kw_only=True):
    """A clinic as it is put; an admin names the `department` that it belongs to."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    address: _Line = ""
    phone: _Line = ""
    municipality: Municipality | None = None
    cancel_until_minutes: Annotated[int, msgspec.Meta(ge=0, le=43_200)] = 60
    hold_seconds: Annotated[int, msgspec.Meta(ge=30, le=3600)] = 300
    offer_minutes: Annotated[int, msgspec.Meta(ge=5, le=10_080)] = 120
    no_show_limit: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    active: bool = True
    department: Code | None = None


class ClinicShown(Struct, frozen=True, kw_only=True):
    """A clinic as it is shown."""

    code: str
    department: str
    title: str
    address: str
    phone: str
    municipality: str | None
    cancel_until_minutes: int
    hold_seconds: int
    offer_minutes: int
    no_show_limit: int | None
    active: bool


class PractitionerBody(Struct, frozen=True, kw_only=True):
    """A practitioner as it is put; `speciality` is the Russian word that residents read."""

    clinic: Code
    name: Title
    speciality: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    room: Annotated[str, msgspec.Meta(max_length=40)] = ""
    needs_referral: bool = False
    active: bool = True


class PractitionerShown(Struct, frozen=True, kw_only=True):
    """A practitioner as it is shown."""

    code: str
    clinic: str
    name: str
    speciality: str
    room: str
    needs_referral: bool
    active: bool


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


class Norm(Struct, frozen=True, kw_only=True):
    """How soon the state promises an appointment (programme of guarantees 2026–2028), and is it."""

    clinic: str
    speciality: str
    norm: str
    next_free_at: datetime | None
    kept: bool


async def list_clinics(connection: Connection) -> list[ClinicShown]:
    """Return all clinics by title."""
    return [_clinic(row) for row in await CLINICS.all(connection)]


async def may_write_clinic(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner or Forbidden where somebody else published it."""
    known = await CLINIC.maybe(connection, code)
    if known is not None:
        _check_owner(caller, known)


async def put_clinic(
    connection: Connection, caller: Caller | None, code: str, body: ClinicBody
) -> ClinicShown:
    """Add a clinic or replace it; `caller` is None for an import.

    Raises InvalidRequest, NotOwner, Forbidden.
    """
    known = await CLINIC.maybe(connection, code)
    department_id = known.department_id if known is not None else None
    if department_id is None:
        department_id = await owner(connection, caller, body.department)
    await PUT_CLINIC.run(
        connection,
        code,
        department_id,
        body.title,
        body.address,
        body.phone,
        body.municipality,
        body.cancel_until_minutes,
        body.hold_seconds,
        body.offer_minutes,
        body.no_show_limit,
        body.active,
    )
    return _clinic(await CLINIC.one(connection, code))


async def list_practitioners(connection: Connection, clinic: str | None) -> list[PractitionerShown]:
    """Return the practitioners of a clinic, or of all, by speciality and name."""
    return [_practitioner(row) for row in await PRACTITIONERS.all(connection, clinic)]


async def may_write_practitioner(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner or Forbidden where the practitioner belongs to somebody else's clinic."""
    known = await PRACTITIONER.maybe(connection, code)
    if known is not None:
        _check_owner(caller, await CLINIC.one(connection, known.clinic))


async def put_practitioner(
    connection: Connection, caller: Caller | None, code: str, body: PractitionerBody
) -> PractitionerShown:
    """Add a practitioner or replace it; raises InvalidRequest, NotOwner, Forbidden."""
    clinic = await CLINIC.maybe(connection, body.clinic)
    if clinic is None:
        raise InvalidRequest(FieldError("clinic", "There is no such clinic."))
    if caller is not None:
        _check_owner(caller, clinic)
    await PUT_PRACTITIONER.run(
        connection,
        code,
        clinic.id,
        body.name,
        body.speciality.lower(),
        body.room,
        body.needs_referral,
        body.active,
    )
    return _practitioner(await PRACTITIONER.one(connection, code))


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
    items = [
        SlotShown(
            id=row.id,
            practitioner=row.practitioner,
            starts_at=row.starts_at.astimezone(house.zone),
            ends_at=row.ends_at.astimezone(house.zone),
            state=row.state,
        )
        for row in rows
    ]
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


async def norms(connection: Connection, house: House, clinic: str | None) -> list[Norm]:
    """Return, for each clinic and speciality, the next free slot against the promised wait."""
    now = house.now()
    found: list[Norm] = []
    for row in await NORMS.all(connection, now, clinic):
        words, limit = norm_of(row.speciality, now, house.zone)
        at = row.next_free_at
        found.append(
            Norm(
                clinic=row.clinic,
                speciality=row.speciality,
                norm=words,
                next_free_at=None if at is None else at.astimezone(house.zone),
                kept=at is not None and at <= limit,
            )
        )
    return found


def norm_of(speciality: str, now: datetime, zone: tzinfo) -> tuple[str, datetime]:
    """Return the promised wait in words and as the moment by which a slot must start."""
    if any(word in speciality for word in GENERAL):
        return "24 часа", now + timedelta(hours=24)
    days = 3 if any(word in speciality for word in URGENT) else 14
    day = add_working_days(now.astimezone(zone).date(), days)
    return f"{days} рабочих дней" if days > 4 else f"{days} рабочих дня", datetime.combine(  # noqa: PLR2004 - grammar
        day, time(23, 59, 59), zone
    )


def read_slots_csv(practitioner: str, body: bytes) -> SlotsBody:
    """Read `starts_at,ends_at,release_at`; raises InvalidRequest with every wrong line."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(FieldError("", "Send the table in UTF-8.")) from None
    items: list[SlotBody] = []
    errors: list[FieldError] = []
    for number, line in enumerate(csv.DictReader(io.StringIO(text)), 2):
        given = {name: value for name, value in line.items() if value}
        try:
            items.append(
                msgspec.convert({**given, "practitioner": practitioner}, SlotBody, strict=False)
            )
        except msgspec.ValidationError as error:
            errors.append(FieldError(f"line {number}", str(error)))
    return _whole(items, errors)


def read_slots_ical(practitioner: str, body: bytes, zone: tzinfo) -> SlotsBody:
    """Read the events of a calendar (RFC 5545) as slots; times without a zone are the krai's."""
    text = re.sub(r"\r?\n[ \t]", "", body.decode("utf-8", "replace"))
    items: list[SlotBody] = []
    errors: list[FieldError] = []
    for number, event in enumerate(re.findall(r"BEGIN:VEVENT(.*?)END:VEVENT", text, re.DOTALL), 1):
        start, end = (_ical_moment(event, name, zone) for name in ("DTSTART", "DTEND"))
        if start is None or end is None:
            errors.append(FieldError(f"event {number}", "It needs DTSTART and DTEND."))
        else:
            items.append(SlotBody(practitioner=practitioner, starts_at=start, ends_at=end))
    return _whole(items, errors)


def _whole(items: list[SlotBody], errors: list[FieldError]) -> SlotsBody:
    if not items and not errors:
        errors = [FieldError("", "There are no slots in it.")]
    if len(items) > MOST_SLOTS:
        errors.append(FieldError("", f"At most {MOST_SLOTS} at once."))
    if errors:
        raise InvalidRequest(*errors)
    return SlotsBody(items)


def _ical_moment(event: str, name: str, zone: tzinfo) -> datetime | None:
    found = re.search(rf"^{name}(?:;[^:\r\n]*)?:(\d{{8}})T(\d{{6}})(Z?)\s*$", event, re.MULTILINE)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if found[3] else moment


async def _check_slots(connection: Connection, caller: Caller, body: SlotsBody) -> None:
    errors: list[FieldError] = []
    known: dict[str, bool] = {}
    for number, item in enumerate(body.items):
        where = f"items.{number}"
        if item.practitioner not in known:
            row = await PRACTITIONER.maybe(connection, item.practitioner)
            known[item.practitioner] = row is not None
            if row is not None:
                _check_owner(caller, await CLINIC.one(connection, row.clinic))
        if not known[item.practitioner]:
            errors.append(FieldError(f"{where}.practitioner", "There is no such practitioner."))
        for name in ("starts_at", "ends_at", "release_at"):
            moment = getattr(item, name)
            if moment is not None and moment.tzinfo is None:
                errors.append(FieldError(f"{where}.{name}", "Give the time with its offset."))
        aware = item.starts_at.tzinfo is not None and item.ends_at.tzinfo is not None
        if aware and item.starts_at >= item.ends_at:
            errors.append(FieldError(f"{where}.ends_at", "It is not after `starts_at`."))
    if errors:
        raise InvalidRequest(*errors)


def _check_owner(caller: Caller, clinic: ClinicRow) -> None:
    if caller.role == "department":
        if caller.department_id != clinic.department_id:
            raise NotOwner
    else:
        check_operator(caller, clinic.operator_id)


def _clinic(row: ClinicRow) -> ClinicShown:
    return ClinicShown(
        code=row.code,
        department=row.department,
        title=row.title,
        address=row.address,
        phone=row.phone,
        municipality=row.municipality,
        cancel_until_minutes=row.cancel_until_minutes,
        hold_seconds=row.hold_seconds,
        offer_minutes=row.offer_minutes,
        no_show_limit=row.no_show_limit,
        active=row.active,
    )


def _practitioner(row: PractitionerRow) -> PractitionerShown:
    return PractitionerShown(
        code=row.code,
        clinic=row.clinic,
        name=row.name,
        speciality=row.speciality,
        room=row.room,
        needs_referral=row.needs_referral,
        active=row.active,
    )


def _slot(zone: tzinfo, row: SlotRow) -> SlotShown:
    return SlotShown(
        id=row.id,
        practitioner=row.practitioner,
        starts_at=row.starts_at.astimezone(zone),
        ends_at=row.ends_at.astimezone(zone),
        state=row.state,
    )
