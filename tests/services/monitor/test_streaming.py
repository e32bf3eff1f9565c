"""What open pages are told of changes."""

from datetime import timedelta
from typing import Any

import msgspec

from services.monitor.outbox import outbox
from services.monitor.streaming import glance


async def test_ids_and_counts_are_all_that_is_told(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Of one's own cases alone: a department's, an operator's, or all."""
    since = house.now()
    filed = await file_appeal("parks")
    seen = {
        "parks": await glance(connection, house, caller_of("parks"), since),
        "roads": await glance(connection, house, caller_of("roads"), since),
        "admin": await glance(connection, house, caller_of(None, "admin"), since),
        "other": await glance(connection, house, caller_of(None, "viewer", operator_id=99), since),
    }
    assert {name: list(each.cases) for name, each in seen.items()} == {
        "parks": [filed.id],
        "roads": [],
        "admin": [filed.id],
        "other": [],
    }
    for name in ("parks", "admin"):
        assert seen[name].counts["open"] == 1
        assert seen[name].counts["appeal.registered"] == 1
        told = msgspec.json.encode(seen[name]).decode()
        assert "Яма" not in told
        assert "Иванов" not in told
        assert filed.number not in told
    again = await glance(connection, house, caller_of("parks"), seen["parks"].until)
    assert again.cases == ()


async def test_the_outbox_of_another_operator_is_not_counted(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """What waits, and for how long, is told of one's own pages and departments."""
    filed = await file_appeal("parks")
    await connection.execute(
        """INSERT INTO deliveries (id, kind, state, type, department_id, case_id, next_at,
            created_at)
        SELECT gen_random_uuid(), 'hand_off', state, 'case.assigned', id, $1, $2, $2
        FROM departments, (VALUES ('dead'), ('waiting')) AS s (state) WHERE code = 'parks'""",
        filed.id,
        house.now() - timedelta(minutes=5),
    )
    for operator_id, dead, old in ((None, 1, True), (1, 1, True), (99, 0, False)):
        caller = caller_of(None, "admin", operator_id=operator_id)
        by_state, seconds = await outbox(connection, caller, house.now())
        assert by_state["dead"] == dead
        assert (seconds > 200) == old
