"""Looking at cases over REST."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, QueryParams, RawBody

from gateway.dependencies import Db, InHouse, Who
from gateway.documentation import reads
from gateway.http.calls import CONFIDENTIAL
from gateway.security import READERS, Admits
from schemas.cases import (
    Case,
    CaseFilters,
    CaseList,
    CaseListFilters,
    ClockList,
    EventList,
    PersonalDataRequest,
    ReadList,
)
from services.cases.explaining import list_clocks
from services.cases.listing import list_cases
from services.cases.reading import (
    find_case,
    list_reads,
    open_case,
    open_personal_data,
    read_events,
)
from services.intake import check, read, read_query


@get("/cases", guards=[READERS], opt=reads(query=CaseListFilters))
async def show_cases(connection: Db, caller: Who, house: InHouse, query: QueryParams) -> CaseList:
    """List cases, oldest first: a department's own, all of them for an admin."""
    found = read_query(CaseListFilters, dict(query))
    filters = CaseFilters(**{name: getattr(found, name) for name in found.__struct_fields__})
    return await list_cases(connection, house, caller, filters)


@post("/cases/search", guards=[READERS], opt=reads(CaseFilters), status_code=200)
async def search_cases(connection: Db, caller: Who, house: InHouse, body: RawBody) -> CaseList:
    """List cases by what may not stand in a URL; every part may be missing."""
    filters = read(CaseFilters, body) if body else check(CaseFilters, {})
    return await list_cases(connection, house, caller, filters)


@get("/cases/{case_id:uuid}", guards=[READERS])
async def show_case(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> Response[Case]:
    """Show a case: whole to a department, which is noted; masked to an admin."""
    return _case(await open_case(connection, house, caller, case_id))


@post(
    "/cases/{case_id:uuid}/personal-data",
    guards=[Admits("admin", "moderator")],
    opt=reads(PersonalDataRequest),
    status_code=200,
)
async def show_personal_data(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID], body: RawBody
) -> Response[Case]:
    """Show the whole case to an admin who says why; it is noted and the resident can see it."""
    await find_case(connection, caller, case_id)
    wish = read(PersonalDataRequest, body)
    return _case(await open_personal_data(connection, house, caller, case_id, wish.reason))


@get("/cases/{case_id:uuid}/events", guards=[READERS])
async def show_events(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> Response[EventList]:
    """List everything that happened to a case, oldest first."""
    events = EventList(await read_events(connection, house, caller, case_id))
    return Response(events, headers=CONFIDENTIAL)


@get("/cases/{case_id:uuid}/reads", guards=[READERS])
async def show_reads(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> ReadList:
    """List who looked at personal data of a case, when and why."""
    return ReadList(await list_reads(connection, house, caller, case_id))


@get("/cases/{case_id:uuid}/clocks", guards=[READERS])
async def show_clocks(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> ClockList:
    """List the deadlines of a case and how they were counted."""
    return ClockList(await list_clocks(connection, house, caller, case_id))


def _case(case: Case) -> Response[Case]:
    return Response(case, headers={**CONFIDENTIAL, "ETag": f'"{case.version}"'})


HANDLERS = [
    show_cases,
    search_cases,
    show_case,
    show_personal_data,
    show_events,
    show_reads,
    show_clocks,
]
