"""Looking at one case."""

from typing import Any

import msgspec
import pytest

from services.cases.explaining import list_clocks
from services.cases.moving import resident_move
from services.cases.reading import list_reads, open_case, open_personal_data, read_events
from services.errors import Forbidden, InvalidRequest, NotFound


async def test_a_department_sees_all_and_is_noted(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """What the contract says of a case, and who opened it."""
    filed = await file_appeal()
    case = await open_case(connection, house, caller_of(actor="Петрова"), filed.id)
    shown = msgspec.to_builtins(case)
    assert list(shown) == [
        *("id", "number", "kind", "state", "version", "operator", "community", "department"),
        *("assignments", "created_at", "updated_at", "due_at", "subject", "urgent", "reach"),
        *("tags", "details"),
    ]
    assert (shown["operator"], shown["community"], shown["department"]) == ("default", 101, "roads")
    assert shown["details"]["text"] == "Яма во дворе"
    assert shown["details"]["applicant"]["name"] == "Иванов Иван Иванович"
    assert shown["created_at"].endswith("+10:00")
    assert shown["reach"] == "chat"
    (assignment,) = shown["assignments"]
    assert assignment | {"id": ""} == {
        "id": "",
        "department": "roads",
        "state": "registered",
        "version": 1,
        "due_at": "2026-04-10T23:59:59+10:00",
        "delivery": None,
    }
    (note,) = await list_reads(connection, house, caller_of(), filed.id)
    assert (note.who, note.actor) == ("department:key-roads", "Петрова")


async def test_an_admin_sees_it_masked_until_he_says_why(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """The reason is kept; a viewer never opens, a department has no need to."""
    filed = await file_appeal()
    admin = caller_of(None, "admin")
    masked = await open_case(connection, house, admin, filed.id)
    details = msgspec.to_builtins(masked.details)
    assert details["text"] == "***"
    assert details["applicant"] == {"name": "И***", "contact": "***"}
    assert await list_reads(connection, house, admin, filed.id) == ()
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(InvalidRequest):
            await open_personal_data(connection, house, admin, filed.id, reason)
    opened = await open_personal_data(connection, house, admin, filed.id, "Жалоба жителя")
    assert msgspec.to_builtins(opened.details)["text"] == "Яма во дворе"
    (note,) = await list_reads(connection, house, admin, filed.id)
    assert note.why == "Жалоба жителя"
    for caller in (caller_of(None, "viewer"), caller_of()):
        with pytest.raises(Forbidden):
            await open_personal_data(connection, house, caller, filed.id, "Хочу")


async def test_anothers_case_is_not_there(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """A department without a part in it and another operator's admin get 404."""
    filed = await file_appeal()
    for caller in (caller_of("parks"), caller_of(None, "admin", operator_id=9)):
        for look in (open_case, read_events, list_reads, list_clocks):
            with pytest.raises(NotFound):
                await look(connection, house, caller, filed.id)


async def test_the_history_is_opened_for_a_department(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Oldest first; the words are noted as read, and masked for others."""
    filed = await file_appeal()
    first = await read_events(connection, house, caller_of(), filed.id)
    assert [event.type for event in first] == ["filed"]
    assert await list_reads(connection, house, caller_of(), filed.id) == ()
    await connection.execute("UPDATE assignments SET state = 'needs_info'")
    await resident_move(connection, house, filed.id, "in_work", "У дома 5")
    events = await read_events(connection, house, caller_of(), filed.id)
    shown = msgspec.to_builtins(events[1])
    assert (shown["from"], shown["to"], shown["by"]) == ("needs_info", "in_work", "resident")
    assert shown["message"] == "У дома 5"
    assert len(await list_reads(connection, house, caller_of(), filed.id)) == 1
    masked = await read_events(connection, house, caller_of(None, "admin"), filed.id)
    assert masked[1].message == "***"


@pytest.mark.parametrize("days", [0, 60])
async def test_a_deadline_is_explained(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any, days: int
) -> None:
    """The rule and the calendar that made it, when it started, and whether it is kept."""
    filed = await file_appeal()
    if days:
        await connection.execute("UPDATE clocks SET due_at = '2026-03-11'")
    (clock,) = await list_clocks(connection, house, caller_of(), filed.id)
    assert clock.rule == "message.30_calendar"
    assert "30 календарных дней" in clock.why
    assert "12 марта 2026 года" in clock.why
    assert clock.state == ("overdue" if days else "running")
