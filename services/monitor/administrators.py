"""Who runs a page: a name that the page's operator may enter, sealed, each look at it noted."""

from collections.abc import Iterable

from msgspec import Struct

from services.db.ids import new_id
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest
from services.house import House
from services.monitor.page_queries import (
    DROP_ADMINISTRATOR,
    KEEP_ADMINISTRATOR,
    NOTE_NAMES,
    PAGE_ID,
    PageRow,
)

PLACE = "monitor_administrators.personal"
LONGEST = 200
LOOKED = "Имена администраторов страниц в рейтинге"


class Administrator(Struct, frozen=True):
    """The person's name."""

    name: str


async def put_administrator(
    connection: Connection, house: House, caller: Caller, group_id: int, name: str
) -> None:
    """Enter who runs a page; an empty name takes it out.

    Raises Forbidden, NotFound, InvalidRequest.
    """
    if caller.role != "admin":
        raise Forbidden
    page_id = await PAGE_ID.one(connection, group_id, caller.operator_id)
    name = " ".join(name.split())
    if len(name) > LONGEST:
        raise InvalidRequest(FieldError("name", f"at most {LONGEST} characters"))
    if not name:
        await DROP_ADMINISTRATOR.run(connection, page_id)
        return
    sealed = house.sealer.seal_value(PLACE, page_id, Administrator(name))
    await KEEP_ADMINISTRATOR.run(connection, page_id, sealed)


async def administrators(
    connection: Connection, house: House, caller: Caller, rows: Iterable[PageRow]
) -> dict[int, str]:
    """Return the names that were entered, by page, and note that they were looked at."""
    found = {
        row.id: house.sealer.open_value(PLACE, row.id, row.administrator, Administrator).name
        for row in rows
        if row.administrator is not None
    }
    if found:
        await NOTE_NAMES.run(connection, new_id(), caller.who, caller.actor, LOOKED, house.now())
    return found
