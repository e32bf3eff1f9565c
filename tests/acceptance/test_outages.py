"""Events that come while Valkey or the database is away, and while nothing can be sent."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.acceptance.events import body, post, said
from tests.acceptance.people import Resident
from tests.acceptance.town import GROUP, Town
from tests.acceptance.waiting import eventually
from tests.gateway.embedded.conftest import running

LONGEST_PAUSE = timedelta(hours=3)  # VK heeds only a shorter one


@pytest.fixture(scope="module")
def town(own_town: Town) -> Town:
    return own_town


async def readiness(gateway: httpx.AsyncClient) -> tuple[int, str, set[str]]:
    """Return the status, the word, and the checks that fail."""
    answer = await gateway.get("/health/ready")
    told = answer.json()
    wrong = {name for name, check in told["checks"].items() if not check["ok"]}
    assert all(told["checks"][name]["message"] for name in wrong)
    return answer.status_code, told["status"], wrong


async def test_without_valkey_events_are_taken(
    town: Town, gateway: httpx.AsyncClient, vk: httpx.AsyncClient
) -> None:
    """The gateway is degraded and answers `ok`; whatever was not sent leaves afterwards."""
    resident = Resident(vk, GROUP, 9001)
    await resident.act("allow")
    running(town.data_dir)["valkey"].kill()
    assert await eventually(lambda: is_like(gateway, (200, "degraded", {"queue", "worker"})))
    for text in ("меню", "Подать обращение", "Ремонт дорог"):
        answer = await post(gateway, body("message_new", said(resident.user_id, text)))
        assert (answer.status_code, answer.text) == (200, "ok")
    town.must("operator", "list")  # whatever command is started next starts it again
    for words in ("Чем помочь", "Выберите тему", "Уточните"):
        assert words in await resident.hear()
    assert await eventually(lambda: is_like(gateway, (200, "ready", set())))


async def test_without_the_database_vk_is_asked_to_come_back(
    town: Town, gateway: httpx.AsyncClient, vk: httpx.AsyncClient
) -> None:
    """503 with an HTTP-date, which VK heeds; the same event has its effect once afterwards."""
    resident = Resident(vk, GROUP, 9002)
    await resident.act("allow")
    event = body("message_new", said(resident.user_id, "меню"))
    running(town.data_dir)["postgres"].kill()
    refused = await post(gateway, event)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    pause = parsedate_to_datetime(refused.headers["Retry-After"]) - datetime.now(UTC)
    assert timedelta(0) <= pause < LONGEST_PAUSE
    status, word, wrong = await readiness(gateway)
    assert (status, word) == (503, "not_ready")
    assert {"database", "migrations"} <= wrong
    api = await gateway.get("/api/v1/cases", headers={"Authorization": "Bearer gw_1_x"})
    assert api.status_code == 503

    town.must("operator", "list")
    for _ in range(2):
        assert await eventually(lambda: is_taken(gateway, event))
    assert "Чем помочь" in await resident.hear()
    await resident.say("меню")
    assert len(await resident.messages()) == 2
    assert await eventually(lambda: is_like(gateway, (200, "ready", set())))


async def is_like(gateway: httpx.AsyncClient, wanted: tuple[int, str, set[str]]) -> bool:
    return await readiness(gateway) == wanted


async def is_taken(gateway: httpx.AsyncClient, event: bytes) -> bool:
    return (await post(gateway, event)).text == "ok"
