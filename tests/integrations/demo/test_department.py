import base64
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from integrations.demo.app import create_app
from integrations.demo.config import DemoConfig, DemoDepartment
from integrations.demo.department import routes
from integrations.demo.department.desk import Office
from integrations.demo.department.signature import TOLERANCE, is_signed
from tests.integrations.demo.conftest import running

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
OTHER = "whsec_" + base64.b64encode(b"another one of 24 bytes.").decode()
BODY = '{"type":"case.assigned","timestamp":"2026-11-24T00:00:00Z","data":{"case_id":"1"}}'
ROADS = DemoDepartment(code="roads", title="Дороги", key="gw_1_key", webhook_secret=SECRET)


def headers(secret: str = SECRET, at: float | None = None, body: str = BODY) -> dict[str, str]:
    moment = datetime.fromtimestamp(int(at or time.time()), UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body),
    }


@pytest.mark.parametrize(
    ("given", "body", "good"),
    [
        (headers(at=1_000_000), BODY, True),
        (headers(at=1_000_000 - TOLERANCE), BODY, True),
        (headers(at=1_000_000 - TOLERANCE - 1), BODY, False),
        (headers(at=1_000_000 + TOLERANCE + 1), BODY, False),
        (headers(at=1_000_000), BODY + " ", False),
        (headers(OTHER, at=1_000_000), BODY, False),
        (headers(at=1_000_000) | {"webhook-id": "msg_2"}, BODY, False),
        (headers(at=1_000_000) | {"webhook-timestamp": "soon"}, BODY, False),
        ({}, BODY, False),
    ],
)
def test_a_webhook_is_signed(given: dict[str, str], body: str, good: bool) -> None:
    """Signatures of the official library pass; another body, secret, id or time does not."""
    assert is_signed(SECRET, given, body.encode(), 1_000_000.0) == good


def test_one_of_two_signatures_is_enough() -> None:
    """While a secret is being changed a webhook is signed with both."""
    old = headers(OTHER, at=1_000_000)["webhook-signature"]
    new = headers(at=1_000_000)
    both = new | {"webhook-signature": f"{old} {new['webhook-signature']}"}
    assert is_signed(SECRET, both, BODY.encode(), 1_000_000.0)


class Gateway:
    """A tiny REST API that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None, Any]] = []
        self.answers: dict[str, Any] = {}

    async def answer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer gw_1_key"
        body = await request.json() if request.can_read_body else None
        asked = (request.method, request.path, request.headers.get("If-Match"), body)
        self.asked.append(asked)
        found = self.answers.get(request.path)
        if found is None:
            return web.json_response({"code": "not_found"}, status=404)
        headers = {"ETag": '"3"', "X-Content-Type-Options": "nosniff"}
        return web.json_response(found, headers=headers)


@pytest.fixture
async def gateway() -> AsyncIterator[tuple[Gateway, str]]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.answer)
    async with TestServer(app) as server:
        yield gateway, str(server.make_url("")).rstrip("/")


@pytest.fixture
async def page(gateway: tuple[Gateway, str]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(DemoConfig(gateway_url=gateway[1], departments=(ROADS,)))
    async with running(app) as http:
        yield http


async def hook(page: httpx.AsyncClient, given: dict[str, str]) -> int:
    return (await page.post("/department/hook", content=BODY, headers=given)).status_code


async def test_webhooks_are_taken_and_shown(page: httpx.AsyncClient) -> None:
    """A good one is 204, a repeat is marked, a forged one is 401 and its words are not kept."""
    assert await hook(page, headers()) == 204
    assert await hook(page, headers()) == 204
    assert await hook(page, headers(OTHER)) == 401
    heard = (await page.get("/department/api/state")).json()["heard"]
    assert [note["status"] for note in heard] == [401, 204, 204]
    assert [note["again"] for note in heard][1:] == [True, False]
    assert [note["body"] and note["body"]["type"] for note in heard] == [
        None,
        "case.assigned",
        "case.assigned",
    ]


@pytest.mark.parametrize(("mode", "status"), [("error", 500), ("refuse", 403), ("ok", 204)])
async def test_it_fails_on_purpose(page: httpx.AsyncClient, mode: str, status: int) -> None:
    """As switched on the page, until it is switched back."""
    switched = await page.put("/department/api/mode", json={"mode": mode})
    assert switched.json() == {"mode": mode}
    assert await hook(page, headers()) == status


CASE = "018f2c3e-0000-7000-8000-000000000001"


async def test_an_opened_case_shows_what_can_be_done(
    page: httpx.AsyncClient, gateway: tuple[Gateway, str]
) -> None:
    """The buttons come from GET /transitions: this kind, this state, by a department."""
    move = {"kind": "appeal", "from": "registered", "by": ["department"], "message": "required"}
    table = [
        move | {"to": "answered"},
        move | {"to": "forwarded"},
        move | {"to": "withdrawn", "by": ["resident"]},
        move | {"to": "closed", "from": "reopened"},
        move | {"to": "confirmed", "kind": "enrolment"},
    ]
    gateway[0].answers = {
        f"/api/v1/cases/{CASE}": {"kind": "appeal", "state": "registered"},
        f"/api/v1/cases/{CASE}/events": {"items": [{"id": "1"}]},
        "/api/v1/transitions": {"items": table, "reasons": {"appeal": ["other"]}},
    }
    opened = (await page.get(f"/department/api/roads/cases/{CASE}")).json()
    assert opened["moves"] == [{"to": "answered", "message": "required"}]
    assert opened["version"] == '"3"'
    assert (opened["events"], opened["reasons"]) == ([{"id": "1"}], ["other"])


async def test_a_file_is_passed_on_as_harmless_as_it_came(
    page: httpx.AsyncClient, gateway: tuple[Gateway, str]
) -> None:
    """Content, and the headers that make a browser keep it instead of showing it."""
    path = f"/cases/{CASE}/attachments/1"
    gateway[0].answers = {f"/api/v1{path}": ["a file"]}
    given = await page.get(f"/department/api/roads{path}")
    assert (given.status_code, given.json()) == (200, ["a file"])
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert (await page.get(f"/department/api/roads/cases/{CASE}/attachments/2")).status_code == 404
    assert (await page.get(f"/department/api/nobody{path}")).status_code == 404


async def test_a_move_names_the_version_that_was_seen(
    page: httpx.AsyncClient, gateway: tuple[Gateway, str]
) -> None:
    """The seen ETag is If-Match; what was not given is not sent."""
    path = f"/api/v1/cases/{CASE}/transitions"
    gateway[0].answers = {path: {"state": "answered"}}
    order = {"to": "answered", "message": "Сделано", "version": '"3"'}
    answer = await page.post(f"/department/api/roads/cases/{CASE}/transitions", json=order)
    assert answer.json() == {"state": "answered"}
    assert gateway[0].asked == [("POST", path, '"3"', {"to": "answered", "message": "Сделано"})]


async def test_the_gateways_refusals_are_passed_on(page: httpx.AsyncClient) -> None:
    """Status and problem as the gateway gave them; an unknown department is 404 here."""
    answer = await page.get(f"/department/api/roads/cases/{CASE}")
    assert (answer.status_code, answer.json()) == (404, {"code": "not_found"})
    assert (await page.get("/department/api/nobody/cases")).status_code == 404


async def test_work_is_claimed_one_by_one(
    page: httpx.AsyncClient, gateway: tuple[Gateway, str]
) -> None:
    """The next case of the queue, for a quarter of an hour."""
    gateway[0].answers = {"/api/v1/cases/claim": {"items": []}}
    await page.post("/department/api/roads/claim")
    assert gateway[0].asked[0][3] == {"limit": 1, "lease_seconds": 900}


async def test_without_a_gateway_it_says_so() -> None:
    """A gateway that is away is 502, not an exception."""
    office = Office("http://127.0.0.1:9", [ROADS])
    await office.open()
    reply = await office.call("roads", "GET", "/cases")
    await office.close()
    assert (reply.status, reply.body["code"]) == (502, "unreachable")


def test_unknown_tables_offer_nothing() -> None:
    """A gateway that answered an error offers no moves."""
    assert routes._moves({}, json.loads('{"kind": "appeal", "state": "registered"}')) == []
