"""Routing as data: the rules that say which department must act."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_operator, department_by_code
from services.departments.queries import (
    CATEGORY,
    DELETE_ROUTES,
    INSERT_ROUTE,
    LOCK_ROUTES,
    ROUTES,
    UPDATE_ROUTE,
    RouteRow,
)
from services.errors import FieldError, InvalidRequest
from services.intake import Code, Municipality

Kind = Literal["appeal", "enrolment", "appointment"]
_Hour = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
_Day = Annotated[int, msgspec.Meta(ge=1, le=7)]
_Word = Annotated[str, msgspec.Meta(min_length=2, max_length=100)]


class RouteTime(Struct, frozen=True, kw_only=True):
    """When a rule holds: days of the week (1 is Monday) and hours, in the region's time."""

    days: Annotated[list[_Day], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7]
    )
    start: _Hour = msgspec.field(name="from", default="00:00")
    end: _Hour = msgspec.field(name="to", default="24:00")


class RouteBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule as it is put and shown; what is not given fits everything.

    `words` fit when one of them (a word or a phrase) stands in the text as it is written here.
    """

    kind: Kind
    department: Code
    category: Code | None = None
    municipality: Municipality | None = None
    community: Annotated[int, msgspec.Meta(ge=1)] | None = None
    words: Annotated[list[_Word], msgspec.Meta(min_length=1, max_length=200)] | None = None
    time: RouteTime | None = None


class RouteList(Struct, frozen=True):
    """All rules, in their order."""

    items: Annotated[list[RouteBody], msgspec.Meta(max_length=5000)]


async def list_routes(connection: Connection) -> RouteList:
    """Return all rules in their order."""
    return RouteList([shown(row) for row in await ROUTES.all(connection)])


async def put_routes(connection: Connection, caller: Caller, routes: RouteList) -> RouteList:
    """Replace all rules: an operator's admin those that lead to its departments.

    Raises InvalidRequest with every unknown category and department, Forbidden for a department
    of another operator.
    """
    departments = await _check(connection, caller, routes.items)
    await LOCK_ROUTES.run(connection)
    await DELETE_ROUTES.run(connection, caller.operator_id)
    for route in routes.items:
        await INSERT_ROUTE.run(connection, *_columns(route), departments[route.department])
    return await list_routes(connection)


async def add_route(connection: Connection, route: RouteBody) -> None:
    """Add a rule, or let the one with the same conditions lead to its department.

    Raises InvalidRequest for an unknown category or department.
    """
    department = await department_by_code(connection, route.department)
    if route.category is not None and await CATEGORY.maybe(connection, route.category) is None:
        raise InvalidRequest(FieldError("category", "There is no such category."))
    for row in await ROUTES.all(connection):
        if _columns(shown(row)) == _columns(route):
            await UPDATE_ROUTE.run(connection, row.id, department.id)
            return
    await INSERT_ROUTE.run(connection, *_columns(route), department.id)


def shown(row: RouteRow) -> RouteBody:
    """Return a rule as the outside sees it."""
    return RouteBody(
        kind=msgspec.convert(row.kind, Kind),
        department=row.department,
        category=row.category,
        municipality=row.municipality,
        community=row.community,
        words=row.words,
        time=None if row.hours is None else msgspec.convert(row.hours, RouteTime),
    )


def _columns(route: RouteBody) -> tuple[Any, ...]:
    hours = None if route.time is None else msgspec.to_builtins(route.time)
    return (route.kind, route.category, route.municipality, route.community, route.words, hours)


async def _check(connection: Connection, caller: Caller, routes: list[RouteBody]) -> dict[str, int]:
    """Return the ids of the departments named; raises InvalidRequest with all unknown names."""
    errors: list[FieldError] = []
    departments: dict[str, int] = {}
    for number, route in enumerate(routes):
        where = f"items.{number}"
        try:
            department = await department_by_code(
                connection, route.department, f"{where}.department"
            )
            check_operator(caller, department.operator_id)
            departments[route.department] = department.id
        except InvalidRequest as error:
            errors += error.errors
        if route.category is not None and not await CATEGORY.maybe(connection, route.category):
            errors.append(FieldError(f"{where}.category", "There is no such category."))
    if errors:
        raise InvalidRequest(*errors)
    return departments
