"""Clinics, practitioners, slots and appointments over REST."""

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.background_tasks import BackgroundTask
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParams, RawBody
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.documentation import reads
from gateway.http.cases import CONFIDENTIAL
from gateway.security import OWNERS, READERS
from schemas.cases import Case
from services.cases.holding import acting, check_version, hold_for
from services.cases.reading import show_case
from services.db.query import Connection
from services.departments.callers import Caller
from services.dialogs.answers import is_policy
from services.doctors.booking import Patient, Wished, book, reschedule, wait_for
from services.doctors.booking import Who as Booker
from services.doctors.offering import close_slots, find_slots, ring_for
from services.doctors.queries import (
    APPOINTMENT,
    CLINIC,
    CLINIC_BY_ID,
    PRACTITIONER,
    SLOT,
    ClinicRow,
)
from services.doctors.schedule import (
    ClinicBody,
    ClinicShown,
    Norm,
    PractitionerBody,
    PractitionerShown,
    SlotFilters,
    SlotList,
    SlotsBody,
    SlotsPut,
    list_clinics,
    list_practitioners,
    list_slots,
    may_write_clinic,
    may_write_practitioner,
    norms,
    put_clinic,
    put_practitioner,
    put_slots,
    read_slots_csv,
    read_slots_ical,
)
from services.doctors.wording import calendar_file
from services.errors import FieldError, InvalidRequest, NotFound
from services.idempotency import Reply, once
from services.intake import Code, check_code, read, read_query

Asked = Request[Any, Any, Any]
MADE = {201: ResponseSpec(Case, description="The case", generate_examples=False)}


class ClinicList(Struct, frozen=True):
    """All clinics, on one page."""

    items: list[ClinicShown]
    next_cursor: None = None


class PractitionerList(Struct, frozen=True):
    """Practitioners, on one page."""

    items: list[PractitionerShown]
    next_cursor: None = None


class Specialities(Struct, frozen=True):
    """The specialities that somebody practises."""

    items: list[str]
    next_cursor: None = None


class NormList(Struct, frozen=True):
    """The promised waits and whether they are kept."""

    items: list[Norm]
    next_cursor: None = None


class PatientBody(Struct, frozen=True, kw_only=True):
    """Whose appointment it is."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    birth_date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    policy: Annotated[str, msgspec.Meta(pattern="^[0-9]{16}$")]
    phone: Annotated[str, msgspec.Meta(max_length=30)] | None = None


class ConsentGiven(Struct, frozen=True):
    """The consent that was given on paper or by phone: to which version, when."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    given_at: datetime


class AppointmentBody(Struct, frozen=True, kw_only=True):
    """What came by phone."""

    slot: UUID
    patient: PatientBody
    consent: ConsentGiven
    referral: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Hours(Struct, frozen=True):
    """Between which hours of the krai."""

    start: Annotated[str, msgspec.Meta(pattern=r"^\d{2}:\d{2}$")] = msgspec.field(name="from")
    end: Annotated[str, msgspec.Meta(pattern=r"^\d{2}:\d{2}$")] = msgspec.field(name="to")


class WaitingBody(Struct, frozen=True, kw_only=True):
    """What somebody waits for; `days` from 1 (Monday) to 7."""

    clinic: Code
    speciality: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    patient: PatientBody
    consent: ConsentGiven
    practitioner: Code | None = None
    days: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=7)]], msgspec.Meta(max_length=7)] = []
    hours: Hours | None = None


class CloseSlotsBody(Struct, frozen=True, kw_only=True):
    """Which slots are closed, and what those concerned read."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=16_384)]
    ids: Annotated[list[UUID], msgspec.Meta(max_length=5000)] | None = None
    practitioner: Code | None = None
    since: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = msgspec.field(default=None, name="to")


class Closed(Struct, frozen=True):
    """How many slots were closed, and of how many cases."""

    closed: int
    cases: int


class RescheduleBody(Struct, frozen=True):
    """The other time."""

    slot: UUID


@get("/clinics", guards=[READERS])
async def show_clinics(connection: Db) -> ClinicList:
    """List clinics."""
    return ClinicList(await list_clinics(connection))


@put("/clinics/{code:str}", guards=[OWNERS], opt=reads(ClinicBody))
async def write_clinic(
    connection: Db, caller: Who, code: FromPath[str], body: RawBody
) -> ClinicShown:
    """Publish a clinic, or replace what is known of it."""
    await may_write_clinic(connection, caller, code)
    check_code(code)
    return await put_clinic(connection, caller, code, read(ClinicBody, body))


@get("/practitioners", guards=[READERS])
async def show_practitioners(
    connection: Db, clinic: FromQuery[str | None] = None
) -> PractitionerList:
    """List practitioners, of one clinic or of all."""
    return PractitionerList(await list_practitioners(connection, clinic))


@put("/practitioners/{code:str}", guards=[OWNERS], opt=reads(PractitionerBody))
async def write_practitioner(
    connection: Db, caller: Who, code: FromPath[str], body: RawBody
) -> PractitionerShown:
    """Publish a practitioner, or replace what is known of one."""
    await may_write_practitioner(connection, caller, code)
    check_code(code)
    return await put_practitioner(connection, caller, code, read(PractitionerBody, body))


@get("/specialities", guards=[READERS])
async def show_specialities(connection: Db) -> Specialities:
    """List the specialities that somebody practises."""
    rows = await list_practitioners(connection, None)
    return Specialities(sorted({row.speciality for row in rows if row.active}))


@get("/norms", guards=[READERS])
async def show_norms(
    connection: Db, house: InHouse, clinic: FromQuery[str | None] = None
) -> NormList:
    """Show for each clinic and speciality the next free slot against the promised wait."""
    return NormList(await norms(connection, house, clinic))


@get("/slots", guards=[READERS], opt=reads(query=SlotFilters))
async def show_slots(connection: Db, caller: Who, house: InHouse, query: QueryParams) -> SlotList:
    """List slots by their start."""
    given = {name: value.replace(" ", "+") for name, value in dict(query).items()}
    return await list_slots(connection, house, caller, read_query(SlotFilters, given))


@post("/slots", guards=[OWNERS], opt=reads(SlotsBody), status_code=200)
async def write_slots(connection: Db, caller: Who, house: InHouse, body: RawBody) -> SlotsPut:
    """Publish slots; the same again changes nothing."""
    return await put_slots(connection, house, caller, read(SlotsBody, body))


@post("/slots/import", guards=[OWNERS], status_code=200)
async def import_slots(
    request: Asked,
    connection: Db,
    caller: Who,
    house: InHouse,
    practitioner: FromQuery[str],
    body: RawBody,
) -> SlotsPut:
    """Publish slots from `text/calendar` or `text/csv`."""
    await may_write_practitioner(connection, caller, practitioner)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "text/csv":
        slots = read_slots_csv(practitioner, body)
    elif kind == "text/calendar":
        slots = read_slots_ical(practitioner, body, house.zone)
    else:
        raise InvalidRequest(FieldError("Content-Type", "text/calendar or text/csv"))
    return await put_slots(connection, house, caller, slots)


@post("/slots/close", guards=[OWNERS], opt=reads(CloseSlotsBody), status_code=200)
async def shut_slots(caller: Who, parts: WithParts, body: RawBody) -> Response[Closed]:
    """Close slots: who had one reads the message and chooses another time."""
    wish = read(CloseSlotsBody, body)
    async with parts.pool.acquire() as connection:
        ids = await find_slots(connection, wish.ids, wish.practitioner, wish.since, wish.until)
        for slot_id in ids:
            slot = await SLOT.one(connection, slot_id)
            await may_write_practitioner(connection, caller, slot.practitioner)
    moved = await close_slots(parts.pool, parts.house, ids, wish.message)
    ringing = BackgroundTask(ring_for, parts.doorbell, moved)
    return Response(Closed(len(ids), len(moved)), background=ringing)


@post(
    "/appointments",
    guards=[OWNERS],
    opt=reads(AppointmentBody),
    status_code=201,
    responses=MADE,
)
async def enter_appointment(
    request: Asked, connection: Db, caller: Who, parts: WithParts, body: RawBody
) -> Response[Any]:
    """Enter what came by phone."""

    async def act() -> Reply:
        wish = read(AppointmentBody, body)
        _check_policy(wish.patient.policy)
        slot = await SLOT.maybe(connection, wish.slot)
        if slot is None:
            raise InvalidRequest(FieldError("slot", "There is no such slot."))
        await may_write_practitioner(connection, caller, slot.practitioner)
        filed = await book(
            connection,
            parts.house,
            _booker(caller, slot.operator_id),
            _patient(wish.patient, wish.referral),
            wish.slot,
        )
        case = await show_case(connection, parts.house, caller, filed.id)
        return Reply(201, msgspec.json.encode(case), f'"{case.version}"')

    return await _made(request, connection, caller, parts, body, act)


@post("/waiting", guards=[OWNERS], opt=reads(WaitingBody), status_code=201, responses=MADE)
async def enter_waiting(
    request: Asked, connection: Db, caller: Who, parts: WithParts, body: RawBody
) -> Response[Any]:
    """Put somebody on the waiting list who phoned."""

    async def act() -> Reply:
        wish = read(WaitingBody, body)
        _check_policy(wish.patient.policy)
        clinic = await CLINIC.maybe(connection, wish.clinic)
        if clinic is None:
            raise InvalidRequest(FieldError("clinic", "There is no such clinic."))
        await may_write_clinic(connection, caller, wish.clinic)
        filed = await wait_for(
            connection,
            parts.house,
            _booker(caller, clinic.operator_id),
            _patient(wish.patient, None),
            await _wished(connection, clinic, wish),
        )
        case = await show_case(connection, parts.house, caller, filed.id)
        return Reply(201, msgspec.json.encode(case), f'"{case.version}"')

    return await _made(request, connection, caller, parts, body, act)


@post(
    "/cases/{case_id:uuid}/reschedule",
    guards=[OWNERS],
    opt=reads(RescheduleBody),
    status_code=200,
    responses={200: ResponseSpec(Case, description="The case", generate_examples=False)},
)
async def move_appointment(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Move an appointment to another time; a 409 keeps the old one."""

    async def act() -> Reply:
        held = await hold_for(connection, caller, case_id)
        wish = read(RescheduleBody, body)
        row = acting(held, caller)
        version = held.case.version if row is None or caller.role != "department" else row.version
        check_version(request.headers.get("if-match"), version)
        if await SLOT.maybe(connection, wish.slot) is None:
            raise InvalidRequest(FieldError("slot", "There is no such slot."))
        by = caller.by
        await reschedule(
            connection, parts.house, held, wish.slot, by, caller.actor, caller.department_id
        )
        case = await show_case(connection, parts.house, caller, case_id)
        return Reply(200, msgspec.json.encode(case), f'"{case.version}"')

    return await _made(request, connection, caller, parts, body, act)


@get("/cases/{case_id:uuid}/ticket.ics", guards=[READERS])
async def show_ticket(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> Response[bytes]:
    """Give the ticket as a calendar file; nothing of the patient stands in it."""
    case = await show_case(connection, house, caller, case_id)
    if case.kind != "appointment":
        raise NotFound
    row = await APPOINTMENT.one(connection, case_id)
    if row.slot_id is None:
        raise NotFound("This appointment has no time.")
    slot = await SLOT.one(connection, row.slot_id)
    body = calendar_file(slot, case.number, house.now())
    headers = {**CONFIDENTIAL, "Content-Disposition": f'attachment; filename="{case.number}.ics"'}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


async def _made(
    request: Asked, connection: Connection, caller: Caller, parts: Any, body: bytes, act: Any
) -> Response[Any]:
    key = request.headers.get("idempotency-key")
    reply = await once(connection, parts.house, caller, request.url.path, key, body, act)
    headers = {**CONFIDENTIAL, **({} if reply.etag is None else {"ETag": reply.etag})}
    return Response(
        reply.body,
        status_code=reply.status,
        headers=headers,
        media_type="application/json",
        background=BackgroundTask(parts.doorbell.ring, "hand_off"),
    )


async def _wished(connection: Connection, clinic: ClinicRow, wish: WaitingBody) -> Wished:
    practitioner_id = None
    if wish.practitioner is not None:
        row = await PRACTITIONER.maybe(connection, wish.practitioner)
        if row is None or row.clinic_id != clinic.id:
            words = "There is no such practitioner at this clinic."
            raise InvalidRequest(FieldError("practitioner", words))
        practitioner_id = row.id
    return Wished(
        clinic=await CLINIC_BY_ID.one(connection, clinic.id),
        speciality=wish.speciality.lower(),
        practitioner_id=practitioner_id,
        days=tuple(wish.days),
        hour_from=None if wish.hours is None else _hour(wish.hours.start, "from"),
        hour_to=None if wish.hours is None else _hour(wish.hours.end, "to"),
    )


def _hour(text: str, name: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(FieldError(f"hours.{name}", "HH:MM")) from None


def _check_policy(policy: str) -> None:
    if not is_policy(policy):
        raise InvalidRequest(FieldError("patient.policy", "The check digit does not fit."))


def _booker(caller: Caller, operator_id: int) -> Booker:
    return Booker(operator_id=operator_id, by=caller.by, actor=caller.actor)


def _patient(body: PatientBody, referral: str | None) -> Patient:
    try:
        datetime.strptime(body.birth_date, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        words = "A date as YYYY-MM-DD."
        raise InvalidRequest(FieldError("patient.birth_date", words)) from None
    return Patient(
        name=body.name,
        birth_date=body.birth_date,
        policy=body.policy,
        phone=body.phone,
        referral=referral,
    )


HANDLERS = [
    show_clinics,
    write_clinic,
    show_practitioners,
    write_practitioner,
    show_specialities,
    show_norms,
    show_slots,
    write_slots,
    import_slots,
    shut_slots,
    enter_appointment,
    enter_waiting,
    move_appointment,
    show_ticket,
]
