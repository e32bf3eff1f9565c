"""What every back end owes the gateway, however it is spoken to: one contract, one table."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import msgspec
import pytest
from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer

from gateway.clock import SystemClock
from integrations.demo.department.system import description
from integrations.json_rest.backend import JsonRestBackend
from integrations.outbound import client
from integrations.outbound.client import open_outbound
from integrations.webhooks.backend import WebhookBackend
from integrations.webhooks.signing import new_secret
from schemas.backends import RestDescription
from services.ports import Backend, BackendTarget, HandOff, Holdings, Report, Verdict

NOTE = HandOff(
    id="0199-a",
    type="case.assigned",
    at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    data={"case_id": "0199"},
    fields={"number": "27-26-0000001-7", "subject": "Ямы"},
)


class Other:
    """The other side: answers as it is told."""

    def __init__(self) -> None:
        self.status = 201
        self.headers: dict[str, str] = {}
        self.body: Any = {"ticket": {"id": "T-1", "status": "working", "version": 2}}
        self.hangs = False
        self.calls: list[tuple[str, str]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.calls.append((request.method, request.path_qs))
        if self.hangs:
            await asyncio.sleep(2)
        return web.Response(
            body=msgspec.json.encode(self.body), status=self.status, headers=self.headers
        )


@pytest.fixture
async def other(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Other, str]]:
    monkeypatch.setattr(client, "TIMEOUT", ClientTimeout(total=0.3))
    side = Other()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", side.handle)
    async with TestServer(app) as server:
        yield side, str(server.make_url("")).rstrip("/")


@pytest.fixture(params=["webhook", "json_rest"])
async def spoken_to(
    request: pytest.FixtureRequest, other: tuple[Other, str]
) -> AsyncIterator[tuple[Backend, BackendTarget, Other]]:
    side, url = other
    async with open_outbound((ip_network("127.0.0.0/8"),), SystemClock()) as outbound:
        if request.param == "webhook":
            target = BackendTarget(url=url, secrets=(new_secret(),))
            yield WebhookBackend(outbound, SystemClock()), target, side
            return
        how = description(url)
        kept = {name: how[name] for name in RestDescription.__struct_fields__ if name in how}
        target = BackendTarget(
            url=url, secrets=("Bearer x",), description=msgspec.convert(kept, RestDescription)
        )
        yield JsonRestBackend(outbound), target, side


SpokenTo = tuple[Backend, BackendTarget, Other]


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_only_success_is_sent(spoken_to: SpokenTo, status: int) -> None:
    backend, target, side = spoken_to
    side.status = status
    assert (await backend.hand_off(target, NOTE)).outcome == "sent"


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 408, 429, 500, 502, 503, 504])
async def test_what_may_be_well_tomorrow_is_tried_again(spoken_to: SpokenTo, status: int) -> None:
    backend, target, side = spoken_to
    side.status = status
    verdict = await backend.hand_off(target, NOTE)
    assert (verdict.outcome, verdict.code) == ("retry", f"http_{status}")


@pytest.mark.parametrize("status", [429, 503])
async def test_who_says_when_is_heard(spoken_to: SpokenTo, status: int) -> None:
    """And nobody is waited for longer than a day."""
    backend, target, side = spoken_to
    side.status = status
    for asked, waited in (("120", 120), ("999999999", 86_400)):
        side.headers = {"Retry-After": asked}
        assert (await backend.hand_off(target, NOTE)).retry_after == waited


async def test_silence_is_tried_again(spoken_to: SpokenTo) -> None:
    backend, target, side = spoken_to
    side.hangs = True
    assert await backend.hand_off(target, NOTE) == Verdict(outcome="retry", code="timeout")


async def test_an_address_inside_is_not_called(spoken_to: SpokenTo) -> None:
    backend, target, side = spoken_to
    inside = msgspec.structs.replace(target, url="http://10.0.0.1/")
    verdict = await backend.hand_off(inside, NOTE)
    assert (verdict.outcome, verdict.code) == ("retry", "address_refused")
    assert side.calls == []


async def test_a_question_never_breaks(spoken_to: SpokenTo) -> None:
    """Whatever the other side answers, it is a report, a list, or the reason why not."""
    backend, target, side = spoken_to
    side.status = 200
    for body in (None, [], {}, {"ticket": None}, {"items": [None, 1, {"id": True}]}, "words"):
        side.body = body
        assert isinstance(await backend.ask(target, "T-1"), Report | Verdict)
        assert isinstance(await backend.holdings(target), Holdings | Verdict)


@pytest.fixture
async def rest(other: tuple[Other, str]) -> AsyncIterator[SpokenTo]:
    side, url = other
    how = description(url)
    kept = {name: how[name] for name in RestDescription.__struct_fields__ if name in how}
    target = BackendTarget(url=url, description=msgspec.convert(kept, RestDescription))
    async with open_outbound((ip_network("127.0.0.0/8"),), SystemClock()) as outbound:
        yield JsonRestBackend(outbound), target, side


async def test_what_is_there_already_is_no_failure(rest: SpokenTo) -> None:
    backend, target, side = rest
    side.status = 409
    verdict = await backend.hand_off(target, NOTE)
    assert (verdict.outcome, verdict.code, verdict.external_id) == ("sent", "duplicate", "T-1")


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_is_final(rest: SpokenTo, status: int) -> None:
    backend, target, side = rest
    side.status = status
    assert (await backend.hand_off(target, NOTE)).outcome == "dead"


async def test_a_second_try_looks_before_it_makes(rest: SpokenTo) -> None:
    """What the first try may have made is found by its number and not made again."""
    backend, target, side = rest
    side.body = {"items": [{"id": "T-7"}]}
    side.status = 200
    again = msgspec.structs.replace(NOTE, again=True)
    verdict = await backend.hand_off(target, again)
    assert (verdict.outcome, verdict.code, verdict.external_id) == ("sent", "duplicate", "T-7")
    assert side.calls == [("GET", "/tickets?number=27-26-0000001-7")]


async def test_a_state_without_a_word_of_ours_is_not_guessed(rest: SpokenTo) -> None:
    backend, target, side = rest
    side.status = 200
    side.body = {"ticket": {"id": "T-1", "status": "on holiday", "version": 2}}
    assert await backend.ask(target, "T-1") == Verdict(outcome="retry", code="unknown_state")
