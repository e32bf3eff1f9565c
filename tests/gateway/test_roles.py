"""Which role may call which route: the table, and every route called by everybody."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from gateway.parts import Parts
from gateway.security import Limits
from services.departments.keys import revoke_key
from services.throttling import Allowance
from tests.gateway.conftest import Connect, MakeKey

PREFIX = "/api/v1"
ROLES = {"viewer": "V", "moderator": "M", "admin": "A", "department": "D"}
TABLE = """
    VMAD GET    /operators/{code:str}
    --A- PUT    /operators/{code:str}
    VMAD GET    /consents/{service:str}
    --A- PUT    /consents/{service:str}
    VMAD GET    /departments/{code:str}
    --AD PUT    /departments/{code:str}
    VMAD GET    /categories
    --A- PUT    /categories/{code:str}
    VMAD GET    /routes
    --A- PUT    /routes
    VMAD POST   /routes/try
    --AD GET    /webhook
    --AD PUT    /webhook
    --AD DELETE /webhook
    --AD POST   /webhook/rotate
    --AD POST   /webhook/test
    VMAD GET    /deliveries
    --AD POST   /deliveries/{delivery_id:uuid}/replay
    --AD POST   /deliveries/replay
    VMAD GET    /programmes
    --AD PUT    /programmes/{code:str}
    VMAD GET    /groups
    VMAD GET    /groups/{code:str}
    --AD PUT    /groups/{code:str}
    --AD POST   /groups/{code:str}/close
    --AD GET    /groups/{code:str}/children
    --AD GET    /groups/{code:str}/waiting
    --AD GET    /groups/{code:str}/export
    --AD POST   /enrolments
    VMAD GET    /clinics
    --AD PUT    /clinics/{code:str}
    VMAD GET    /practitioners
    --AD PUT    /practitioners/{code:str}
    VMAD GET    /specialities
    VMAD GET    /norms
    VMAD GET    /slots
    --AD POST   /slots
    --AD POST   /slots/import
    --AD POST   /slots/close
    --AD POST   /appointments
    --AD POST   /waiting
    --AD POST   /cases/{case_id:uuid}/reschedule
    VMAD GET    /cases/{case_id:uuid}/ticket.ics
    --AD POST   /reconciliations
    VMAD GET    /reconciliations/{reconciliation_id:uuid}
    VMAD GET    /communities
    VMAD GET    /communities/{group_id:int}
    --A- PUT    /communities/{group_id:int}
    VMAD GET    /forms/{name:str}
    VMAD GET    /forms/{name:str}/schema
    VMAD GET    /transitions
    VMAD GET    /cases
    VMAD POST   /cases/search
    VMAD GET    /cases/{case_id:uuid}
    -MA- POST   /cases/{case_id:uuid}/personal-data
    VMAD GET    /cases/{case_id:uuid}/events
    VMAD GET    /cases/{case_id:uuid}/reads
    VMAD GET    /cases/{case_id:uuid}/clocks
    --AD POST   /cases/claim
    --AD POST   /cases/{case_id:uuid}/release
    -MAD POST   /cases/{case_id:uuid}/transitions
    -MAD POST   /cases/{case_id:uuid}/forward
    --AD POST   /cases/{case_id:uuid}/extend
    --AD POST   /cases/{case_id:uuid}/updates
    --AD POST   /cases/{case_id:uuid}/identity
    -MAD POST   /cases/{case_id:uuid}/messages
    -MAD POST   /cases/{case_id:uuid}/called
    -MAD PUT    /cases/{case_id:uuid}/tags
    -MAD GET    /cases/{case_id:uuid}/attachments/{number:int}
"""
ROUTES = [tuple(line.split()) for line in TABLE.strip().splitlines()]
NOBODYS = "00000000-0000-7000-8000-000000000000"
WRONG_KEY = f"gw_{'0' * 12}_{'0' * 48}"


def filled(path: str) -> str:
    """Put something of the right shape where a path names a part."""
    for kind, value in (("uuid", NOBODYS), ("int", "1"), ("str", "nobody")):
        path = re.sub(rf"\{{[a-z_]+:{kind}\}}", value, path)
    return PREFIX + path


def test_the_table_names_every_route(app: Litestar) -> None:
    """A route that is not in the table is not served, and the other way round."""
    served = {
        (method, handler_path.removeprefix(PREFIX))
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(PREFIX)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
        for handler_path in [route.path]
    }
    assert {(method, path) for _, method, path in ROUTES} == served
    assert len(ROUTES) == len(served)


@pytest.fixture
async def keys(make_key: MakeKey, roads: str, department_key: str) -> dict[str, str]:
    others = {role: await make_key(role) for role in ROLES if role != "department"}
    return {**others, "department": department_key}


async def test_everybody_gets_in_where_the_table_says(
    connect: Connect, keys: dict[str, str]
) -> None:
    """403 elsewhere, before anything of the request is read."""
    for role, letter in ROLES.items():
        client = connect(keys[role])
        for roles, method, path in ROUTES:
            answer = await ask(client, method, path)
            told = (role, method, path, answer.text)
            assert answer.status_code < 500, told
            assert answer.status_code != 401, told
            refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
            assert refused == (letter not in roles), told


async def test_without_a_good_key_nobody_gets_in(
    app: Litestar, connect: Connect, parts: Parts, make_key: MakeKey
) -> None:
    """No key, a wrong one, and one that was taken back: 401 at every route."""
    revoked = await make_key("admin")
    async with parts.pool.acquire() as connection:
        await revoke_key(connection, parts.house.now(), revoked.split("_")[1])
    app.state.limits = Limits(wrong_keys=Allowance(burst=1000, per_second=1))
    clients = {name: connect(key) for name, key in (("none", None), ("revoked", revoked))}
    for name, client in clients.items():
        for _, method, path in ROUTES:
            answer = await ask(client, method, path)
            assert answer.status_code == 401, (name, method, path)
    assert (await ask(connect(WRONG_KEY), "GET", "/cases")).status_code == 401


async def ask(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    body: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": {}}
    return await client.request(method, filled(path), **body)
