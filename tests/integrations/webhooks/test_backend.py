"""Thin webhooks to departments' back ends."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from integrations.outbound import client
from integrations.outbound.client import open_outbound
from integrations.webhooks.backend import WebhookBackend
from integrations.webhooks.signing import new_secret
from services.ports import BackendTarget, HandOff, Verdict

DATA = {
    "case_id": "0199",
    "number": "27-26-0000001-7",
    "kind": "appeal",
    "state": "registered",
    "version": 1,
    "department": "roads",
}
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
NOTE = HandOff(id="0199-a", type="case.assigned", at=AT, data=DATA)
SECRETS = (new_secret(), new_secret())


class MovingClock:
    """Each look at it is a second later; a package that verifies wants it near the real one."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC).replace(microsecond=250_000)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class Department:
    def __init__(self) -> None:
        self.heard: list[tuple[bytes, dict[str, str]]] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.hangs = False
        self.target = BackendTarget(url="")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((await request.read(), dict(request.headers)))
        if self.hangs:
            await asyncio.sleep(60)
        return web.Response(status=self.status, headers=self.headers, text="a secret of theirs")


@pytest.fixture
async def department() -> AsyncIterator[Department]:
    served = Department()
    app = web.Application()
    app.router.add_post("/hook", served.handle)
    async with TestServer(app) as server:
        served.target = BackendTarget(url=str(server.make_url("/hook")), secrets=SECRETS)
        yield served


@pytest.fixture
async def backend() -> AsyncIterator[WebhookBackend]:
    clock = MovingClock()
    async with open_outbound([ip_network("127.0.0.0/8")], clock) as outbound:
        yield WebhookBackend(outbound, clock)


async def test_a_webhook_is_verified_with_either_secret(
    backend: WebhookBackend, department: Department
) -> None:
    """The body holds ids and a state, nothing of the resident."""
    assert await backend.hand_off(department.target, NOTE) == Verdict(outcome="sent")
    body, headers = department.heard[0]
    for secret in SECRETS:
        content = Webhook(secret).verify(body, headers)
        assert content.pop("timestamp").endswith("Z")
        assert content == {"type": "case.assigned", "data": DATA}
    assert headers["Content-Type"] == "application/json"


async def test_a_second_try_has_the_id_of_the_first_and_a_time_of_its_own(
    backend: WebhookBackend, department: Department
) -> None:
    """So the back end knows the double, and the signature is never stale."""
    department.status = 500
    for _ in range(2):
        await backend.hand_off(department.target, NOTE)
    (_, first), (body, second) = department.heard
    assert first["webhook-id"] == second["webhook-id"] == "0199-a"
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert Webhook(SECRETS[0]).verify(body, second)


async def test_a_test_webhook_has_no_data(backend: WebhookBackend, department: Department) -> None:
    """`webhook.test` only shows that the way is open."""
    note = HandOff(id="1", type="webhook.test", at=AT, data={})
    assert (await backend.hand_off(department.target, note)).outcome == "sent"
    body, headers = department.heard[0]
    assert Webhook(SECRETS[0]).verify(body, headers)["data"] == {}


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (200, {}, {"outcome": "sent"}),
        (202, {"Retry-After": "5"}, {"outcome": "sent"}),
        (301, {"Location": "/hook"}, {"outcome": "retry", "code": "http_301"}),
        (400, {}, {"outcome": "retry", "code": "http_400"}),
        (404, {"Retry-After": "5"}, {"outcome": "retry", "code": "http_404"}),
        (410, {}, {"outcome": "dead", "code": "gone", "scope": "page"}),
        (429, {"Retry-After": "30"}, {"outcome": "retry", "code": "http_429", "retry_after": 30.0}),
        (503, {"Retry-After": "0"}, {"outcome": "retry", "code": "http_503", "retry_after": 0.0}),
        (503, {"Retry-After": "9" * 400}, {"outcome": "retry", "code": "http_503"}),
        (503, {}, {"outcome": "retry", "code": "http_503"}),
        (500, {}, {"outcome": "retry", "code": "http_500"}),
    ],
)
async def test_only_success_is_success(
    backend: WebhookBackend,
    department: Department,
    status: int,
    headers: dict[str, str],
    verdict: dict[str, Any],
) -> None:
    """410 ends the webhook, all else is tried again; a wait is a day at most."""
    department.status, department.headers = status, headers
    if "999" in headers.get("Retry-After", ""):
        verdict["retry_after"] = 86_400.0
    assert await backend.hand_off(department.target, NOTE) == Verdict(**verdict)
    assert len(department.heard) == 1


async def test_silence_is_tried_again(
    backend: WebhookBackend, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hangs may have taken it, and knows it by its id."""
    monkeypatch.setattr(client, "TIMEOUT", client.ClientTimeout(total=0.05))
    department.hangs = True
    verdict = await backend.hand_off(department.target, NOTE)
    assert verdict == Verdict(outcome="retry", code="timeout")


async def test_an_address_that_may_not_be_called_is_not_called(backend: WebhookBackend) -> None:
    """Tried again, for the name may lead elsewhere tomorrow; given up in the end like the rest."""
    target = BackendTarget(url="http://10.0.0.1/", secrets=SECRETS)
    verdict = await backend.hand_off(target, NOTE)
    assert verdict == Verdict(outcome="retry", code="address_refused")
