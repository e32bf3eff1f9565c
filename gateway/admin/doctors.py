"""Doctors: norms and lines of all clinics; a clinic's day, who came, and closing of slots."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from gateway.admin.access import EVERYBODY, OPENERS, OWNERS
from gateway.admin.acting import Form, filled_in, rung
from gateway.admin.rendering import Asked, day_of, page
from gateway.dependencies import Db, InHouse, Who, WithParts
from services.cases.reading import reason_of
from services.db.query import Connection
from services.departments.callers import Caller
from services.doctors.closing import CloseSlotsBody, close_slots, find_slots
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.intake import check
from services.monitor.clinics import BACK, LISTED, bounds, clinic_day, clinic_seen, clinics

PATH = "/admin/doctors"


@get("/doctors", guards=[EVERYBODY])
async def show_clinics(
    request: Asked, connection: Db, caller: Who, house: InHouse
) -> Response[str]:
    """Show all clinics and whether the promised waits are kept; a department sees its own."""
    found = await clinics(connection, house, caller)
    titles = {line.code: line.title for line in found.lines}
    return page(request, "clinics.html", found=found, titles=titles, back_days=BACK.days)


@get("/doctors/{code:str}", guards=[EVERYBODY])
async def show_day(
    request: Asked, connection: Db, caller: Who, house: InHouse, code: FromPath[str]
) -> Response[str]:
    """Show a clinic's day: whole and noted to its department, masked to others."""
    why = LISTED if caller.role == "department" else None
    day = day_of(request.query_params.get("day"))
    return await _shown(request, connection, house, caller, code, day, why)


@post("/doctors/{code:str}/personal", guards=[OPENERS], status_code=200)
async def open_day(request: Asked, form: Form, code: FromPath[str]) -> Response[str]:
    """Show the patients by name, once, to whoever says why; it is noted for each of them."""
    why = reason_of(form.caller, form.given.get("reason", ""))
    day = day_of(form.given.get("day"))
    return await _shown(request, form.connection, form.house, form.caller, code, day, why)


@post("/doctors/{code:str}/close", guards=[OWNERS], status_code=200)
async def shut_slots(
    request: Asked, caller: Who, parts: WithParts, code: FromPath[str]
) -> Response[Any]:
    """Close the times that are marked, and a practitioner's rest of the day if one is chosen."""
    given, house = await filled_in(request), parts.house
    day = day_of(given.get("day")) or _today(house)
    start, end = bounds(house, day)
    named = {
        **given,
        "ids": [str(each) for each in (await request.form()).getall("ids", [])],
        "from": max(start, house.now()).isoformat(),
        "to": end.isoformat(),
    }
    async with parts.pool.acquire() as connection:
        await clinic_seen(connection, caller, code)
        wish = check(CloseSlotsBody, named, strict=False)
        ids = await find_slots(connection, caller, wish)
    if not ids:
        raise InvalidRequest(FieldError("ids", "Choose what is to be closed."))
    moved = await close_slots(parts.pool, house, ids, wish.message)
    return rung(parts, f"{PATH}/{code}?day={day}", "slots_closed", moved)


async def _shown(
    request: Asked,
    connection: Connection,
    house: House,
    caller: Caller,
    code: str,
    day: date | None,
    why: str | None,
) -> Response[str]:
    wanted = day or _today(house)
    found = await clinic_day(connection, house, caller, code, wanted, why)
    return page(request, "clinic.html", found=found, today=_today(house), opened=why is not None)


def _today(house: House) -> date:
    return house.now().astimezone(house.zone).date()


HANDLERS = [show_clinics, show_day, open_day, shut_slots]
