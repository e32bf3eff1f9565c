"""Lists and searches of cases, a page at a time."""

import msgspec
from msgspec.structs import replace

from schemas.cases import CaseFilters, CaseList
from services.cases.cursors import Position, read_cursor, write_cursor
from services.cases.filtering import Conditions, conditions
from services.cases.view_queries import CaseRow, Order, Walk, page_query
from services.cases.viewing import show
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House


async def list_cases(
    connection: Connection,
    house: House,
    caller: Caller,
    filters: CaseFilters,
    *,
    newest: bool = False,
) -> CaseList:
    """Return a page of the cases that the caller sees: a department its own, others all.

    For a department `state` is that of its own assignment. The order is (created_at, id), with
    `updated_since` (updated_at, id); with `newest` it is turned round. Nothing personal is shown.

    Raises:
        InvalidRequest: some filters have a value that nothing can have.
        InvalidCursor: the cursor was written for another caller or other filters.
    """
    found = await conditions(connection, house, filters)
    order: Order = "created_at" if filters.updated_since is None else "updated_at"
    bound = _bound(caller, filters, newest=newest)
    if filters.cursor is not None:
        position = read_cursor(house.keyring.cursor_key, bound, filters.cursor)
        found["before" if newest else "after"] = (position.at, position.id)
    walk, walked = _walked(caller, found)
    query = page_query(walk, order, tuple(found), newest=newest)
    arguments = [value for values in found.values() for value in values]
    rows = await query.all(connection, filters.limit + 1, *walked, *arguments)
    page, more = rows[: filters.limit], len(rows) > filters.limit
    return CaseList(
        tuple(show(house, caller, row) for row in page),
        write_cursor(house.keyring.cursor_key, bound, _position(page[-1], order)) if more else None,
    )


def _walked(caller: Caller, found: Conditions) -> tuple[Walk, tuple[int, ...]]:
    """Choose what is walked: a department's assignments where one is meant, else all cases.

    Changes the conditions: a department's `state` is its own, and walking needs no filter.
    """
    if caller.department_id is not None:
        if "state" in found:
            found["own_state"] = found.pop("state")
        return "department", (caller.department_id,)
    if caller.operator_id is not None:
        found["operator"] = (caller.operator_id,)
    if "department" in found:
        return "department", found.pop("department")
    return "all", ()


def _position(row: CaseRow, order: Order) -> Position:
    return Position(row.created_at if order == "created_at" else row.updated_at, row.id)


def _bound(caller: Caller, filters: CaseFilters, *, newest: bool) -> bytes:
    """Return what a cursor belongs to: the key that calls, and the filters without the paging."""
    turned = ("newest",) if newest else ()
    return msgspec.msgpack.encode((caller.key_id, replace(filters, cursor=None, limit=1), *turned))
