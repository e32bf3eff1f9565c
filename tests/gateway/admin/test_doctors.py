"""Doctors in the monitor: norms and lines, a clinic's day, who came, closing of slots."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from gateway.parts import Parts
from services.departments.departments import NewDepartment, add_department
from tests.gateway.admin.conftest import Visit
from tests.gateway.http.test_doctors import (
    CONSENT,
    KRAI,
    TOMORROW,
    booked,
    patient,
    published,
    slot,
)

PATH = "/admin/doctors/p1"
DAY = TOMORROW.astimezone(KRAI).date().isoformat()
NAME = "Иванов Пётр 0"


class Booked:
    """An appointment tomorrow, and the slot that it has."""

    def __init__(self, case: str, slot: str) -> None:
        self.case = case
        self.slot = slot


@pytest.fixture
async def appointment(clinic: httpx.AsyncClient, parts: Parts) -> Booked:
    (slot_id,) = await published(clinic, slot())
    answer = await booked(clinic, slot_id)
    assert answer.status_code == 201, answer.text
    async with parts.pool.acquire() as connection:
        await connection.execute("DELETE FROM reads")
    return Booked(answer.json()["id"], slot_id)


async def reads(parts: Parts) -> list[str]:
    async with parts.pool.acquire() as connection:
        return [row["why"] for row in await connection.fetch("SELECT why FROM reads")]


async def begin(parts: Parts) -> str:
    """Let the appointment be an hour ago; return its day."""
    start = datetime.now(UTC) - timedelta(hours=1)
    async with parts.pool.acquire() as connection:
        for table in ("slots", "appointments"):
            await connection.execute(
                f"UPDATE {table} SET starts_at = $1, ends_at = $2",
                start,
                start + timedelta(minutes=15),
            )
    return start.astimezone(KRAI).date().isoformat()


async def test_norms_and_lines_are_seen(
    visit: Visit, clinic: httpx.AsyncClient, parts: Parts
) -> None:
    """What is not kept stands out; a free time in time keeps it."""
    wish = {"clinic": "p1", "speciality": "терапевт", "patient": patient(1), "consent": CONSENT}
    assert (await clinic.post("/api/v1/waiting", json=wish)).status_code == 201
    for role in ("department", "viewer"):
        page = (await (await visit(role)).get("/admin/doctors")).text
        assert "<b>1</b> норма не соблюдается" in page
        assert "<b>1</b> пациент ждёт времени" in page
        assert "24 часа" in page
        assert "свободного нет" in page
    await published(clinic, slot(-60))
    async with parts.pool.acquire() as connection:
        await connection.execute("UPDATE slots SET state = 'free'")
    page = (await (await visit("department")).get("/admin/doctors")).text
    assert "<b>0</b> норм не соблюдается" in page


async def test_an_empty_table_says_what_to_do(visit: Visit) -> None:
    for role, words in (("department", "ещё не ведёт записи"), ("admin", "gateway import")):
        assert words in (await (await visit(role)).get("/admin/doctors")).text


async def test_its_own_department_sees_the_patients(
    visit: Visit, appointment: Booked, parts: Parts
) -> None:
    """By name, noted; overseers see that there is somebody, and say why to see who."""
    path = f"{PATH}?day={DAY}"
    for role in ("admin", "moderator", "viewer"):
        page = (await (await visit(role)).get(path)).text
        assert appointment.case in page
        assert NAME not in page
    assert await reads(parts) == []
    assert NAME in (await (await visit("department")).get(path)).text
    assert await reads(parts) == ["Приём за день и лист ожидания"]
    admin, viewer = await visit("admin"), await visit("viewer")
    assert (await viewer.post(f"{PATH}/personal", reason="Так", day=DAY)).status_code == 403
    assert (await admin.post(f"{PATH}/personal", day=DAY)).status_code == 400
    assert NAME in (await admin.post(f"{PATH}/personal", reason="Жалоба", day=DAY)).text
    assert sorted(await reads(parts)) == ["Жалоба", "Приём за день и лист ожидания"]


async def test_another_department_or_operator_finds_nothing(
    visit: Visit, appointment: Booked, parts: Parts
) -> None:
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="parks", title="Парки"))
        await connection.execute("INSERT INTO operators (code, title) VALUES ('other', 'Другой')")
        await parts.house.directory.refresh(connection)
    wish = {"ids": appointment.slot, "message": "Закрыто", "day": DAY}
    stranger, other = (
        await visit("department", department="parks"),
        await visit("admin", operator="other"),
    )
    for visitor, status in ((stranger, 404), (other, 403)):
        assert "Поликлиника № 1" not in (await visitor.get("/admin/doctors")).text
        assert (await visitor.get(PATH)).status_code == status
        assert (await visitor.post(f"{PATH}/close", **wish)).status_code == status
    async with parts.pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO clinics (code, department_id, title)
            SELECT 'p2', id, 'Чужая' FROM departments WHERE code = 'parks'"""
        )
    # By way of a clinic of one's own: what is closed is asked for, not the address alone.
    assert (await stranger.post("/admin/doctors/p2/close", **wish)).status_code == 403
    async with parts.pool.acquire() as connection:
        assert await connection.fetchval("SELECT state FROM slots") == "booked"


@pytest.mark.parametrize(("target", "state"), [("attended", "attended"), ("no_show", "no_show")])
async def test_who_came_is_marked_on_the_day(
    visit: Visit, appointment: Booked, parts: Parts, target: str, state: str
) -> None:
    """From its beginning on, in one click that leads back to the day; a no-show is counted."""
    department = await visit("department")
    assert "Не пришёл" not in (await department.get(f"{PATH}?day={DAY}")).text
    day = await begin(parts)
    page = (await department.get(f"{PATH}?day={day}")).text
    assert "Не пришёл" in page
    assert 'name="version" value="1"' in page
    answer = await department.post(
        f"/admin/cases/{appointment.case}/move",
        to=target,
        version="1",
        department="roads",
        next=f"{PATH}?day={day}",
    )
    assert answer.headers["location"] == f"{PATH}?day={day}&done=moved"
    async with parts.pool.acquire() as connection:
        assert await connection.fetchval("SELECT state FROM cases") == state
    assert ("Неявок не было" in (await department.get(PATH)).text) == (state == "attended")
    missed = int(state == "no_show")
    assert f"{missed} из 1" in (await department.get("/admin/doctors")).text


async def test_nobody_is_led_away_from_here(
    visit: Visit, appointment: Booked, parts: Parts
) -> None:
    """The page to show afterwards is one of ours, or the case's."""
    department, path = await visit("department"), f"/admin/cases/{appointment.case}"
    for wrong in ("https://evil.test/", "//evil.test", "/admin/\\evil.test", "/elsewhere"):
        answer = await department.post(f"{path}/message", text="Ждём вас", next=wrong)
        assert answer.headers["location"] == f"{path}?done=sent"


async def test_times_are_closed_with_a_message(
    visit: Visit, appointment: Booked, clinic: httpx.AsyncClient, parts: Parts
) -> None:
    """Marked ones, or the rest of a practitioner's day; the patient is asked to choose anew."""
    (other,) = await published(clinic, slot(60))
    department = await visit("department")
    path = f"{PATH}/close"
    assert (await department.post(path, message="Отпуск", day=DAY)).status_code == 400
    assert (await department.post(path, ids=appointment.slot, day=DAY)).status_code == 400
    wrong = await department.post(path, ids="x", message="Отпуск", day=DAY)
    assert wrong.status_code == 400
    answer = await department.post(path, ids=appointment.slot, message="Отпуск", day=DAY)
    assert answer.headers["location"] == f"{PATH}?day={DAY}&done=slots_closed"
    async with parts.pool.acquire() as connection:
        assert await connection.fetchval("SELECT state FROM cases") == "rebooking"
        rows = await connection.fetch("SELECT id::text, state FROM slots")
        states = {row["id"]: row["state"] for row in rows}
        assert states[appointment.slot] == "closed"
        assert states[other] != "closed"
    later = (TOMORROW + timedelta(minutes=60)).astimezone(KRAI).date().isoformat()
    await department.post(path, practitioner="d1", message="Отпуск", day=later)
    async with parts.pool.acquire() as connection:
        assert set(await connection.fetch("SELECT DISTINCT state FROM slots")) == {("closed",)}


async def test_times_of_a_clinics_own_system_are_closed_there(
    visit: Visit, appointment: Booked, parts: Parts
) -> None:
    """The page says so and offers nothing; whoever tries is told the same."""
    async with parts.pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO backends (department_id, type, url, description)
            SELECT id, 'mis', 'https://mis.test', '{}' FROM departments WHERE code = 'roads'"""
        )
    department = await visit("department")
    page = (await department.get(f"{PATH}?day={DAY}")).text
    assert "Расписание ведёт система поликлиники" in page
    assert f"{PATH}/close" not in page
    assert 'type="checkbox"' not in page
    answer = await department.post(f"{PATH}/close", ids=appointment.slot, message="Отпуск", day=DAY)
    assert answer.status_code == 409
    assert "измените его там" in answer.text


@pytest.mark.parametrize("day", ["", "nonsense", "9999-12-31", "0001-01-01"])
async def test_a_day_that_is_none_is_today(
    visit: Visit, clinic: httpx.AsyncClient, day: str
) -> None:
    """And says so where there is nothing."""
    answer = await (await visit("department")).get(f"{PATH}?day={day}")
    assert answer.status_code == 200
    assert datetime.now(KRAI).strftime("%d.%m.%Y") in answer.text
    assert "времени приёма нет" in answer.text
