"""Comparisons with departments' back ends in the monitor: asked for, and what differs."""

import pytest

from gateway.parts import Parts
from services.db.ids import new_id
from tests.gateway.admin.cases import file_appeal
from tests.gateway.admin.conftest import Visit

PATH = "/admin/departments/roads/compared"


@pytest.fixture
async def described(parts: Parts, roads: str) -> None:
    """A department whose own system is described."""
    async with parts.pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO backends (department_id, type, url, description)
            SELECT id, 'json_rest', 'https://roads.test', '{}' FROM departments
            WHERE code = $1""",
            roads,
        )


async def compared(parts: Parts, state: str, **repaired: bool) -> str:
    """Keep a comparison with a difference of each kind; return the case's number."""
    filed = await file_appeal(parts)
    async with parts.pool.acquire() as connection:
        found = new_id()
        await connection.execute(
            """INSERT INTO reconciliations (id, department_id, state, asked_at, finished_at, error)
            SELECT $1, id, $2, now(), now(), CASE $2 WHEN 'failed' THEN 'timeout' END
            FROM departments WHERE code = 'roads'""",
            found,
            state,
        )
        for place, (kind, mended) in enumerate(repaired.items()):
            await connection.execute(
                """INSERT INTO reconciliation_items (reconciliation_id, position, kind, case_id,
                    external_id, state_here, state_there, repaired)
                VALUES ($1, $2, $3, $4, '<i>77</i>', 'in_work', 'answered', $5)""",
                found,
                place,
                kind,
                None if kind == "missing_here" else filed.id,
                mended,
            )
    return filed.number


@pytest.mark.usefixtures("described")
async def test_a_described_system_is_seen(visit: Visit) -> None:
    """As one that is there, not as people who work in the monitor."""
    admin = await visit("admin")
    page = (await admin.get("/admin/departments")).text
    assert "на связи" in page
    assert "работает здесь" not in page
    assert "сверки не было" in page
    assert "Сверки ещё не было" in (await admin.get(PATH)).text


@pytest.mark.usefixtures("described")
async def test_differences_are_counted_and_shown(visit: Visit, parts: Parts) -> None:
    """The table counts what is not repaired; the page names the case and both sides."""
    number = await compared(
        parts, "done", missing_here=False, state_differs=False, missing_there=True
    )
    viewer = await visit("viewer")
    assert "2 расхождения" in (await viewer.get("/admin/departments")).text
    page = (await viewer.get(PATH)).text
    assert page.count(number) == 2
    assert "&lt;i&gt;77&lt;/i&gt;" in page
    assert "нет у нас" in page
    assert page.count('class="mark bad">нет<') == 2
    assert "Сверить сейчас" not in page


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize(
    ("state", "told"), [("failed", "сверка не удалась"), ("done", "сверено"), ("running", "идёт")]
)
async def test_how_it_ended_is_said(visit: Visit, parts: Parts, state: str, told: str) -> None:
    """And who has no differences is told so."""
    await compared(parts, state)
    admin = await visit("admin")
    assert told in (await admin.get("/admin/departments")).text
    page = (await admin.get(PATH)).text
    assert ("timeout" in page) == (state == "failed")
    assert ("Расхождений нет" in page) == (state == "done")
    assert ("Сверить сейчас" in page) == (state != "running")


@pytest.mark.usefixtures("described")
async def test_an_admin_asks_for_one(visit: Visit, parts: Parts) -> None:
    """Twice is once; nobody else may, nor for another operator's department."""
    admin = await visit("admin")
    for _ in range(2):
        answer = await admin.post(PATH)
        assert answer.headers["location"] == f"{PATH}?done=compared"
    async with parts.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM reconciliations") == 1
        await connection.execute("INSERT INTO operators (code, title) VALUES ('other', 'Другой')")
    assert (await (await visit("viewer")).post(PATH)).status_code == 403
    other = await visit("admin", operator="other")
    assert (await other.get(PATH)).status_code == 403
    assert (await other.post(PATH)).status_code == 403
    assert (await admin.get("/admin/departments/nobody/compared")).status_code == 404
