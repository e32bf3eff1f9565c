"""What a move of an enrolment does to the places of its group: locks, counters, the line.

The rows of the groups are locked in the order of their ids, after those of the cases: whoever
moves several enrolments calls `lock_groups` first.
"""

from collections.abc import Iterable

import asyncpg

from services.cases.shifting import Shift
from services.clubs.errors import refused
from services.clubs.queries import COUNT, ENROLMENT, HOLD, LOCK_GROUPS, GroupRow, Holds
from services.db.query import Connection

HOLDS: dict[str, Holds] = {
    "submitted": "taken",
    "test_invited": "taken",
    "confirmed": "taken",
    "enrolled": "taken",
    "offered": "offered",
    "waitlisted": "waiting",
}
"""State → what an enrolment in it holds of its group; in all others nothing."""


async def lock_groups(connection: Connection, ids: Iterable[int]) -> dict[int, GroupRow]:
    """Lock groups, in the order of their ids; return them by id."""
    rows = await LOCK_GROUPS.all(connection, sorted(set(ids)))
    return {row.id: row for row in rows}


async def shift(connection: Connection, move: Shift) -> None:
    """Move what an enrolment holds to what `target` holds.

    Raises EnrolmentRefused: `group_full`, `waiting_list_full` or `already_enrolled`, where a
    person at the organiser's wants what there is no room for.
    """
    row = await ENROLMENT.one(connection, move.case_id)
    after = HOLDS.get(move.target)
    if row.holds == after:
        return
    group = (await lock_groups(connection, [row.group_id]))[row.group_id]
    in_use = group.taken + group.offered - (row.holds in {"taken", "offered"})
    if after in {"taken", "offered"} and in_use >= group.places:
        raise refused("group_full")
    if after == "waiting" and group.waiting >= group.waiting_capacity:
        raise refused("waiting_list_full")
    await count(connection, row.group_id, row.holds, after)
    try:
        async with connection.transaction():
            await HOLD.run(connection, move.case_id, after, move.now, move.until)
    except asyncpg.UniqueViolationError:
        raise refused("already_enrolled") from None


async def count(
    connection: Connection, group_id: int, before: str | None, after: str | None
) -> None:
    """Change the counters of a locked group by one enrolment."""
    changes = [(after == held) - (before == held) for held in ("taken", "offered", "waiting")]
    await COUNT.run(connection, group_id, *changes)
