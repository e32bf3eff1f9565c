"""Lists and searches of cases."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.cases import CaseFilters
from services.cases.holding import hold_for
from services.cases.listing import list_cases
from services.cases.messages import put_tags
from services.cases.moving import resident_move
from services.cases.transitions import FINAL
from services.errors import InvalidCursor, InvalidRequest


@pytest.fixture
def listed(connection: Any, house: Any) -> Any:
    async def numbers(caller: Any, **filters: Any) -> list[str]:
        page = await list_cases(connection, house, caller, CaseFilters(**filters))
        return [case.number for case in page.items]

    return numbers


async def test_everybody_sees_their_own(listed: Any, caller_of: Any, file_appeal: Any) -> None:
    """A department its cases, an admin all, an operator's admin its operator's."""
    one, two = await file_appeal("roads"), await file_appeal("parks")
    assert await listed(caller_of("roads")) == [one.number]
    assert await listed(caller_of("strict")) == []
    assert await listed(caller_of(None, "viewer")) == [one.number, two.number]
    assert await listed(caller_of(None, "admin", operator_id=1)) == [one.number, two.number]
    assert await listed(caller_of(None, "admin", operator_id=99)) == []


@pytest.mark.parametrize("filters", [{}, {"updated_since": datetime(2026, 1, 1, tzinfo=UTC)}])
async def test_pages_cover_the_list_once(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any, filters: dict[str, Any]
) -> None:
    """In order, without gaps or doubles, also among cases of one moment."""
    filed = [await file_appeal() for _ in range(7)]
    await connection.execute(
        "UPDATE assignments SET created_at = '2026-03-12', updated_at = '2026-03-12'"
    )
    await connection.execute(
        "UPDATE cases SET created_at = '2026-03-12', updated_at = '2026-03-12'"
    )
    for caller in (caller_of(), caller_of(None, "admin")):
        seen: list[Any] = []
        cursor = None
        while True:
            wish = CaseFilters(limit=3, cursor=cursor, **filters)
            page = await list_cases(connection, house, caller, wish)
            seen += [case.id for case in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == sorted(case.id for case in filed)


async def test_a_change_brings_a_case_up_again(
    connection: Any, house: Any, listed: Any, caller_of: Any, file_appeal: Any
) -> None:
    """With `updated_since` the list is ordered by the last change, for every department."""
    one, two = await file_appeal(), await file_appeal()
    since = house.clock.now()
    assert await listed(caller_of(), updated_since=since) == []
    await resident_move(connection, house, one.id, "withdrawn")
    assert await listed(caller_of(), updated_since=since) == [one.number]
    everything = {"updated_since": since - timedelta(days=1)}
    assert await listed(caller_of(), **everything) == [two.number, one.number]
    assert await listed(caller_of(None, "admin"), **everything) == [two.number, one.number]


async def test_a_cursor_belongs_to_its_caller_and_filters(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Anything else is refused, so that nobody walks into another's list."""
    for _ in range(2):
        await file_appeal()
    page = await list_cases(connection, house, caller_of(), CaseFilters(limit=1))
    good = page.next_cursor
    assert good is not None
    tries: list[tuple[Any, dict[str, Any]]] = [
        (caller_of(key_id="another"), {"cursor": good}),
        (caller_of(), {"cursor": good, "kind": "appeal"}),
        (caller_of(), {"cursor": good[:-2]}),
        (caller_of(), {"cursor": "я"}),
        (caller_of(), {"cursor": ""}),
    ]
    for caller, filters in tries:
        with pytest.raises(InvalidCursor):
            await list_cases(connection, house, caller, CaseFilters(**filters))
    await list_cases(connection, house, caller_of(), CaseFilters(limit=5, cursor=good))


async def test_filters(
    connection: Any, house: Any, listed: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Each one narrows the list; nobody's filter shows another department's cases."""
    admin = caller_of(None, "admin")
    one = await file_appeal(phone="89140000001", municipality="08701000001")
    two = await file_appeal("parks")
    await put_tags(connection, house, admin, await hold_for(connection, admin, two.id), ["яма"])
    await resident_move(connection, house, one.id, "withdrawn")
    await connection.execute("UPDATE cases SET due_at = '2026-03-01'")
    await connection.execute("UPDATE assignments SET due_at = '2026-03-01'")
    found: dict[str, tuple[Any, list[str]]] = {
        "kind": ("appeal", [one.number, two.number]),
        "state": ("withdrawn", [one.number]),
        "community": (101, [one.number, two.number]),
        "overdue": (True, [two.number]),
        "to_call": (True, []),
        "number": (two.number, [two.number]),
        "phone": ("+7 914 000-00-01", [one.number]),
        "tag": ("яма", [two.number]),
        "department": ("parks", [two.number]),
        "municipality": ("08701000", [one.number, two.number]),
        "since": ("2026-03-12", [one.number, two.number]),
        "until": ("2026-03-11", []),
    }
    for name, (value, numbers) in found.items():
        assert await listed(admin, **{name: value}) == numbers, name
        own = [number for number in numbers if number == one.number]
        assert await listed(caller_of("roads"), **{name: value}) == own, name
    assert await listed(admin, overdue=False) == [one.number]
    assert await listed(admin, to_call=False) == [one.number, two.number]
    assert await listed(admin, until="2026-03-12", state="withdrawn") == [one.number]


async def test_a_departments_state_is_its_own(
    connection: Any, listed: Any, caller_of: Any, file_appeal: Any
) -> None:
    """The case's state may be another one, when several departments act."""
    filed = await file_appeal()
    await connection.execute("UPDATE cases SET state = 'reopened'")
    assert await listed(caller_of(), state="registered") == [filed.number]
    assert await listed(caller_of(None, "admin"), state="registered") == []


async def test_unknown_values_are_named_at_once(
    connection: Any, house: Any, caller_of: Any
) -> None:
    """A typo never looks like an empty list."""
    wrong: dict[str, Any] = {
        "kind": "letter",
        "state": "lost",
        "community": 5,
        "number": "27-26-0000001-0",
        "phone": "Иванов",
        "category": "no-such",
        "department": "no-such",
        "municipality": "1",
        "since": "yesterday",
        "until": "2026-03-12T10:00:00",
    }
    with pytest.raises(InvalidRequest) as error:
        await list_cases(connection, house, caller_of(), CaseFilters(**wrong))
    fields = {each.field for each in error.value.errors}
    assert fields == {*wrong} - {"since", "until"} | {"from", "to"}


async def test_lists_show_nothing_personal(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """No words, name or contact, and so no note of a read."""
    await file_appeal()
    page = await list_cases(connection, house, caller_of(), CaseFilters())
    shown = msgspec.json.encode(page).decode()
    assert "Яма" not in shown
    assert "Иванов" not in shown
    assert "applicant" not in shown
    assert await connection.fetchval("SELECT count(*) FROM reads") == 0


async def test_the_index_of_deadlines_holds_what_can_be_overdue(connection: Any) -> None:
    """Its condition names no state that the filter would still look at."""
    definition = await connection.fetchval(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'assignments_due'"
    )
    left_out = set(re.findall(r"'([a-z_]+)'::text", definition))
    assert left_out <= {"answered", *(state for states in FINAL.values() for state in states)}
    assert left_out
