"""Clinics, practitioners and their slots over REST."""

from litestar import Response, get, post, put
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath, FromQuery, QueryParams, RawBody
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.documentation import reads
from gateway.http.calls import Asked
from gateway.security import OWNERS, READERS
from services.cases.ringing import ring_for
from services.doctors.catalogue import (
    ClinicBody,
    ClinicShown,
    PractitionerBody,
    PractitionerShown,
    list_clinics,
    list_practitioners,
    may_write_clinic,
    may_write_practitioner,
    put_clinic,
    put_practitioner,
)
from services.doctors.closing import CloseSlotsBody, close_slots, find_slots
from services.doctors.importing import read_slots_csv, read_slots_ical
from services.doctors.norms import Norm, norms
from services.doctors.schedule import (
    SlotFilters,
    SlotList,
    SlotsBody,
    SlotsPut,
    list_slots,
    put_slots,
)
from services.errors import FieldError, InvalidRequest
from services.intake import check_code, read, read_query


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


class Closed(Struct, frozen=True):
    """How many slots were closed, and of how many cases."""

    closed: int
    cases: int


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
    filters = read_query(SlotFilters, dict(query))
    return await list_slots(connection, house, caller, filters)


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
        ids = await find_slots(connection, caller, wish)
    moved = await close_slots(parts.pool, parts.house, ids, wish.message)
    ringing = BackgroundTask(ring_for, parts.doorbell, moved)
    return Response(Closed(len(ids), len(moved)), background=ringing)


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
]
