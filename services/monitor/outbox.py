"""How the outbox stands, of one operator or of all."""

from datetime import datetime

from services.db.query import Connection, Query
from services.deliveries.lost import STANDING, UNSETTLED, Standing
from services.departments.callers import Caller

_OWN = """FROM deliveries m LEFT JOIN departments d ON d.id = m.department_id
        LEFT JOIN communities g ON g.id = m.community_id
    WHERE coalesce(d.operator_id, g.operator_id) = $1 AND """

# In three, each of which has an index of its own: the table is mostly what was sent long ago.
STANDING_OF = Query(
    Standing,
    f"""SELECT m.state, count(*) AS count, min(m.next_at) AS oldest {_OWN}
        m.kind = 'message' AND m.state IN ('waiting', 'leased') GROUP BY m.state
    UNION ALL
    SELECT m.state, count(*), min(m.next_at) {_OWN}
        m.kind = 'hand_off' AND m.state IN ('waiting', 'leased') GROUP BY m.state
    UNION ALL
    SELECT m.state, count(*), NULL {_OWN}
        m.state IN ('dead', 'parked') GROUP BY m.state""",
)


async def outbox(
    connection: Connection, caller: Caller, now: datetime
) -> tuple[dict[str, int], float]:
    """Return how many deliveries are in each state, and for how many seconds the oldest is due."""
    if caller.operator_id is None:
        rows = await STANDING.all(connection)
    else:
        rows = await STANDING_OF.all(connection, caller.operator_id)
    by_state, oldest = dict.fromkeys(UNSETTLED, 0), now
    for row in rows:
        by_state[row.state] += row.count
        oldest = min(oldest, row.oldest or now)
    return by_state, (now - oldest).total_seconds()
