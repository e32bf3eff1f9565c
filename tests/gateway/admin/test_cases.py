"""Cases in the monitor: found, masked, opened with a reason, acted on by role."""

import html
import re

import pytest

from gateway.parts import Parts
from services.cases.filing import Filed
from services.departments.departments import NewDepartment, add_department
from tests.gateway.admin.cases import CONTACT, NAME, STORY, file_appeal
from tests.gateway.admin.conftest import Visit


@pytest.fixture
async def filed(parts: Parts, roads: str) -> Filed:
    return await file_appeal(parts)


async def version_of(parts: Parts, filed: Filed) -> int:
    async with parts.pool.acquire() as connection:
        return await connection.fetchval("SELECT version FROM cases WHERE id = $1", filed.id)


async def reads_of(parts: Parts, filed: Filed) -> list[str]:
    async with parts.pool.acquire() as connection:
        rows = await connection.fetch("SELECT why FROM reads WHERE case_id = $1", filed.id)
    return [row["why"] for row in rows]


@pytest.mark.parametrize("role", ["admin", "moderator", "viewer"])
async def test_personal_data_is_masked(visit: Visit, filed: Filed, parts: Parts, role: str) -> None:
    """Who oversees sees that there is something, and leaves no note."""
    page = await (await visit(role)).get(f"/admin/cases/{filed.id}")
    assert page.status_code == 200
    for words in (STORY, NAME, CONTACT):
        assert html.escape(words) not in page.text
        assert words not in page.text
    assert await reads_of(parts, filed) == []


async def test_a_reason_opens_them_once_and_is_noted(
    visit: Visit, filed: Filed, parts: Parts
) -> None:
    """The next look is masked again; what a resident wrote is shown, not run."""
    admin = await visit("admin")
    path = f"/admin/cases/{filed.id}"
    page = await admin.post(f"{path}/personal", reason="Житель звонит")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>alert" not in page.text
    assert "<b>Иван</b>" not in page.text
    assert CONTACT in page.text
    assert await reads_of(parts, filed) == ["Житель звонит"]
    assert CONTACT not in (await admin.get(path)).text


async def test_without_a_reason_nothing_opens(visit: Visit, filed: Filed, parts: Parts) -> None:
    """Nor for a viewer, whatever he says."""
    path = f"/admin/cases/{filed.id}/personal"
    empty = await (await visit("admin")).post(path, reason=" ")
    viewer = await (await visit("viewer")).post(path, reason="Просто так")
    assert (empty.status_code, viewer.status_code) == (400, 403)
    assert CONTACT not in empty.text + viewer.text
    assert await reads_of(parts, filed) == []


async def test_a_department_sees_its_own_whole_and_noted(
    visit: Visit, filed: Filed, parts: Parts
) -> None:
    """Another department's case is as good as none, at every address."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="parks", title="Парки"))
        await parts.house.directory.refresh(connection)
    path = f"/admin/cases/{filed.id}"
    page = await (await visit("department")).get(path)
    assert CONTACT in page.text
    assert "Просмотр заявки" in await reads_of(parts, filed)
    stranger = await visit("department", department="parks")
    assert filed.number not in (await stranger.get("/admin/cases")).text
    assert (await stranger.get(path)).status_code == 404
    for act in ("move", "message", "called", "tags", "release"):
        answer = await stranger.post(f"{path}/{act}", to="in_work", text="Я", version="1")
        assert answer.status_code == 404, act
    found = await stranger.post("/admin/cases", number=filed.number)
    assert str(filed.id) not in found.text


async def test_cases_are_found_without_a_name_in_an_address(visit: Visit, filed: Filed) -> None:
    """By number and phone from a form; by codes from the address."""
    admin = await visit("admin")
    for fields in ({"number": filed.number}, {"phone": "8 (914) 123-45-67"}):
        assert str(filed.id) in (await admin.post("/admin/cases", **fields)).text
    nobody = await admin.post("/admin/cases", phone="8 (914) 765-43-21")
    assert str(filed.id) not in nobody.text
    assert str(filed.id) in (await admin.get("/admin/cases?state=registered")).text
    assert str(filed.id) not in (await admin.get("/admin/cases?state=answered")).text
    wrong = await admin.get("/admin/cases?state=nowhere")
    assert wrong.status_code == 400
    assert "Такого состояния" in wrong.text


async def test_filters_are_kept_by_name(visit: Visit, filed: Filed) -> None:
    """A kept filter leads to its list; nobody else has it; a phone is never kept."""
    admin, other = await visit("admin"), await visit("admin")
    await admin.post("/admin/filters", title="Мои <дороги>", state="registered", phone=CONTACT)
    page = (await admin.get("/admin/cases")).text
    assert "Мои &lt;дороги&gt;" in page
    assert "/admin/cases?state=registered" in page
    assert CONTACT not in page
    assert "Мои" not in (await other.get("/admin/cases")).text
    drop = re.search(r"/admin/filters/[0-9a-f-]+/drop", page)
    assert drop is not None
    await other.post(drop[0])
    assert "Мои" in (await admin.get("/admin/cases")).text
    await admin.post(drop[0])
    assert "Мои" not in (await admin.get("/admin/cases")).text


async def test_pages_of_the_list_lead_on(visit: Visit, parts: Parts, roads: str) -> None:
    """Newest first, every case once."""
    for _ in range(55):
        await file_appeal(parts)
    admin = await visit("admin")
    seen: list[str] = []
    path = "/admin/cases"
    while True:
        page = (await admin.get(path)).text
        seen += re.findall(r'href="/admin/cases/[0-9a-f-]{36}">(\d\d-\d\d-\d{7}-\d)', page)
        more = re.search(r'href="(/admin/cases\?[^"]*cursor=[^"]+)"', page)
        if more is None:
            break
        path = html.unescape(more[1])
    assert len(seen) == 55
    assert seen == sorted(seen, reverse=True)


async def test_a_case_is_moved_by_the_tables(visit: Visit, filed: Filed, parts: Parts) -> None:
    """With the version that was seen; a stale one, and a move of nobody's, are refused."""
    department = await visit("department", name="Анна")
    path = f"/admin/cases/{filed.id}"
    assert "Ответить" in (await department.get(path)).text
    moved = await department.post(f"{path}/move", to="in_work", version="1", department="roads")
    assert moved.headers["location"] == f"{path}?done=moved"
    stale = await department.post(f"{path}/move", to="answered", version="1", message="Готово")
    assert stale.status_code == 412
    assert "изменилась" in stale.text
    silent = await department.post(f"{path}/move", to="answered", version="2")
    assert silent.status_code == 400
    wrong = await department.post(f"{path}/move", to="registered", version="2")
    assert wrong.status_code == 409
    done = await department.post(
        f"{path}/move", to="answered", version="2", message="Яму\r\nзасыпали"
    )
    assert done.status_code == 303
    page = (await department.get(path)).text
    assert "Яму\nзасыпали" in page
    assert "(Анна)" in page
    assert await version_of(parts, filed) == 3


async def test_messages_and_tags(visit: Visit, filed: Filed) -> None:
    """Words that change no state, and tags in order."""
    admin = await visit("admin")
    path = f"/admin/cases/{filed.id}"
    assert (await admin.post(f"{path}/message", text="Уточните дом")).status_code == 303
    assert (await admin.post(f"{path}/tags", tags="двор, яма,, двор")).status_code == 303
    assert 'value="двор, яма"' in (await admin.get(path)).text


async def test_a_viewer_is_offered_nothing(visit: Visit, filed: Filed) -> None:
    """No form on the page of a case but the one that signs out."""
    page = (await (await visit("viewer")).get(f"/admin/cases/{filed.id}")).text
    assert re.findall(r'action="([^"]+)"', page) == ["/admin/logout"]


async def test_a_moderator_acts_before_registration_alone(
    visit: Visit, filed: Filed, parts: Parts
) -> None:
    """Afterwards the page offers nothing, and the call is refused."""
    moderator = await visit("moderator")
    path = f"/admin/cases/{filed.id}"
    assert f"{path}/move" not in (await moderator.get(path)).text
    assert (await moderator.post(f"{path}/move", to="in_work", version="1")).status_code == 403
    waiting = await file_appeal(parts, None)
    page = (await moderator.get(f"/admin/cases/{waiting.id}")).text
    assert f"/admin/cases/{waiting.id}/move" in page


async def test_a_case_is_forwarded_from_its_page(visit: Visit, filed: Filed, parts: Parts) -> None:
    """To a department of the list, never to the one complained about; the resident reads why."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="parks", title="Парки и скверы"))
        await parts.house.directory.refresh(connection)
    admin = await visit("admin")
    path = f"/admin/cases/{filed.id}"
    assert "Парки и скверы" in (await admin.get(path)).text
    given = {"version": str(await version_of(parts, filed)), "message": "Это их дерево."}
    empty = await admin.post(f"{path}/forward", **given)
    assert empty.status_code == 400
    await admin.post(f"{path}/forward", to="parks", **given)
    async with parts.pool.acquire() as connection:
        states = await connection.fetch(
            """SELECT d.code, a.state FROM assignments a JOIN departments d
            ON d.id = a.department_id WHERE a.case_id = $1 ORDER BY d.code""",
            filed.id,
        )
    assert [tuple(row) for row in states] == [("parks", "registered"), ("roads", "forwarded")]
    page = (await admin.get(path)).text
    assert "Назначено ведомству" in page
    assert "Продлить срок" not in page


async def test_only_an_appeal_of_the_law_is_extended_from_its_page(
    visit: Visit, filed: Filed, parts: Parts
) -> None:
    """A message has no such button, and the call is refused in words."""
    admin = await visit("admin")
    path = f"/admin/cases/{filed.id}"
    given = {"version": str(await version_of(parts, filed)), "days": "10", "message": "Ждём."}
    answer = await admin.post(f"{path}/extend", **given)
    assert answer.status_code == 409
    assert "Продлить можно только обращение" in answer.text
