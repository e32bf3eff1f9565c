"""How full the groups of clubs are, and who waits for them; counts of the groups' own rows."""

from msgspec import Struct

from services.clubs.enrolling import stands_against
from services.clubs.queries import GROUPS_OF, GroupRow
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House


class GroupLine(Struct, frozen=True):
    """A group on the monitor's table; `against`: why nobody can be enrolled just now."""

    row: GroupRow
    against: str | None

    @property
    def fill(self) -> float | None:
        """Which share of the places is taken or offered; None for a group without places."""
        used = self.row.taken + self.row.offered
        return used / self.row.places if self.row.places else None


class Clubs(Struct, frozen=True):
    """All groups that the caller sees, and what they add up to."""

    lines: list[GroupLine]

    @property
    def taken(self) -> int:
        """How many children have a place."""
        return sum(line.row.taken for line in self.lines)

    @property
    def free(self) -> int:
        """Places that somebody could take at once."""
        return sum(line.row.free for line in self.lines if line.against is None)

    @property
    def offered(self) -> int:
        """Places that somebody has been offered and has not taken yet."""
        return sum(line.row.offered for line in self.lines)

    @property
    def waiting(self) -> int:
        """How many children stand in lines."""
        return sum(line.row.waiting for line in self.lines)


async def clubs(connection: Connection, house: House, caller: Caller) -> Clubs:
    """Return the groups that are not over: a department's own, of one operator or of all."""
    now = house.now()
    today = now.astimezone(house.zone).date()
    rows = await GROUPS_OF.all(connection, caller.department_id, caller.operator_id, today)
    return Clubs([GroupLine(row, stands_against(row, now)) for row in rows])
