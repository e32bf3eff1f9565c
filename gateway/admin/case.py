"""The page of a case: everything about it, masked until somebody says why he looks."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from gateway.admin.access import EVERYBODY, OPENERS, WORKERS
from gateway.admin.rendering import Asked, page
from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.http.attachments import LARGEST_NUMBER, file_answer
from schemas.cases import Case
from services.cases.explaining import list_clocks
from services.cases.reading import (
    find_case,
    list_reads,
    open_case,
    open_personal_data,
    read_events,
)
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.templates import get_templates
from services.files.serving import open_file, read_file
from services.house import House
from services.monitor.desks import deliveries_of, desks_of


@get("/cases/{case_id:uuid}", guards=[EVERYBODY])
async def show_case(
    request: Asked, connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> Response[str]:
    """Show a case: whole and noted to its department, masked to others."""
    case = await open_case(connection, house, caller, case_id)
    return await _shown(request, connection, house, caller, case)


@post("/cases/{case_id:uuid}/personal", guards=[OPENERS], status_code=200)
async def show_personal_data(
    request: Asked, connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> Response[str]:
    """Show the case whole, once, to whoever says why; it is noted and the resident can see it."""
    reason = str((await request.form()).get("reason", ""))
    case = await open_personal_data(connection, house, caller, case_id, reason)
    return await _shown(request, connection, house, caller, case, reason.strip())


@get("/cases/{case_id:uuid}/files/{number:int}", guards=[WORKERS])
async def show_file(
    caller: Who, parts: WithParts, case_id: FromPath[UUID], number: FromPath[int]
) -> Response[bytes]:
    """Give a file of a case to be kept; it is noted, and an admin first says why."""
    async with parts.pool.acquire() as connection, connection.transaction():
        wanted = min(max(number, 0), LARGEST_NUMBER)
        row = await read_file(connection, parts.house, caller, case_id, wanted)
    return file_answer(row.number, await open_file(parts.house, parts.storage, row))


async def _shown(
    request: Asked,
    connection: Connection,
    house: House,
    caller: Caller,
    case: Case,
    reason: str | None = None,
) -> Response[str]:
    row = await find_case(connection, caller, case.id)
    return page(
        request,
        "case.html",
        case=case,
        opened=caller.role == "department" or reason is not None,
        events=await read_events(connection, house, caller, case.id, reason),
        clocks=await list_clocks(connection, house, caller, case.id),
        desks=desks_of(caller, row),
        deliveries=await deliveries_of(connection, caller, row),
        reads=await list_reads(connection, house, caller, case.id),
        templates=await get_templates(connection, caller),
    )


HANDLERS = [show_case, show_personal_data, show_file]
