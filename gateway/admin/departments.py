"""Departments at a glance, and what could not leave."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath

from gateway.admin.access import ADMINS, EVERYBODY, OVERSEERS, OWNERS
from gateway.admin.acting import Form
from gateway.admin.rendering import Asked, back, page
from gateway.dependencies import Db, InHouse, Who, WithParts
from services.deliveries.lost import ReplayBody, find_delivery, replay, ring_for
from services.errors import FieldError, InvalidRequest
from services.monitor.comparing import compare, compared
from services.monitor.departments import departments
from services.monitor.lost import DEPARTMENT_STATES, ROWS, STATES, lost

DAYS = 30
LARGEST = 2**63 - 1


@get("/departments", guards=[OVERSEERS])
async def show_departments(
    request: Asked, connection: Db, caller: Who, house: InHouse
) -> Response[str]:
    """Show how departments do, the troubled ones first."""
    today = house.now().astimezone(house.zone).date()
    lines = await departments(connection, house, caller, today - timedelta(days=DAYS - 1), today)
    return page(request, "departments.html", lines=lines, days=DAYS)


@get("/departments/{code:str}/compared", guards=[OVERSEERS])
async def show_compared(
    request: Asked, connection: Db, caller: Who, house: InHouse, code: FromPath[str]
) -> Response[str]:
    """Show in what a department's back end and we differed when last compared."""
    found = await compared(connection, house, caller, code)
    return page(request, "compared.html", found=found)


@post("/departments/{code:str}/compared", guards=[ADMINS], status_code=200)
async def ask_compared(form: Form, code: FromPath[str]) -> Response[Any]:
    """Ask for a comparison; one that is under way already is not begun again."""
    await compare(form.connection, form.house, form.caller, code)
    ringing = BackgroundTask(form.parts.doorbell.ring, "reconcile")
    return back(f"/admin/departments/{code}/compared", "compared", background=ringing)


@get("/deliveries", guards=[EVERYBODY])
async def show_deliveries(request: Asked, connection: Db, caller: Who) -> Response[str]:
    """Show what could not leave, newest first."""
    states = STATES if caller.department_id is None else DEPARTMENT_STATES
    wanted, before = (str(request.query_params.get(name, "")) for name in ("state", "before"))
    state = wanted if wanted in states else states[0]
    edge = min(int(before), LARGEST) if before.isdecimal() and before.isascii() else None
    lines = await lost(connection, caller, state, edge)
    more = lines[-1].seq if len(lines) == ROWS else None
    return page(request, "deliveries.html", lines=lines, states=states, state=state, more=more)


@post("/deliveries/replay", guards=[OWNERS], status_code=200)
async def replay_deliveries(
    request: Asked, connection: Db, caller: Who, parts: WithParts
) -> Response[Any]:
    """Send one again, or all that is lost of a destination."""
    form = await request.form()
    given, case, destination = (str(form.get(n, "")) for n in ("id", "case", "destination"))
    if given:
        delivery = _uuid(given)
        await find_delivery(connection, caller, delivery)
        wanted = ReplayBody(ids=[delivery])
    elif destination:
        wanted = ReplayBody(destination=destination)
    else:
        raise InvalidRequest(FieldError("destination", "say what to send again"))
    rung = await replay(connection, parts.house.now(), caller, wanted)
    path = f"/admin/cases/{_uuid(case)}" if case else "/admin/deliveries"
    ringing = BackgroundTask(ring_for, parts.doorbell, rung)
    return back(path, "replayed" if rung else "nothing_lost", background=ringing)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest(FieldError("id", "no such thing")) from None


HANDLERS = [show_departments, show_compared, ask_compared, show_deliveries, replay_deliveries]
