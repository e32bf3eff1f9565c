"""Words that want to be more than words, wherever people can put some."""

import pytest
from markupsafe import escape

from gateway.parts import Parts
from services.cases.personal import AppealPersonal
from services.departments.departments import NewDepartment, add_department
from tests.gateway.admin.cases import file_appeal
from tests.gateway.admin.conftest import Visit

MEAN = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "</textarea></option></select><svg onload=alert(1)>",
]
PAGES = (
    "",
    "/cases",
    "/departments",
    "/pages",
    "/ranking",
    "/deliveries",
    "/map",
    "/calls",
    "/clubs",
    "/doctors",
)


@pytest.mark.parametrize("words", MEAN)
async def test_words_stay_words(visit: Visit, parts: Parts, words: str) -> None:
    """Of residents, departments and pages: shown as they are, run by nobody."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="mean", title=words))
        await parts.house.directory.refresh(connection)
    personal = AppealPersonal(text=words, name=words, contact=words, address=words)
    filed = await file_appeal(parts, "mean", personal=personal, subject=words)
    async with parts.pool.acquire() as connection:
        await connection.execute("UPDATE communities SET title = $1", words)
    department = await visit("department", name=words, department="mean")
    admin = await visit("admin", name=words)
    await department.post("/admin/templates", title=words, text=words)
    await department.post(f"/admin/cases/{filed.id}/tags", tags=words[:60])
    await department.post(f"/admin/cases/{filed.id}/message", text=words)
    await admin.post("/admin/filters", title=words[:60], tag=words[:60])
    await admin.post("/admin/pages/101/administrator", name=words)
    shown = [await admin.get(f"/admin{path}") for path in PAGES]
    shown.append(await admin.get("/admin/pages?q=101"))
    shown.append(await admin.post(f"/admin/cases/{filed.id}/personal", reason=words))
    shown += [await department.get(path) for path in ("/admin/queue", "/admin/templates")]
    shown.append(await department.get(f"/admin/cases/{filed.id}"))
    for page in shown:
        assert page.status_code == 200
        for start in ("<script>", "<img src=x", "<svg onload", "'-alert"):
            assert start not in page.text
    opened = shown[len(PAGES) + 1]
    assert f'<p class="words">{escape(words)}</p>' in opened.text
