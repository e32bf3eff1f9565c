"""Filters of the list of cases that people keep under a name of their own."""

from uuid import UUID

from services.db.ids import new_id
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.monitor.session_queries import DROP_FILTER, FILTERS, KEEP_FILTER, KeptFilter

MOST = 50
LONGEST_TITLE = 60
LONGEST_QUERY = 1000


async def kept_filters(connection: Connection, caller: Caller) -> list[KeptFilter]:
    """Return what the holder of this key has kept, by title."""
    return await FILTERS.all(connection, caller.key_id)


async def keep_filter(
    connection: Connection, house: House, caller: Caller, title: str, query: str
) -> None:
    """Keep a filter; one of the same title is replaced. Raises InvalidRequest."""
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE or len(query) > LONGEST_QUERY:
        raise InvalidRequest(FieldError("title", f"1 to {LONGEST_TITLE} characters"))
    await KEEP_FILTER.run(connection, new_id(), caller.key_id, title, query, house.now(), MOST)


async def drop_filter(connection: Connection, caller: Caller, filter_id: UUID) -> None:
    """Forget a filter of one's own; of others nothing changes."""
    await DROP_FILTER.run(connection, filter_id, caller.key_id)
