"""Reminders: for who agreed, once a day before and once two hours before."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.communities.consents import current_document
from services.db.ids import new_id
from services.doctors.reminding import remind
from tests.services.doctors.conftest import Clinic
from tests.services.hands import Bell


async def decide(clinic: Clinic, account: UUID, action: str) -> None:
    async with clinic.pool.acquire() as connection:
        document = await current_document(connection, 1, "reminders", "self")
        await connection.execute(
            """INSERT INTO consents (id, account_id, document_id, action, event_id, at)
            VALUES ($1, $2, $3, $4, $5, $6)""",
            new_id(),
            account,
            document.id,
            action,
            str(new_id()),
            clinic.clock.now(),
        )


async def reminders(clinic: Clinic) -> list[Any]:
    await remind(clinic.pool, clinic.house, Bell())
    return await clinic.pool.fetch(
        """SELECT d.useful_until, e.type FROM case_events e
        JOIN deliveries d ON d.id = e.delivery_id WHERE e.type = 'reminded' ORDER BY e.seq"""
    )


async def test_a_day_and_two_hours_before(clinic: Clinic) -> None:
    """Each once, and of no use after the start."""
    account = await clinic.resident()
    await decide(clinic, account, "given")
    await clinic.book(await clinic.slot(timedelta(days=3)), account=account)
    start = clinic.clock.at + timedelta(days=3)
    assert await reminders(clinic) == []
    for hours, count in ((25, 0), (23.9, 1), (20, 1), (2.1, 1), (1.9, 2), (0.5, 2), (-1, 2)):
        clinic.clock.at = start - timedelta(hours=hours)
        assert len(await reminders(clinic)) == count, hours
    assert all(row["useful_until"] <= start for row in await reminders(clinic))


@pytest.mark.parametrize("decisions", [(), ("given", "withdrawn")])
async def test_nobody_is_reminded_who_did_not_agree(
    clinic: Clinic, decisions: tuple[str, ...]
) -> None:
    account = await clinic.resident()
    for action in decisions:
        await decide(clinic, account, action)
    await clinic.book(await clinic.slot(timedelta(days=3)), account=account)
    clinic.clock.at += timedelta(days=2, hours=23)
    assert await reminders(clinic) == []


async def test_who_has_just_booked_knows(clinic: Clinic) -> None:
    """Booked twenty hours before: only the second reminder comes."""
    account = await clinic.resident()
    await decide(clinic, account, "given")
    await clinic.book(await clinic.slot(timedelta(hours=20)), account=account)
    assert await reminders(clinic) == []
    clinic.clock.at += timedelta(hours=18, minutes=30)
    assert len(await reminders(clinic)) == 1
