"""Where open cases lie: counts by squares of a twentieth of a degree."""

from msgspec import Struct

from services.db.query import Connection
from services.departments.callers import Caller
from services.monitor.standing_queries import AREAS

SIDE = 0.05  # degrees; about 5.5 km from south to north
_COLUMNS = 7200
_TO_DEGREE = 20


class Area(Struct, frozen=True):
    """A square by its south-western corner, with how many open cases lie in it."""

    south: float
    west: float
    n: int


async def areas(connection: Connection, caller: Caller) -> list[Area]:
    """Return the squares with open cases, the fullest first."""
    rows = await AREAS.all(connection, caller.operator_id)
    found = [Area(*corner_of(row.cell), row.n) for row in rows]
    return sorted(found, key=lambda area: -area.n)


def corner_of(cell: int) -> tuple[float, float]:
    """Return the south-western corner of a square as the database numbers it."""
    row, column = divmod(cell, _COLUMNS)
    return row / _TO_DEGREE - 90, column / _TO_DEGREE - 180
