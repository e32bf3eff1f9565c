"""Clubs: how full the groups are; a group's children and its line, and closing it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from gateway.admin.access import DEPARTMENTS, EVERYBODY, OPENERS, OWNERS
from gateway.admin.acting import Form, filled_in, rung
from gateway.admin.rendering import HEADERS, Asked, page
from gateway.dependencies import Db, InHouse, Who, WithParts
from services.cases.reading import reason_of
from services.clubs.enrolling import stands_against
from services.clubs.exporting import table
from services.clubs.listing import EXPORTED, LISTED, children, group_seen, waiting
from services.clubs.organising import CloseBody, close
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import NotFound
from services.house import House
from services.intake import check
from services.monitor.clubs import GroupLine, clubs
from services.sheets import MEDIA_TYPES

PATH = "/admin/clubs"


@get("/clubs", guards=[EVERYBODY])
async def show_clubs(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[str]:
    """Show all groups with what of them is in use; a department sees its own."""
    return page(request, "clubs.html", found=await clubs(connection, house, caller))


@get("/clubs/{code:str}", guards=[EVERYBODY])
async def show_group(
    request: Asked, connection: Db, caller: Who, house: InHouse, code: FromPath[str]
) -> Response[str]:
    """Show a group: whole and noted to its department, masked to others."""
    why = LISTED if caller.role == "department" else None
    return await _shown(request, connection, house, caller, code, why)


@post("/clubs/{code:str}/personal", guards=[OPENERS], status_code=200)
async def open_group(request: Asked, form: Form, code: FromPath[str]) -> Response[str]:
    """Show the children by name, once, to whoever says why; it is noted for each of them."""
    why = reason_of(form.caller, form.given.get("reason", ""))
    return await _shown(request, form.connection, form.house, form.caller, code, why)


@post("/clubs/{code:str}/close", guards=[OWNERS], status_code=200)
async def close_group(
    request: Asked, caller: Who, parts: WithParts, code: FromPath[str]
) -> Response[Any]:
    """Close a group: everybody concerned reads the message."""
    async with parts.pool.acquire() as connection:
        await group_seen(connection, caller, code)
    wish = check(CloseBody, await filled_in(request))
    moved = await close(parts.pool, parts.house, caller, code, wish.message)
    return rung(parts, f"{PATH}/{code}", "group_closed", moved)


@get("/clubs/{code:str}/{kind:str}", guards=[DEPARTMENTS])
async def take_group(
    connection: Db, caller: Who, house: InHouse, code: FromPath[str], kind: FromPath[str]
) -> Response[bytes]:
    """Give the children as `csv` or `xlsx`; it is noted as a read of every child."""
    if kind not in MEDIA_TYPES:
        raise NotFound
    rows = await children(connection, house, caller, code, EXPORTED)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{code}.{kind}"'}
    return Response(table(rows, kind), media_type=MEDIA_TYPES[kind], headers=headers)


async def _shown(
    request: Asked,
    connection: Connection,
    house: House,
    caller: Caller,
    code: str,
    why: str | None,
) -> Response[str]:
    row = await group_seen(connection, caller, code)
    return page(
        request,
        "club.html",
        line=GroupLine(row, stands_against(row, house.now())),
        opened=why is not None,
        children=await children(connection, house, caller, code, why),
        waiting=await waiting(connection, house, caller, code, why),
    )


HANDLERS = [show_clubs, show_group, open_group, close_group, take_group]
