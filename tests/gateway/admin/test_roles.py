"""Which role may open which page: the table, and every route walked by everybody."""

import re

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from gateway.admin.access import Enters
from gateway.parts import Parts
from services.departments.departments import NewDepartment, add_department
from tests.gateway.admin.cases import CONTACT, STORY, file_appeal
from tests.gateway.admin.conftest import HERE, Visit, Visitor

ROLES = {"viewer": "V", "moderator": "M", "admin": "A", "department": "D"}
TABLE = """
    **** GET  /admin/login
    **** POST /admin/login
    **** GET  /admin/static/{name:str}
    VMAD POST /admin/logout
    VMAD GET  /admin
    VMAD GET  /admin/live
    VMAD GET  /admin/cases
    VMAD POST /admin/cases
    VMAD GET  /admin/calls
    VMAD POST /admin/filters
    VMAD POST /admin/filters/{filter_id:uuid}/drop
    VMAD GET  /admin/cases/{case_id:uuid}
    -MA- POST /admin/cases/{case_id:uuid}/personal
    -MAD GET  /admin/cases/{case_id:uuid}/files/{number:int}
    -MAD POST /admin/cases/{case_id:uuid}/move
    -MAD POST /admin/cases/{case_id:uuid}/forward
    --AD POST /admin/cases/{case_id:uuid}/extend
    -MAD POST /admin/cases/{case_id:uuid}/message
    -MAD POST /admin/cases/{case_id:uuid}/called
    -MAD POST /admin/cases/{case_id:uuid}/tags
    --AD POST /admin/cases/{case_id:uuid}/release
    ---D GET  /admin/queue
    ---D POST /admin/queue/claim
    ---D GET  /admin/templates
    ---D POST /admin/templates
    VMA- GET  /admin/departments
    VMA- GET  /admin/departments/{code:str}/compared
    --A- POST /admin/departments/{code:str}/compared
    VMAD GET  /admin/clubs
    VMAD GET  /admin/clubs/{code:str}
    -MA- POST /admin/clubs/{code:str}/personal
    --AD POST /admin/clubs/{code:str}/close
    ---D GET  /admin/clubs/{code:str}/{kind:str}
    VMAD GET  /admin/doctors
    VMAD GET  /admin/doctors/{code:str}
    -MA- POST /admin/doctors/{code:str}/personal
    --AD POST /admin/doctors/{code:str}/close
    VMAD GET  /admin/deliveries
    --AD POST /admin/deliveries/replay
    VMA- GET  /admin/pages
    --A- POST /admin/pages/{group_id:int}/administrator
    VMA- GET  /admin/ranking
    VMA- GET  /admin/ranking/{kind:str}
    VMA- GET  /admin/map
"""
ROUTES = [tuple(line.split()) for line in TABLE.strip().splitlines()]
CLOSED = [each for each in ROUTES if each[0] != "****"]
ENDLESS = "/admin/live"
SAFE = {"/admin/logout"}  # would end the walk
CHANGES_NOTHING = {"/admin/cases", "/admin/filters", "/admin/filters/{filter_id:uuid}/drop"}
"""What a viewer may send: a search, and filters of his own."""


def served(app: Litestar) -> dict[tuple[str, str], list[Enters]]:
    return {
        (str(getattr(method, "value", method)), route.path): [
            guard for guard in handler.guards or () if isinstance(guard, Enters)
        ]
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/admin")
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def filled(path: str, case_id: str) -> str:
    path = path.replace("{case_id:uuid}", case_id).replace("{kind:str}", "csv")
    for kind, value in (("uuid", case_id), ("int", "1"), ("str", "admin.css")):
        path = re.sub(rf"\{{[a-z_]+:{kind}\}}", value, path)
    return path


async def ask(visitor: Visitor, method: str, path: str) -> httpx.Response:
    if method == "GET":
        return await visitor.get(path)
    return await visitor.post(path, reason="Проверка", number="27-26-0000001-7")


def test_the_table_names_every_route(app: Litestar) -> None:
    """With exactly one guard a page, which lets in the roles of the table and no other."""
    found = served(app)
    assert {(method, path) for _, method, path in ROUTES} == set(found)
    for roles, method, path in ROUTES:
        guards = found[method, path]
        if roles == "****":
            assert not guards
        else:
            (guard,) = guards
            letters = {letter for role, letter in ROLES.items() if role in guard.roles}
            assert letters == set(roles) - {"-"}, path


def test_a_viewer_changes_nothing() -> None:
    """But filters of his own."""
    changes = {path for roles, method, path in CLOSED if method == "POST" and "V" in roles}
    assert changes - CHANGES_NOTHING - SAFE == set()


async def test_nobody_gets_in_without_a_session(client: httpx.AsyncClient) -> None:
    """Every closed page leads to signing in, and shows nothing."""
    for _, method, path in CLOSED:
        answer = await client.request(method, filled(path, str(1)), headers=HERE)
        if "uuid" not in path:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/admin/login"), path


@pytest.mark.parametrize("role", ROLES)
async def test_everybody_sees_what_is_his(
    visit: Visit, parts: Parts, roads: str, role: str
) -> None:
    """Refusals come from the guard; a stranger's case shows at no address.

    Whoever was shown personal data has left a note of it.
    """
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="parks", title="Парки"))
        await parts.house.directory.refresh(connection)
    filed = await file_appeal(parts)
    more = {"department": "parks"} if role == "department" else {}
    visitor = await visit(role, **more)
    for roles, method, path in CLOSED:
        if path == ENDLESS or path in SAFE:
            continue
        answer = await ask(visitor, method, filled(path, str(filed.id)))
        told = (role, method, path, answer.status_code)
        assert answer.status_code < 500, told
        assert (answer.status_code == 403) >= (ROLES[role] not in roles), told
        shown = CONTACT in answer.text or STORY.partition("<")[0] in answer.text
        if role == "department":
            assert str(filed.id) not in answer.text, told
            assert not shown, told
        if shown:
            async with parts.pool.acquire() as connection:
                assert await connection.fetchval("SELECT count(*) FROM reads") > 0, told
    if role in {"viewer", "department"}:
        async with parts.pool.acquire() as connection:
            assert await connection.fetchval("SELECT count(*) FROM reads") == 0


async def test_an_operators_key_sees_its_own_alone(visit: Visit, parts: Parts, roads: str) -> None:
    """A key of one operator is shown nothing of another's: no case, page or department."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO operators (code, title) VALUES ('other', 'Другой')")
        await parts.house.directory.refresh(connection)
    filed = await file_appeal(parts)
    for role in ("admin", "moderator", "viewer"):
        visitor = await visit(role, operator="other")
        for _, method, path in CLOSED:
            if method == "GET" and path != ENDLESS:
                answer = await visitor.get(filled(path, str(filed.id)))
                assert filed.number not in answer.text, path
                assert "Хабаровск" not in answer.text, path
