"""Programmes, groups and enrolments over REST."""

from typing import Any

import msgspec
from litestar import Response, get, post, put
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath, QueryParams, RawBody
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.documentation import reads
from gateway.http.calls import CONFIDENTIAL, Calling, answers
from gateway.security import OWNERS, READERS
from schemas.cases import Case
from services.cases.reading import show_case
from services.cases.ringing import ring_for
from services.clubs.catalogue import (
    GroupBody,
    GroupFilters,
    GroupShown,
    ProgrammeBody,
    ProgrammeShown,
    find_group,
    list_groups,
    list_programmes,
    may_write_group,
    may_write_programme,
    own_group,
    put_group,
    put_programme,
    shown,
)
from services.clubs.exporting import table
from services.clubs.listing import EXPORTED, OneOfGroup, children, waiting
from services.clubs.organising import CloseBody, EnrolmentsBody, close, enter
from services.idempotency import Reply
from services.intake import check_code, read, read_query
from services.sheets import MEDIA_TYPES, Format


class ProgrammeList(Struct, frozen=True):
    """All programmes, on one page."""

    items: list[ProgrammeShown]
    next_cursor: None = None


class GroupList(Struct, frozen=True):
    """The groups that fit, on one page."""

    items: list[GroupShown]
    next_cursor: None = None


class OfGroup(Struct, frozen=True):
    """A group's children or its line, on one page."""

    items: list[OneOfGroup]
    next_cursor: None = None


class Entered(Struct, frozen=True):
    """What was filed; `bundle` joins it where it is more than one."""

    bundle: str | None
    items: list[Case]


class ExportQuery(Struct, frozen=True):
    """Which kind of table."""

    format: Format = "csv"


@get("/programmes", guards=[READERS])
async def show_programmes(connection: Db) -> ProgrammeList:
    """List programmes."""
    return ProgrammeList(await list_programmes(connection))


@put("/programmes/{code:str}", guards=[OWNERS], opt=reads(ProgrammeBody))
async def write_programme(
    connection: Db, caller: Who, code: FromPath[str], body: RawBody
) -> ProgrammeShown:
    """Publish a programme, or replace what is known of it."""
    await may_write_programme(connection, caller, code)
    check_code(code)
    return await put_programme(connection, caller, code, read(ProgrammeBody, body))


@get("/groups", guards=[READERS], opt=reads(query=GroupFilters))
async def show_groups(connection: Db, house: InHouse, query: QueryParams) -> GroupList:
    """List groups with what of them is in use."""
    return GroupList(await list_groups(connection, house, read_query(GroupFilters, dict(query))))


@get("/groups/{code:str}", guards=[READERS])
async def show_group(connection: Db, house: InHouse, code: FromPath[str]) -> GroupShown:
    """Show one group."""
    return shown(house.zone, await find_group(connection, code))


@put("/groups/{code:str}", guards=[OWNERS], opt=reads(GroupBody))
async def write_group(
    connection: Db, caller: Who, house: InHouse, code: FromPath[str], body: RawBody
) -> GroupShown:
    """Publish a group, or replace what is known of it; nobody loses a place by it."""
    await may_write_group(connection, caller, code)
    check_code(code)
    return await put_group(connection, house.zone, caller, code, read(GroupBody, body))


@post("/groups/{code:str}/close", guards=[OWNERS], opt=reads(CloseBody), status_code=200)
async def close_group(
    caller: Who, parts: WithParts, code: FromPath[str], body: RawBody
) -> Response[GroupShown]:
    """Close a group: everybody concerned reads the message."""
    async with parts.pool.acquire() as connection:
        await own_group(connection, caller, code)
    wish = read(CloseBody, body)
    moved = await close(parts.pool, parts.house, caller, code, wish.message)
    async with parts.pool.acquire() as connection:
        group = shown(parts.house.zone, await find_group(connection, code))
    return Response(group, background=BackgroundTask(ring_for, parts.doorbell, moved))


@get("/groups/{code:str}/children", guards=[OWNERS])
async def show_children(
    connection: Db, caller: Who, house: InHouse, code: FromPath[str]
) -> Response[OfGroup]:
    """List the children who have or are offered a place; the look is noted for each."""
    rows = await children(connection, house, caller, code)
    return Response(OfGroup(rows), headers=CONFIDENTIAL)


@get("/groups/{code:str}/waiting", guards=[OWNERS])
async def show_waiting(
    connection: Db, caller: Who, house: InHouse, code: FromPath[str]
) -> Response[OfGroup]:
    """List who waits, in the order of the line; the look is noted for each."""
    rows = await waiting(connection, house, caller, code)
    return Response(OfGroup(rows), headers=CONFIDENTIAL)


@get("/groups/{code:str}/export", guards=[OWNERS], opt=reads(query=ExportQuery))
async def export_group(
    connection: Db, caller: Who, house: InHouse, code: FromPath[str], query: QueryParams
) -> Response[bytes]:
    """Give the children of a group as a table; it is noted as a read of every child."""
    wish = read_query(ExportQuery, dict(query))
    rows = await children(connection, house, caller, code, EXPORTED)
    headers = {
        **CONFIDENTIAL,
        "Content-Disposition": f'attachment; filename="{code}.{wish.format}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(table(rows, wish.format), media_type=MEDIA_TYPES[wish.format], headers=headers)


@post(
    "/enrolments",
    guards=[OWNERS],
    opt=reads(EnrolmentsBody),
    status_code=201,
    responses=answers(201, Entered, "The cases"),
)
async def enter_enrolments(call: Calling) -> Response[Any]:
    """Enter what came by phone: all children are enrolled, or none."""

    async def act() -> Reply:
        body = call.read(EnrolmentsBody)
        found = await enter(call.connection, call.house, call.caller, body)
        items = [
            await show_case(call.connection, call.house, call.caller, each.id)
            for each in found.filed
        ]
        bundle = None if found.bundle is None else str(found.bundle)
        return Reply(201, msgspec.json.encode(Entered(bundle, items)))

    return await call.make(act, "hand_off")


HANDLERS = [
    show_programmes,
    write_programme,
    show_groups,
    show_group,
    write_group,
    close_group,
    show_children,
    show_waiting,
    export_group,
    enter_enrolments,
]
