"""The way of a VK event past the framework: `ok` is answered here, all else as everywhere."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.parts import Parts
from services.communities.communities import NewPage, add_page
from services.inbox.batches import Inbox

PATH = "/vk/callback"
SECRET_WORDS = "Иванов Иван, +79141234567"


@pytest.fixture
async def event(parts: Parts) -> dict[str, Any]:
    """An event of a known page that concerns nobody."""
    page = NewPage(group_id=5, title="Город", token="token", secret="secret")
    async with parts.pool.acquire() as connection:
        await add_page(connection, parts.house.sealer, page)
    return {"type": "group_join", "group_id": 5, "event_id": "a1", "secret": "secret", "object": {}}


async def test_an_event_is_answered_with_ok_alone(
    client: httpx.AsyncClient, event: dict[str, Any]
) -> None:
    """VK must read exactly `ok`; the answer has an id and the headers of every answer."""
    answer = await client.post(PATH, json=event)
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_failed_step_is_a_problem_without_its_words(
    client: httpx.AsyncClient, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an error says may be a resident's: the answer has none of it."""

    async def fail(*_: object) -> None:
        raise RuntimeError(SECRET_WORDS)

    monkeypatch.setattr(Inbox, "take", fail)
    answer = await client.post(PATH, json=event)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert SECRET_WORDS not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type": "message_new"}', b"\xff"])
async def test_what_is_no_event_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    """Refusals are problems like everywhere, and never hold what was sent."""
    answer = await client.post(PATH, content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_is_measured_as_it_comes(client: httpx.AsyncClient) -> None:
    """One that does not say how long it is ends where it gets too long."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 32 * 1024

    answer = await client.post(PATH, content=pieces())
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    """The framework knows the path too."""
    answer = await client.get(PATH)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


async def test_nothing_is_answered_to_who_has_hung_up(app: Litestar) -> None:
    """A connection that ends before the body does has no effect."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "path": PATH, "method": "POST", "headers": [], "state": {}}
    await app.asgi_handler(scope, receive, send)
    assert sent == []
