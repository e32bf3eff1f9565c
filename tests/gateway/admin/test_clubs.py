"""Clubs in the monitor: how full groups are, who is in them, closing; masked, noted, one's own."""

import csv
import io

import httpx
import pytest

from gateway.parts import Parts
from services.departments.departments import NewDepartment, add_department
from tests.gateway.admin.conftest import Visit
from tests.gateway.http.test_clubs import GROUP, entry

CHILD, SECOND = "Иванов <b>Пётр</b>", "Ким Анна"
PATH = "/admin/clubs/robots-1"


async def reads(parts: Parts) -> list[str]:
    async with parts.pool.acquire() as connection:
        rows = await connection.fetch("SELECT why FROM reads ORDER BY at")
    return [row["why"] for row in rows]


@pytest.fixture
async def full(organiser: httpx.AsyncClient, parts: Parts) -> None:
    """A group of one place: one child has it, another waits; nothing is noted yet."""
    for name in (CHILD, SECOND):
        answer = await organiser.post("/api/v1/enrolments", json=entry(name, if_full="wait"))
        assert answer.status_code == 201, answer.text
    async with parts.pool.acquire() as connection:
        await connection.execute("DELETE FROM reads")


@pytest.mark.usefixtures("full")
async def test_the_table_says_how_full_groups_are(visit: Visit, parts: Parts) -> None:
    """To everybody, with nothing of a child."""
    for role in ("department", "admin", "viewer"):
        page = (await (await visit(role)).get("/admin/clubs")).text
        assert "Робототехника, Группа 1" in page
        assert "1 из 1" in page
        assert "100\N{NO-BREAK SPACE}%" in page
        assert "мест нет совсем" in page
        assert SECOND not in page
    assert await reads(parts) == []


async def test_an_empty_table_says_what_to_do(visit: Visit) -> None:
    for role, words in (
        ("department", "Ваше ведомство ещё не открыло"),
        ("admin", "gateway import"),
    ):
        assert words in (await (await visit(role)).get("/admin/clubs")).text


@pytest.mark.usefixtures("full")
async def test_its_own_department_sees_the_children(visit: Visit, parts: Parts) -> None:
    """By name, each look noted; words of residents are shown, not run."""
    page = (await (await visit("department")).get(PATH)).text
    assert "Иванов &lt;b&gt;Пётр&lt;/b&gt;, 12.03.2017" in page
    assert SECOND in page
    assert "<b>Пётр" not in page
    assert await reads(parts) == ["Список группы"] * 2


@pytest.mark.usefixtures("full")
async def test_overseers_see_them_with_a_reason_alone(visit: Visit, parts: Parts) -> None:
    """Masked and unnoted until asked for; a viewer never."""
    for role in ("admin", "moderator", "viewer"):
        page = (await (await visit(role)).get(PATH)).text
        assert SECOND not in page
        assert "Пётр" not in page.partition("<main")[2]
        assert "скрыто" in page
    assert await reads(parts) == []
    admin, viewer = await visit("admin"), await visit("viewer")
    assert (await admin.post(f"{PATH}/personal", reason=" ")).status_code == 400
    assert (await viewer.post(f"{PATH}/personal", reason="Так")).status_code == 403
    assert await reads(parts) == []
    assert SECOND in (await admin.post(f"{PATH}/personal", reason="Проверка списка")).text
    assert await reads(parts) == ["Проверка списка"] * 2


@pytest.mark.usefixtures("full")
async def test_another_department_or_operator_finds_nothing(visit: Visit, parts: Parts) -> None:
    """Neither the group nor its children, at no address."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="parks", title="Парки"))
        await connection.execute("INSERT INTO operators (code, title) VALUES ('other', 'Другой')")
        await parts.house.directory.refresh(connection)
    stranger = await visit("department", department="parks")
    assert "Робототехника" not in (await stranger.get("/admin/clubs")).text
    for answer in (
        await stranger.get(PATH),
        await stranger.get(f"{PATH}/csv"),
        await stranger.post(f"{PATH}/close", message="Закрыто"),
    ):
        assert answer.status_code == 404
    other = await visit("admin", operator="other")
    assert "Робототехника" not in (await other.get("/admin/clubs")).text
    assert (await other.get(PATH)).status_code == 403
    assert (await other.post(f"{PATH}/close", message="Закрыто")).status_code == 403
    async with parts.pool.acquire() as connection:
        assert await connection.fetchval("SELECT closed_at FROM groups") is None
    assert await reads(parts) == []


@pytest.mark.usefixtures("full")
async def test_the_children_are_taken_away_as_a_table(visit: Visit, parts: Parts) -> None:
    department = await visit("department")
    answer = await department.get(f"{PATH}/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][2:5] == [CHILD, "12.03.2017", "'=1+1"]
    assert (await department.get(f"{PATH}/exe")).status_code == 404
    assert await reads(parts) == ["Выгрузка группы"]


@pytest.mark.usefixtures("full")
async def test_a_group_is_closed_with_a_message(visit: Visit, organiser: httpx.AsyncClient) -> None:
    """Without words it stays open; closed, it offers no closing."""
    department = await visit("department")
    assert (await department.post(f"{PATH}/close", message=" ")).status_code == 400
    assert (await organiser.get("/api/v1/groups/robots-1")).json()["closed"] is False
    answer = await department.post(f"{PATH}/close", message="Педагог ушёл.")
    assert answer.headers["location"] == f"{PATH}?done=group_closed"
    assert (await organiser.get("/api/v1/groups/robots-1")).json()["closed"] is True
    page = (await department.get(PATH)).text
    assert "Закрыть группу" not in page
    assert "закрыта" in page


async def test_a_group_without_places_has_no_share(
    visit: Visit, organiser: httpx.AsyncClient
) -> None:
    await organiser.put("/api/v1/groups/robots-1", json=GROUP | {"capacity": 0})
    page = (await (await visit("department")).get("/admin/clubs")).text
    assert "0 из 0" in page
    assert "в лист ожидания" in page
