"""What is sent to open pages: ids and counts, never a word of a case."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.house import House
from services.monitor.outbox import outbox
from services.monitor.overview import add_up
from services.monitor.standing_queries import DEPARTMENT_STANDING, STANDING

MOST = 50


class Arrived(Struct, frozen=True):
    """A case that arrived, and when."""

    id: UUID
    at: datetime


class Glance(Struct, frozen=True):
    """Counts by name, cases that arrived, and up to when was looked."""

    counts: dict[str, int]
    cases: tuple[UUID, ...]
    until: datetime


ARRIVED = Query(
    Arrived,
    """SELECT id, created_at AS at FROM cases
    WHERE created_at > $1 AND ($2::integer IS NULL OR operator_id = $2)
    ORDER BY created_at, id LIMIT $3""",
)
ARRIVED_AT = Query(
    Arrived,
    """SELECT case_id AS id, created_at AS at FROM assignments
    WHERE department_id = $2 AND created_at > $1 ORDER BY created_at, case_id LIMIT $3""",
)


async def glance(connection: Connection, house: House, caller: Caller, since: datetime) -> Glance:
    """Return what the caller's open pages are told: a department's own, else the operator's."""
    if caller.department_id is not None:
        rows = await DEPARTMENT_STANDING.all(connection, caller.department_id)
        arrived = await ARRIVED_AT.all(connection, since, caller.department_id, MOST)
    else:
        rows = await STANDING.all(connection, caller.operator_id)
        arrived = await ARRIVED.all(connection, since, caller.operator_id, MOST)
    found = add_up(house, rows)
    counts = {"open": found.open, "due_today": found.due_today, "overdue": found.overdue}
    for kind, states in found.states.items():
        counts |= {f"{kind}.{state}": n for state, n in states.items()}
    if caller.department_id is None:
        by_state, _ = await outbox(connection, caller, house.now())
        counts |= {f"outbox.{state}": n for state, n in by_state.items()}
    until = max((row.at for row in arrived), default=since)
    return Glance(counts, tuple(row.id for row in arrived), until)
