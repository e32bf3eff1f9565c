"""A department's own queue, as people see it who have no back end of their own."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.house import House
from services.monitor.overview import Counts, add_up
from services.monitor.standing_queries import DEPARTMENT_STANDING

ROWS = 100


class Waiting(Struct, frozen=True, kw_only=True):
    """A piece of work in the queue; `mine` while this key has it under a lease."""

    case_id: UUID
    number: str
    subject: str
    state: str
    urgent: bool
    due_at: datetime | None
    created_at: datetime
    leased: bool
    mine: bool


class Queue(Struct, frozen=True):
    """The head of the queue in the order in which it is claimed, and how much there is."""

    counts: Counts
    items: list[Waiting]


QUEUE = Query(
    Waiting,
    """SELECT a.case_id, c.number, c.subject, a.state, a.urgent, a.due_at, a.created_at,
        coalesce(a.leased_until > $2, false) AS leased,
        coalesce(a.leased_until > $2 AND a.leased_by = $3, false) AS mine
    FROM assignments a JOIN cases c ON c.id = a.case_id
    WHERE a.department_id = $1 AND a.workable
    ORDER BY a.urgent DESC, a.created_at, a.id LIMIT $4""",
)


async def queue_of(connection: Connection, house: House, caller: Caller) -> Queue:
    """Return the queue of the caller's department."""
    rows = await DEPARTMENT_STANDING.all(connection, caller.department_id)
    items = await QUEUE.all(connection, caller.department_id, house.now(), caller.key_id, ROWS)
    return Queue(add_up(house, rows), items)
