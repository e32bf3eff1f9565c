"""Categories and their topics: what residents choose from, and how long each may wait."""

from typing import Annotated, Literal

import msgspec
from msgspec import Struct

from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_operator, department_by_code
from services.departments.queries import (
    CATEGORIES,
    CATEGORY,
    PUT_CATEGORY,
    TITLE_TAKEN,
    CategoryRow,
)
from services.errors import FieldError, InvalidRequest
from services.intake import Code

LONGEST_TITLE = 40  # characters on a button of VK
_Ssttu = Annotated[str, msgspec.Meta(pattern="^[0-9]{4}(\\.[0-9]{4}){0,4}$")]


class CategoryBody(Struct, frozen=True, kw_only=True):
    """A category as it is put. `department` is a route too; `norm_days` is how long it may wait."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TITLE)]
    parent: Code | None = None
    department: Code | None = None
    ssttu_code: _Ssttu | None = None
    norm_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    norm_unit: Literal["calendar", "working"] = "calendar"


async def list_categories(connection: Connection) -> list[CategoryRow]:
    """Return all categories and topics in the order residents see them."""
    return await CATEGORIES.all(connection)


async def may_write_category(connection: Connection, caller: Caller, code: str) -> None:
    """Raise Forbidden when the category leads to a department of another operator."""
    known = await CATEGORY.maybe(connection, code)
    if known is not None and known.department is not None:
        department = await department_by_code(connection, known.department)
        check_operator(caller, department.operator_id)


async def put_category(connection: Connection, code: str, body: CategoryBody) -> CategoryRow:
    """Add a category or replace it.

    Raises InvalidRequest for an unknown department or parent, one that is below the category
    itself, or a title that residents could not tell from its neighbour's.
    """
    errors: list[FieldError] = []
    department_id = None
    if body.department is not None:
        try:
            department_id = (await department_by_code(connection, body.department)).id
        except InvalidRequest as error:
            errors += error.errors
    errors += await _parent_errors(connection, code, body.parent)
    if await TITLE_TAKEN.one(connection, body.parent, code, body.title):
        errors.append(FieldError("title", "Another category beside it has this title."))
    if errors:
        raise InvalidRequest(*errors)
    await PUT_CATEGORY.run(
        connection,
        code,
        body.title,
        body.parent,
        department_id,
        body.ssttu_code,
        body.norm_days,
        body.norm_unit,
    )
    return await CATEGORY.one(connection, code)


async def _parent_errors(connection: Connection, code: str, parent: str | None) -> list[FieldError]:
    above = parent
    while above is not None:
        if above == code:
            return [FieldError("parent", "A category cannot be below itself.")]
        row = await CATEGORY.maybe(connection, above)
        if row is None:
            return [FieldError("parent", "There is no such category.")]
        above = row.parent
    return []
