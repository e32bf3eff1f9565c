"""Categories and their topics over REST."""

from litestar import get, put
from litestar.params import FromPath, RawBody
from msgspec import Struct

from gateway.dependencies import Db, Who
from gateway.documentation import reads
from gateway.security import ADMINS, READERS
from services.departments.categories import (
    CategoryBody,
    list_categories,
    may_write_category,
    put_category,
)
from services.departments.queries import CategoryRow
from services.intake import check_code, read


class CategoryList(Struct, frozen=True):
    """All categories and topics, in the order residents see them, on one page."""

    items: list[CategoryRow]
    next_cursor: None = None


@get("/categories", guards=[READERS])
async def show_categories(connection: Db) -> CategoryList:
    """List all categories and topics."""
    return CategoryList(await list_categories(connection))


@put("/categories/{code:str}", guards=[ADMINS], opt=reads(CategoryBody))
async def write_category(
    connection: Db, caller: Who, code: FromPath[str], body: RawBody
) -> CategoryRow:
    """Add a category or replace it."""
    await may_write_category(connection, caller, code)
    check_code(code)
    return await put_category(connection, code, read(CategoryBody, body))


HANDLERS = [show_categories, write_category]
