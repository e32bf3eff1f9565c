"""Official pages over REST; never a token."""

from litestar import get, put
from litestar.params import FromPath, QueryParams, RawBody

from gateway.dependencies import Db, InHouse, Who
from gateway.documentation import reads
from gateway.security import ADMINS, READERS
from services.communities.communities import (
    PageBody,
    PageFilters,
    PageList,
    PageShown,
    get_page,
    list_pages,
    may_write_page,
    put_page,
)
from services.intake import read, read_query


@get("/communities", guards=[READERS], opt=reads(query=PageFilters))
async def show_communities(
    connection: Db, caller: Who, house: InHouse, query: QueryParams
) -> PageList:
    """List pages in the order they were added."""
    filters = read_query(PageFilters, dict(query))
    return await list_pages(connection, house.keyring.cursor_key, caller, filters)


@get("/communities/{group_id:int}", guards=[READERS])
async def show_community(connection: Db, group_id: FromPath[int]) -> PageShown:
    """Show one page."""
    return await get_page(connection, group_id)


@put("/communities/{group_id:int}", guards=[ADMINS], opt=reads(PageBody))
async def write_community(
    connection: Db, caller: Who, house: InHouse, group_id: FromPath[int], body: RawBody
) -> PageShown:
    """Change a page; one is added by `gateway community add`, which takes its token."""
    page = await may_write_page(connection, caller, group_id)
    return await put_page(connection, house.now(), caller, page, read(PageBody, body))


HANDLERS = [show_communities, show_community, write_community]
