"""Trying the routing rules without filing anything."""

from msgspec import Struct

from services.communities.directory import read_snapshot
from services.communities.operators import operator_id_for
from services.communities.writing_queries import PAGE_BY_GROUP
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.routes import Kind
from services.departments.routing import Unrouted, route
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.intake import Code, Municipality


class TryBody(Struct, frozen=True, kw_only=True):
    """What is known of the case; the page says whose it is and, if not given, where."""

    kind: Kind = "appeal"
    category: Code | None = None
    municipality: Municipality | None = None
    community: int | None = None
    text: str = ""


class Tried(Struct, frozen=True):
    """Where the case would go; `rule` is `route:ID`, `category:CODE`, `default` or `none`."""

    department: str | None
    rule: str
    why: str


async def try_route(connection: Connection, house: House, caller: Caller, body: TryBody) -> Tried:
    """Return where the rules, as they are in the database now, lead at this moment.

    Raises InvalidRequest for an unknown category or community.
    """
    snapshot = await read_snapshot(connection, 0)
    errors: list[FieldError] = []
    if body.category is not None and body.category not in snapshot.categories:
        errors.append(FieldError("category", "There is no such category."))
    page = None
    if body.community is not None:
        page = await PAGE_BY_GROUP.maybe(connection, body.community)
        if page is None:
            errors.append(FieldError("community", "There is no such community."))
    if errors:
        raise InvalidRequest(*errors)
    operator_id = page.operator_id if page else await operator_id_for(connection, caller, None)
    case = Unrouted(
        kind=body.kind,
        operator_id=operator_id,
        moment=house.now().astimezone(house.zone),
        topic=body.category,
        municipality=body.municipality or (page.municipality if page else None),
        community=body.community,
        text=body.text,
    )
    found = route(snapshot, case)
    return Tried(found.department.code if found.department else None, found.rule, found.why)
