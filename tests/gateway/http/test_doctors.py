"""Doctors over REST: schedules, what comes by phone, norms, tickets."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.parts import Parts
from tests.gateway.conftest import Connect, MakeKey

CONSENT = {"version": 1, "given_at": "2026-09-01T10:00:00+10:00"}
POLICIES = ("2700000000000009", "2700000000000017", "2700000000000025")
KRAI = ZoneInfo("Asia/Vladivostok")
TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


def patient(number: int = 0) -> dict[str, str]:
    return {
        "name": f"Иванов Пётр {number}",
        "birth_date": "1986-11-05",
        "policy": POLICIES[number],
        "phone": "+79140000000",
    }


def slot(minutes: int = 0, **fields: Any) -> dict[str, Any]:
    start = TOMORROW + timedelta(minutes=minutes)
    return {
        "practitioner": "d1",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=15)).isoformat(),
    } | fields


@pytest.fixture
async def clinic(connect: Connect, department_key: str) -> httpx.AsyncClient:
    client = connect(department_key)
    body = {"title": "Поликлиника № 1", "address": "ул. Ленина, 1", "cancel_until_minutes": 60}
    assert (await client.put("/api/v1/clinics/p1", json=body)).status_code == 200
    doctor = {"clinic": "p1", "name": "Ким Ю. А.", "speciality": "Терапевт", "room": "12"}
    assert (await client.put("/api/v1/practitioners/d1", json=doctor)).status_code == 200
    return client


async def published(clinic: httpx.AsyncClient, *slots: dict[str, Any]) -> list[str]:
    answer = await clinic.post("/api/v1/slots", json={"items": list(slots)})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def booked(
    clinic: httpx.AsyncClient, slot_id: str, number: int = 0, **fields: Any
) -> httpx.Response:
    body = {"slot": slot_id, "patient": patient(number), "consent": CONSENT} | fields
    return await clinic.post("/api/v1/appointments", json=body)


async def test_slots_are_published_once(clinic: httpx.AsyncClient) -> None:
    """The same again changes nothing; wrong ones are named together."""
    body = {"items": [slot(), slot(20)]}
    first = (await clinic.post("/api/v1/slots", json=body)).json()
    assert (first["created"], first["unchanged"]) == (2, 0)
    again = (await clinic.post("/api/v1/slots", json=body)).json()
    assert (again["created"], again["unchanged"]) == (0, 2)
    assert [item["id"] for item in again["items"]] == [item["id"] for item in first["items"]]
    wrong = [slot(practitioner="nobody"), slot(ends_at=slot()["starts_at"])]
    answer = await clinic.post("/api/v1/slots", json={"items": wrong})
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["items.0.practitioner", "items.1.ends_at"]
    page = (await clinic.get("/api/v1/slots?practitioner=d1&limit=1")).json()
    rest = await clinic.get(f"/api/v1/slots?practitioner=d1&limit=1&cursor={page['next_cursor']}")
    assert [page["items"][0]["id"], rest.json()["items"][0]["id"]] == [
        item["id"] for item in first["items"]
    ]


async def test_a_table_and_a_calendar_are_read(clinic: httpx.AsyncClient) -> None:
    """Times of a calendar without a zone are the krai's; wrong lines are named."""
    table = "starts_at,ends_at,release_at\n2030-03-12T09:00:00+10:00,2030-03-12T09:15:00+10:00,\n"
    path = "/api/v1/slots/import?practitioner=d1"
    answer = await clinic.post(path, content=table, headers={"Content-Type": "text/csv"})
    assert answer.json()["items"][0]["starts_at"] == "2030-03-12T09:00:00+10:00"
    calendar = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20300312T100000\r\n"
        "DTEND:2030031\r\n 2T101500\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nDTSTART:20300312T000000Z\r\nDTEND:20300312T001500Z\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n"
    )
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    answer = await clinic.post(path, content=calendar, headers=headers)
    assert answer.json()["created"] == 1  # both say the same moment
    assert answer.json()["items"][0]["starts_at"] == "2030-03-12T10:00:00+10:00"
    broken = await clinic.post(
        path, content="starts_at,ends_at\nsoon,later\n", headers={"Content-Type": "text/csv"}
    )
    assert [error["field"] for error in broken.json()["errors"]] == ["line 2"]


async def test_what_came_by_phone_is_booked(clinic: httpx.AsyncClient) -> None:
    """Once a slot, once a patient and speciality; the case shows all to the clinic."""
    first, second = await published(clinic, slot(), slot(60))
    answer = await booked(clinic, first)
    assert answer.status_code == 201, answer.text
    case = answer.json()
    assert (case["kind"], case["state"], case["reach"]) == ("appointment", "booked", "phone")
    assert case["details"]["slot"] == first
    assert (await booked(clinic, first, 1)).json()["code"] == "slot_taken"
    assert (await booked(clinic, second)).json()["code"] == "same_speciality"
    opened = (await clinic.get(f"/api/v1/cases/{case['id']}")).json()
    assert opened["details"]["patient"] == patient()
    assert opened["details"]["speciality"] == "терапевт"
    wrong = await booked(clinic, second, patient=patient() | {"policy": "2700000000000000"})
    assert [error["field"] for error in wrong.json()["errors"]] == ["patient.policy"]


async def test_a_ticket_is_a_calendar_file_without_the_patient(clinic: httpx.AsyncClient) -> None:
    (first,) = await published(clinic, slot())
    case = (await booked(clinic, first)).json()
    answer = await clinic.get(f"/api/v1/cases/{case['id']}/ticket.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    text = answer.content.decode()
    assert f"DTSTART:{TOMORROW:%Y%m%dT%H%M%SZ}" in text
    assert "Поликлиника № 1\\, ул. Ленина\\, 1" in text.replace("\r\n ", "")
    assert "Иванов" not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


async def test_another_time_needs_the_version_and_keeps_the_old_one(
    clinic: httpx.AsyncClient,
) -> None:
    first, second, third = await published(clinic, slot(), slot(60), slot(120))
    case = (await booked(clinic, first)).json()
    await booked(clinic, second, 1)
    path = f"/api/v1/cases/{case['id']}/reschedule"
    assert (await clinic.post(path, json={"slot": third})).status_code == 428
    tag = {"If-Match": f'"{case["version"]}"'}
    taken = await clinic.post(path, json={"slot": second}, headers=tag)
    assert (taken.status_code, taken.json()["code"]) == (409, "slot_taken")
    moved = await clinic.post(path, json={"slot": third}, headers=tag)
    assert moved.json()["details"]["slot"] == third
    states = {
        item["id"]: item["state"] for item in (await clinic.get("/api/v1/slots")).json()["items"]
    }
    assert (states[first], states[second], states[third]) == ("unreleased", "booked", "booked")


async def test_closing_slots_tells_who_had_them(clinic: httpx.AsyncClient) -> None:
    first, _ = await published(clinic, slot(), slot(60))
    case = (await booked(clinic, first)).json()
    body = {
        "practitioner": "d1",
        "from": TOMORROW.isoformat(),
        "to": (TOMORROW + timedelta(hours=5)).isoformat(),
        "message": "Врач заболел.",
    }
    assert (await clinic.post("/api/v1/slots/close", json=body)).json() == {"closed": 2, "cases": 1}
    after = (await clinic.get(f"/api/v1/cases/{case['id']}")).json()
    assert after["state"] == "rebooking"
    events = (await clinic.get(f"/api/v1/cases/{case['id']}/events")).json()["items"]
    assert events[-1]["message"] == "Врач заболел."


async def test_the_waiting_list_and_the_norms(clinic: httpx.AsyncClient) -> None:
    """One waits once; a norm is kept when a free slot is near enough."""
    body = {
        "clinic": "p1",
        "speciality": "Терапевт",
        "patient": patient(),
        "consent": CONSENT,
        "days": [1, 2],
        "hours": {"from": "09:00", "to": "12:00"},
    }
    answer = await clinic.post("/api/v1/waiting", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["details"]["place"] == 1
    again = await clinic.post("/api/v1/waiting", json=body)
    assert again.json()["code"] == "already_waiting"
    (norm,) = (await clinic.get("/api/v1/norms?clinic=p1")).json()["items"]
    assert (norm["norm"], norm["next_free_at"], norm["kept"]) == ("24 часа", None, False)
    assert (await clinic.get("/api/v1/specialities")).json()["items"] == ["терапевт"]


async def test_a_clinic_is_its_owners_alone(
    clinic: httpx.AsyncClient, connect: Connect, make_key: MakeKey
) -> None:
    (first,) = await published(clinic, slot())
    admin = connect(await make_key("admin"))
    await admin.put("/api/v1/departments/other", json={"title": "Другие"})
    other = connect(await make_key("department", department="other"))
    for answer in (
        await other.put("/api/v1/clinics/p1", json={"title": "Чужая"}),
        await other.post("/api/v1/slots", json={"items": [slot(30)]}),
        await other.post("/api/v1/slots/close", json={"ids": [first], "message": "Нет"}),
        await booked(other, first),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_owner")
    assert (await other.get("/api/v1/slots")).json()["items"] == []


async def test_a_consent_must_have_been_possible(clinic: httpx.AsyncClient) -> None:
    """A version that is, a moment that was; of a child it is the one for children."""
    (first,) = await published(clinic, slot())
    wrong = {"version": 7, "given_at": (TOMORROW + timedelta(days=1)).isoformat()}
    answer = await booked(clinic, first, consent=wrong)
    fields = {error["field"] for error in answer.json()["errors"]}
    assert (answer.status_code, fields) == (400, {"consent.version", "consent.given_at"})
    naive = await booked(clinic, first, consent={"version": 1, "given_at": "2026-09-01T10:00:00"})
    assert [error["field"] for error in naive.json()["errors"]] == ["consent.given_at"]
    assert (await booked(clinic, first)).status_code == 201


@pytest.mark.parametrize(("born", "subject"), [("1986-11-05", "self"), ("2020-03-12", "children")])
async def test_the_consent_is_kept_with_the_case(
    clinic: httpx.AsyncClient, parts: Parts, born: str, subject: str
) -> None:
    """Of a patient under fifteen it is the one for children (323-ФЗ, art. 54)."""
    (first,) = await published(clinic, slot())
    case = (await booked(clinic, first, patient=patient() | {"birth_date": born})).json()
    async with parts.pool.acquire() as connection:
        kept = await connection.fetchrow(
            """SELECT n.case_id::text, d.service, d.subject, n.given_at, n.noted_by
            FROM consents_noted n JOIN consent_documents d ON d.id = n.document_id"""
        )
    assert kept is not None
    assert (kept["case_id"], kept["service"], kept["subject"]) == (
        case["id"],
        "appointment",
        subject,
    )
    assert kept["given_at"] == datetime.fromisoformat(str(CONSENT["given_at"]))
    assert kept["noted_by"].startswith("department:")


async def test_a_calendar_says_which_events_are_no_slots(clinic: httpx.AsyncClient) -> None:
    """A zone that is named counts; whole days and repeated events are refused, each by number."""
    path = "/api/v1/slots/import?practitioner=d1"
    headers = {"Content-Type": "text/calendar"}
    calendar = "BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n"
    moscow = (
        "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Moscow:20300312T020000\r\n"
        "DTEND;TZID=Europe/Moscow:20300312T021500\r\nEND:VEVENT\r\n"
    )
    answer = await clinic.post(path, content=calendar.format(events=moscow), headers=headers)
    assert answer.json()["items"][0]["starts_at"] == "2030-03-12T09:00:00+10:00"
    day = (
        "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20300312\r\nDTEND;VALUE=DATE:20300313\r\nEND:VEVENT\r\n"
    )
    weekly = moscow.replace("END:VEVENT", "RRULE:FREQ=WEEKLY\r\nEND:VEVENT")
    answer = await clinic.post(
        path, content=calendar.format(events=moscow + day + weekly), headers=headers
    )
    assert [error["field"] for error in answer.json()["errors"]] == ["event 2", "event 3"]
    for none in ("", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "nothing of the kind"):
        assert (await clinic.post(path, content=none, headers=headers)).status_code == 400


async def test_a_moment_in_a_url_may_have_lost_its_plus(clinic: httpx.AsyncClient) -> None:
    """An offset written without %2B arrives as a space."""
    await published(clinic, slot())
    near = TOMORROW.astimezone(KRAI)
    before, after = (near - timedelta(hours=1)).isoformat(), (near + timedelta(1)).isoformat()
    assert "+10:00" in before
    found = await clinic.get(f"/api/v1/slots?from={before}&to={after}")
    assert len(found.json()["items"]) == 1
