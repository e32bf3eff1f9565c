"""Filing a case."""

from typing import Any

from services.cases.number import is_case_number
from services.cases.personal import AppealPersonal


async def test_a_message_is_registered_at_once_at_its_department(
    connection: Any, file_appeal: Any
) -> None:
    """It gets a number, a deadline with its rule and calendar, an assignment and an event."""
    filed = await file_appeal()
    assert is_case_number(filed.number)
    assert filed.number.startswith("27-26-")
    assert filed.state == "registered"
    assert filed.due_at.isoformat() == "2026-04-10T23:59:59+10:00"
    row = await connection.fetchrow("SELECT * FROM cases WHERE id = $1", filed.id)
    assert (row["due_rule"], row["due_at"]) == ("message.30_calendar", filed.due_at)
    assert row["due_calendar"]
    assignment = await connection.fetchrow("SELECT * FROM assignments")
    assert (assignment["state"], assignment["workable"]) == ("registered", True)
    event = await connection.fetchrow("SELECT * FROM case_events")
    assert (event["type"], event["by"], event["target"]) == ("filed", "resident", "registered")


async def test_numbers_differ(file_appeal: Any) -> None:
    """No two cases have one number."""
    assert len({(await file_appeal()).number for _ in range(5)}) == 5


async def test_moderation_59fz_and_no_department_wait_for_registration(
    connection: Any, file_appeal: Any
) -> None:
    """Such an appeal is `submitted`; without a department it has no assignment."""
    assert (await file_appeal("strict")).state == "submitted"
    assert (await file_appeal(legal_kind="appeal_59fz")).state == "submitted"
    alone = await file_appeal(None)
    assert alone.state == "submitted"
    count = "SELECT count(*) FROM assignments WHERE case_id = $1"
    assert await connection.fetchval(count, alone.id) == 0


async def test_what_is_personal_is_sealed_to_its_row(
    connection: Any, house: Any, file_appeal: Any
) -> None:
    """Only the sealed column holds it; the phone is found by its keyed hash in any spelling."""
    filed = await file_appeal()
    row = await connection.fetchrow("SELECT * FROM cases WHERE id = $1", filed.id)
    assert b"\xd0" not in row["personal"][:0] + bytes(row["personal"])[:6]
    opened = house.sealer.open_value("cases.personal", filed.id, row["personal"], AppealPersonal)
    assert opened.text == "Яма во дворе"
    assert row["phone_key"] == house.sealer.keyed_hash("phone", "+79141234567")


async def test_a_department_with_a_webhook_is_told(
    connection: Any, departments: Any, file_appeal: Any
) -> None:
    """The note waits in the outbox; a department without a webhook has its queue."""
    await connection.execute(
        "INSERT INTO webhooks (department_id, url, secret) VALUES ($1, 'https://x', '')",
        departments["roads"],
    )
    filed = await file_appeal()
    row = await connection.fetchrow("SELECT * FROM deliveries")
    assert (row["id"], row["type"], row["case_id"]) == (filed.hand_off, "case.assigned", filed.id)
    assert (await file_appeal("parks")).hand_off is None
