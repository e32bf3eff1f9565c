"""What /metrics says of cases and departments."""

import httpx

from gateway.parts import Parts
from tests.gateway.admin.cases import CONTACT, file_appeal
from tests.gateway.http.test_clubs import entry
from tests.gateway.http.test_doctors import CONSENT, patient, published, slot


async def test_cases_are_exported_by_kind_and_state(
    client: httpx.AsyncClient, parts: Parts, roads: str
) -> None:
    """As counts by words of ours; nothing of a person."""
    await file_appeal(parts)
    text = (await client.get("/metrics")).text
    assert 'gateway_cases{kind="appeal",state="registered"} 1.0' in text
    assert 'gateway_cases_due{when="overdue"} 0.0' in text
    assert 'gateway_department_overdue{department="roads"} 0.0' in text
    assert CONTACT not in text


async def test_clubs_are_exported(
    client: httpx.AsyncClient, organiser: httpx.AsyncClient, parts: Parts
) -> None:
    """How full they are, who waits, and offers whose time is over."""
    for name in ("Иванов Пётр", "Ким Анна"):
        await organiser.post("/api/v1/enrolments", json=entry(name, if_full="wait"))
    text = (await client.get("/metrics")).text
    assert 'gateway_club_places{department="roads",what="all"} 1.0' in text
    assert 'gateway_club_places{department="roads",what="taken"} 1.0' in text
    assert 'gateway_club_places{department="roads",what="free"} 0.0' in text
    assert 'gateway_waiting{department="roads",kind="enrolment"} 1.0' in text
    assert 'gateway_offers{kind="enrolment"' not in text
    async with parts.pool.acquire() as connection:
        await connection.execute(
            """UPDATE enrolments SET holds = 'offered', offer_until = now() - interval '1 hour'
            WHERE holds = 'waiting'"""
        )
    text = (await client.get("/metrics")).text
    assert 'gateway_offers{kind="enrolment",when="standing"} 1.0' in text
    assert 'gateway_offers{kind="enrolment",when="overdue"} 1.0' in text
    assert "Иванов" not in text


async def test_clinics_are_exported(
    client: httpx.AsyncClient, clinic: httpx.AsyncClient, parts: Parts
) -> None:
    """Who waits, and whether a free time keeps the norm."""
    wish = {"clinic": "p1", "speciality": "терапевт", "patient": patient(), "consent": CONSENT}
    assert (await clinic.post("/api/v1/waiting", json=wish)).status_code == 201
    text = (await client.get("/metrics")).text
    assert 'gateway_norms{department="roads",kept="no"} 1.0' in text
    assert 'gateway_waiting{department="roads",kind="appointment"} 1.0' in text
    await published(clinic, slot(-60))
    async with parts.pool.acquire() as connection:
        await connection.execute("UPDATE slots SET state = 'free'")
    text = (await client.get("/metrics")).text
    assert 'gateway_norms{department="roads",kept="yes"} 1.0' in text
    assert 'kept="no"' not in text
