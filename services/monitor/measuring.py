"""What is exported to Prometheus: counts by words of ours, read from the monitor's tables."""

from collections import Counter

from msgspec import Struct

from services.db.query import Connection, Query
from services.house import House
from services.monitor.lines import Lines, lines
from services.monitor.overview import Counts, add_up
from services.monitor.standing_queries import DEPARTMENT_STANDING, STANDING


class Measured(Struct, frozen=True, kw_only=True):
    """Counts of the whole gateway, and by the codes of departments."""

    counts: Counts
    overdue: dict[str, int]
    dead: dict[str, int]
    unfolded: int
    lines: Lines


class DeadRow(Struct, frozen=True):
    """How many hand-offs to a department were given up."""

    department_id: int
    n: int


DEAD = Query(
    DeadRow,
    """SELECT department_id, count(*) AS n FROM deliveries
    WHERE state = 'dead' AND kind = 'hand_off' GROUP BY department_id""",
)
UNFOLDED = Query(int, "SELECT count(*) FROM (SELECT FROM monitor_deltas LIMIT 1000000) AS waiting")


async def measure(connection: Connection, house: House) -> Measured:
    """Return what stands where, what is late and what is lost."""
    departments = house.directory.snapshot.departments
    codes = {row.id: row.code for row in departments.values()}
    now, late = house.now(), Counter[str]()
    for row in await DEPARTMENT_STANDING.all(connection, None):
        if row.due_at is not None and row.due_at < now and row.department_id in codes:
            late[codes[row.department_id]] += row.n
    dead = {
        codes[row.department_id]: row.n
        for row in await DEAD.all(connection)
        if row.department_id in codes
    }
    return Measured(
        counts=add_up(house, await STANDING.all(connection, None)),
        overdue={code: late[code] for code in codes.values()},
        dead={code: dead.get(code, 0) for code in codes.values()},
        unfolded=await UNFOLDED.one(connection),
        lines=await lines(connection, house),
    )
