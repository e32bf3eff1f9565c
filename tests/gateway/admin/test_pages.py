"""What the pages of the monitor say."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from gateway.parts import Parts
from services.db.ids import new_id
from services.monitor.folding import fold
from tests.gateway.admin.cases import file_appeal
from tests.gateway.admin.conftest import Visit


async def test_the_overview_counts_what_stands_where(
    visit: Visit, parts: Parts, roads: str
) -> None:
    """Before and after the changes are folded, and after a case has moved."""
    filed = [await file_appeal(parts) for _ in range(3)]
    admin = await visit("admin")
    for _ in range(2):
        page = (await admin.get("/admin")).text
        assert "<b>3</b> открыто" in page
        assert "Зарегистрировано <b>3</b>" in page
        await fold(parts.pool, parts.house)
    path = f"/admin/cases/{filed[0].id}/move"
    await admin.post(path, to="answered", version="1", message="Готово", department="roads")
    page = (await admin.get("/admin")).text
    assert "<b>2</b> открыто" in page
    assert "Отвечено <b>1</b>" in page
    assert "100\N{NO-BREAK SPACE}%" in page


async def test_an_empty_house_says_what_to_do(visit: Visit) -> None:
    """Every page has words for when there is nothing to show."""
    admin = await visit("admin")
    for path in ("", "/cases", "/calls", "/pages", "/ranking", "/map", "/deliveries"):
        page = await admin.get(f"/admin{path}")
        assert page.status_code == 200, path
        assert 'class="empty"' in page.text, path


async def test_a_department_works_from_its_queue(visit: Visit, parts: Parts, roads: str) -> None:
    """It takes the next case, urgent first, and finds the queue empty at the end."""
    await file_appeal(parts)
    urgent = await file_appeal(parts, urgent=True)
    department = await visit("department")
    assert (await department.get("/admin")).headers["location"] == "/admin/queue"
    first = await department.post("/admin/queue/claim")
    assert first.headers["location"] == f"/admin/cases/{urgent.id}"
    assert "у вас" in (await department.get("/admin/queue")).text
    await department.post("/admin/queue/claim")
    third = await department.post("/admin/queue/claim")
    assert third.headers["location"] == "/admin/queue?done=nothing"


async def test_templates_are_chosen_from(visit: Visit, parts: Parts, roads: str) -> None:
    """What a department keeps stands on its cases' pages; without a text it is dropped."""
    filed = await file_appeal(parts)
    department = await visit("department")
    fields: dict[str, Any] = {"title": ["Ямы", "Пусто"], "text": ["Засыпали <вчера>", " "]}
    assert (await department.post("/admin/templates", **fields)).status_code == 303
    page = (await department.get(f"/admin/cases/{filed.id}")).text
    assert '<option value="Засыпали &lt;вчера&gt;">Ямы</option>' in page
    assert "Пусто" not in page


async def lose(parts: Parts, case_id: Any, state: str = "dead") -> Any:
    async with parts.pool.acquire() as connection:
        delivery = new_id()
        await connection.execute(
            """INSERT INTO deliveries (id, kind, state, type, department_id, case_id, attempts,
                next_at, error, created_at)
            SELECT $1, 'hand_off', $2, 'case.assigned', id, $3, 10, now(), 'http_500', now()
            FROM departments WHERE code = 'roads'""",
            delivery,
            state,
            case_id,
        )
    return delivery


async def test_a_lost_hand_off_is_seen_and_sent_again(
    visit: Visit, parts: Parts, roads: str
) -> None:
    """On the list, at the department and at the case; a replay puts it back in the queue."""
    filed = await file_appeal(parts)
    delivery = await lose(parts, filed.id)
    admin = await visit("admin")
    assert filed.number in (await admin.get("/admin/deliveries")).text
    assert "не доставлено: 1" in (await admin.get("/admin/departments")).text
    assert "не доставлено" in (await admin.get(f"/admin/cases/{filed.id}")).text
    answer = await admin.post("/admin/deliveries/replay", id=str(delivery))
    assert answer.headers["location"] == "/admin/deliveries?done=replayed"
    async with parts.pool.acquire() as connection:
        state = await connection.fetchval("SELECT state FROM deliveries WHERE id = $1", delivery)
    assert state == "waiting"
    again = await admin.post("/admin/deliveries/replay", id=str(delivery), case=str(filed.id))
    assert again.headers["location"] == f"/admin/cases/{filed.id}?done=nothing_lost"
    assert (await admin.post("/admin/deliveries/replay")).status_code == 400


async def _pages(parts: Parts) -> None:
    """Two pages: a quick one that grows, and one that nobody writes to."""
    async with parts.pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO communities (group_id, operator_id, title, token, secret)
            VALUES (101, 1, 'Хабаровск', '', ''), (102, 1, '=Тихая<b>', '', '')"""
        )
        today = parts.house.now().astimezone(parts.house.zone).date()
        await connection.execute(
            """INSERT INTO community_counts (community_id, day, members)
            SELECT id, day, members FROM communities, (VALUES ($1::date, 1000), ($2::date, 1020))
                AS counts (day, members) WHERE group_id = 101""",
            today - timedelta(days=7),
            today,
        )


async def test_pages_are_ranked_and_taken_away(visit: Visit, parts: Parts, roads: str) -> None:
    """The ranking, its formula and its notice, as a page, as CSV and as a workbook."""
    await _pages(parts)
    admin = await visit("admin")
    for _ in range(3):
        filed = await file_appeal(parts)
        path = f"/admin/cases/{filed.id}/move"
        await admin.post(path, to="answered", version="1", message="Да", department="roads")
    await admin.post("/admin/pages/101/administrator", name="Сидорова Анна")
    page = (await admin.get("/admin/ranking")).text
    assert "Справочно, решение принимает комиссия." in page
    assert "30 × Скорость" in page
    assert "Сидорова Анна" in page
    assert "нет данных" in page
    assert "=Тихая&lt;b&gt;" in page
    rows = list(
        csv.reader(io.StringIO((await admin.get("/admin/ranking/csv")).text), delimiter=";")
    )
    assert rows[1][:4] == ["1", "Хабаровск", "101", "Сидорова Анна"]
    assert rows[2][1] == "'=Тихая<b>"
    book = load_workbook(io.BytesIO((await admin.get("/admin/ranking/xlsx")).content))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert "'=Тихая<b>" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}
    assert (cells[0].value, book.sheetnames) == ("Место", ["Рейтинг"])
    assert (await admin.get("/admin/ranking/exe")).status_code == 404
    async with parts.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM reads") == 3


@pytest.mark.parametrize("column", ["", "title", "event", "filed", "members", "growth", "nothing"])
async def test_pages_are_sorted(visit: Visit, parts: Parts, column: str) -> None:
    """By every column, both ways; what is unknown comes last."""
    await _pages(parts)
    admin = await visit("admin")
    for turn in ("", "down"):
        page = (await admin.get(f"/admin/pages?sort={column}&turn={turn}")).text
        assert "Хабаровск" in page
        if column in {"members", "growth"}:
            assert page.index("Хабаровск") < page.index("Тихая")


async def test_the_map_shows_squares_of_open_cases(visit: Visit, parts: Parts, roads: str) -> None:
    """A case that is answered leaves the map."""
    filed = await file_appeal(parts, latitude=48.48, longitude=135.07)
    admin = await visit("admin")
    assert "<title>48.45; 135.05 — 1</title>" in (await admin.get("/admin/map")).text
    path = f"/admin/cases/{filed.id}/move"
    await admin.post(path, to="answered", version="1", message="Да", department="roads")
    await fold(parts.pool, parts.house)
    assert 'class="empty"' in (await admin.get("/admin/map")).text
