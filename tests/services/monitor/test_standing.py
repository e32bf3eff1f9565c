"""The read models say what a count of the cases would say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cases import MoveRequest
from services.cases.holding import hold_for
from services.cases.moving import move, resident_move
from services.cases.rating import rate
from services.monitor.figures import figures
from services.monitor.folding import DROP_EMPTY, FOLD, ROWS
from services.monitor.overview import overview
from services.monitor.standing_queries import AREAS, DEPARTMENT_STANDING, STANDING
from services.monitor.times import bucket_of, quantile

HONEST = """SELECT kind, state, count(*) AS n FROM cases GROUP BY kind, state"""
HONEST_AT = """SELECT department_id, state, count(*) AS n FROM assignments
    GROUP BY department_id, state"""


async def agrees(connection: Any) -> None:
    """Compare the monitor's counts with the rows themselves."""
    counted: dict[Any, int] = {}
    for row in await STANDING.all(connection, None):
        counted[row.kind, row.state] = counted.get((row.kind, row.state), 0) + row.n
    honest = {(row["kind"], row["state"]): row["n"] for row in await connection.fetch(HONEST)}
    assert {key: n for key, n in counted.items() if n} == honest
    counted = {}
    for row in await DEPARTMENT_STANDING.all(connection, None):
        key = row.department_id, row.state
        counted[key] = counted.get(key, 0) + row.n
    rows = await connection.fetch(HONEST_AT)
    assert {key: n for key, n in counted.items() if n} == {
        (row["department_id"], row["state"]): row["n"] for row in rows
    }


async def answered(connection: Any, house: Any, caller: Any, filed: Any) -> None:
    held = await hold_for(connection, caller, filed.id)
    version = held.assignments[0].version
    wish = MoveRequest(to="answered", message="Сделали")
    await move(connection, house, caller, held, wish, f'"{version}"')


@pytest.mark.parametrize("folded", [False, True])
async def test_counts_follow_every_change(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any, folded: bool
) -> None:
    """Filed, answered, reopened, withdrawn, rated; folded in between or not."""

    async def look() -> None:
        if folded:
            await FOLD.one(connection, str(house.zone), ROWS)
            await DROP_EMPTY.run(connection)
        await agrees(connection)

    filed = [await file_appeal("parks") for _ in range(3)]
    filed.append(await file_appeal(None, latitude=48.5, longitude=135.1))
    await look()
    caller = caller_of("parks")
    for each in filed[:2]:
        await answered(connection, house, caller, each)
    await look()
    await rate(connection, house, filed[0].id, 4)
    await resident_move(connection, house, filed[1].id, "reopened", "Не решено")
    await resident_move(connection, house, filed[2].id, "withdrawn")
    await look()
    assert sum(row.n for row in await AREAS.all(connection, None)) == 1
    await resident_move(connection, house, filed[3].id, "withdrawn")
    await look()
    assert await AREAS.all(connection, None) == []
    found = (await overview(connection, house, caller_of(None, "admin"))).now
    assert (found.filed, found.answered, found.reopened) == (4, 2, 1)
    assert (found.in_time, found.unsolved, found.rating) == (1.0, 0.5, 4.0)
    assert found.reaction_median is not None


async def test_a_late_answer_counts_as_late(
    connection: Any, house: Any, clock: Any, caller_of: Any, file_appeal: Any
) -> None:
    """And before it is given, the case stands as overdue."""
    filed = await file_appeal("parks")
    clock.at = filed.due_at
    admin = caller_of(None, "admin")
    assert (await overview(connection, house, admin)).counts.overdue == 1
    await answered(connection, house, caller_of("parks"), filed)
    found = await overview(connection, house, admin)
    assert found.counts.overdue == 0
    assert found.now.in_time == 0.0


@given(st.floats(60, 10**8))
def test_a_time_is_read_out_nearly_as_it_was(seconds: float) -> None:
    """Alone in its bucket it is off by the bucket's width at most."""
    read = quantile({bucket_of(seconds): 1}, 0.5)
    assert read is not None
    assert abs(read / seconds - 1) < 0.1


@given(
    st.dictionaries(st.integers(0, 120), st.integers(1, 50), min_size=1),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
)
def test_quantiles_grow(counts: dict[int, int], one: float, other: float) -> None:
    """A larger share takes no less time."""
    low, high = sorted((one, other))
    assert (quantile(counts, low) or 0) <= (quantile(counts, high) or 0)


async def test_the_database_counts_buckets_alike(connection: Any) -> None:
    """In Python and in PostgreSQL a time has the same bucket."""
    for seconds in (1, 60, 66, 100, 3600, 86_400, 2_592_000):
        sql = "SELECT monitor_bucket(make_interval(secs => $1))"
        assert await connection.fetchval(sql, float(seconds)) == bucket_of(seconds)


def test_nothing_is_no_figure() -> None:
    """Without data there is None, not zero."""
    empty = figures(())
    assert (empty.answer_median, empty.in_time, empty.rating, empty.unsolved) == (None,) * 4
