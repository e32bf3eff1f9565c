"""Routing rules over REST, and where a case would go."""

from litestar import get, post, put
from litestar.params import RawBody

from gateway.dependencies import Db, InHouse, Who
from gateway.documentation import reads
from gateway.security import ADMINS, READERS
from services.departments.routes import RouteList, list_routes, put_routes
from services.departments.trying import Tried, TryBody, try_route
from services.intake import read


@get("/routes", guards=[READERS])
async def show_routes(connection: Db) -> RouteList:
    """List all routing rules in their order."""
    return await list_routes(connection)


@put("/routes", guards=[ADMINS], opt=reads(RouteList))
async def write_routes(connection: Db, caller: Who, body: RawBody) -> RouteList:
    """Replace all routing rules."""
    return await put_routes(connection, caller, read(RouteList, body))


@post("/routes/try", guards=[READERS], opt=reads(TryBody), status_code=200)
async def try_routes(connection: Db, caller: Who, house: InHouse, body: RawBody) -> Tried:
    """Say where a case would go now, and why; nothing of what is sent is kept."""
    return await try_route(connection, house, caller, read(TryBody, body))


HANDLERS = [show_routes, write_routes, try_routes]
