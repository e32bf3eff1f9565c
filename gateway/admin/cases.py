"""Lists of cases: by what may stand in an address, by number and phone, kept filters."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from gateway.admin.access import EVERYBODY
from gateway.admin.problems import sentence
from gateway.admin.rendering import Asked, back, page
from gateway.dependencies import Db, InHouse, Who
from schemas.cases import CaseFilters, CaseList
from services.cases.listing import list_cases
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import InvalidCursor, InvalidRequest
from services.house import House
from services.intake import check
from services.monitor.kept import drop_filter, keep_filter, kept_filters

OPEN_FILTERS = (
    "kind",
    "state",
    "category",
    "department",
    "community",
    "municipality",
    "tag",
    "from",
    "to",
    "overdue",
)
"""What may stand in an address: codes and dates, never a number of a person."""
HIDDEN_FILTERS = ("number", "phone")
ROWS = 50
_NOTHING = CaseList((), None)


@get("/cases", guards=[EVERYBODY])
async def show_cases(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[Any]:
    """List cases, newest first, by the filters of the address."""
    given = _given(request.query_params, OPEN_FILTERS)
    return await _shown(request, connection, house, caller, given)


@post("/cases", guards=[EVERYBODY], status_code=200)
async def find_cases(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[Any]:
    """Find by number or phone, which may not stand in an address; one found is opened."""
    given = _given(await request.form(), HIDDEN_FILTERS)
    if not given:
        return back("/admin/cases")
    return await _shown(request, connection, house, caller, given)


@get("/calls", guards=[EVERYBODY])
async def show_calls(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[Any]:
    """List cases whose residents are to be told by phone, oldest first."""
    filters = CaseFilters(to_call=True, limit=ROWS)
    found = await list_cases(connection, house, caller, filters)
    return page(request, "calls.html", found=found)


@post("/filters", guards=[EVERYBODY], status_code=200)
async def keep(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[Any]:
    """Keep the filters of a list under a title."""
    form = await request.form()
    given = _given(form, OPEN_FILTERS)
    await keep_filter(connection, house, caller, str(form.get("title", "")), urlencode(given))
    return back(f"/admin/cases?{urlencode(given)}" if given else "/admin/cases", "kept")


@post("/filters/{filter_id:uuid}/drop", guards=[EVERYBODY], status_code=200)
async def drop(connection: Db, caller: Who, filter_id: FromPath[UUID]) -> Response[Any]:
    """Forget a kept filter."""
    await drop_filter(connection, caller, filter_id)
    return back("/admin/cases")


async def _shown(
    request: Asked, connection: Connection, house: House, caller: Caller, given: dict[str, str]
) -> Response[Any]:
    error: str | None = None
    found = _NOTHING
    try:
        wanted = {**given, "limit": ROWS}
        if cursor := request.query_params.get("cursor"):
            wanted["cursor"] = cursor
        filters = check(CaseFilters, wanted, strict=False)
        found = await list_cases(connection, house, caller, filters, newest=True)
    except (InvalidRequest, InvalidCursor) as refused:
        error = sentence(refused)
    shown = {name: value for name, value in given.items() if name in OPEN_FILTERS}
    return page(
        request,
        "cases.html",
        status=200 if error is None else 400,
        found=found,
        given=given,
        query=urlencode(shown),
        error=error,
        kept=await kept_filters(connection, caller),
    )


def _given(source: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    found = {name: str(source.get(name, "")).strip() for name in names}
    return {name: value for name, value in found.items() if value}


HANDLERS = [show_cases, find_cases, show_calls, keep, drop]
