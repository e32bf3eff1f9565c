"""The stand-in's Long Poll, rights and states of servers."""

import asyncio
from typing import Any

import pytest

from tests.integrations.demo.conftest import GROUP, TOKEN, Caller


async def place(vk: Caller) -> dict[str, Any]:
    answer = await vk.call("groups.getLongPollServer", group_id=GROUP)
    return answer["response"]


async def check(vk: Caller, at: dict[str, Any], ts: str | None = None, wait: int = 0) -> Any:
    params = {"act": "a_check", "key": at["key"], "ts": ts or at["ts"], "wait": wait}
    return (await vk.http.get(f"/longpoll/{GROUP}", params=params)).json()


@pytest.fixture
async def followed(vk: Caller) -> Caller:
    await vk.call("groups.setLongPollSettings", group_id=GROUP, enabled=1, message_new=1)
    return vk


async def test_long_poll_is_off_until_switched_on(vk: Caller) -> None:
    """As at VK, where it is a setting of the page."""
    answer = await vk.call("groups.getLongPollServer", group_id=GROUP)
    assert answer["error"]["error_code"] == 100
    settings = await vk.call("groups.getLongPollSettings", group_id=GROUP)
    assert settings["response"]["is_enabled"] is False


async def test_events_are_kept_for_who_asks(followed: Caller) -> None:
    """Of the kinds that were chosen, without a secret, again and again until the mark moves."""
    at = await place(followed)
    assert await check(followed, at) == {"ts": at["ts"], "updates": []}
    await followed.act("text", text="Привет")
    first, answer = await check(followed, at), await check(followed, at)
    for each in (first, answer):
        (update,) = each["updates"]
        assert (update["type"], update["group_id"]) == ("message_new", GROUP)
        assert "secret" not in update
    assert (await check(followed, at, answer["ts"]))["updates"] == []


async def test_who_waits_hears_at_once(followed: Caller) -> None:
    """The wait ends with the first event."""
    at = await place(followed)
    waiting = asyncio.create_task(check(followed, at, wait=25))
    await asyncio.sleep(0)
    await followed.act("text", text="Привет")
    assert len((await waiting)["updates"]) == 1


@pytest.mark.parametrize("failed", [1, 2, 3])
async def test_a_wait_fails_on_request(followed: Caller, failed: int) -> None:
    """1 names the mark to go on from; after 2 and 3 another key is asked for."""
    at = await place(followed)
    await followed.http.post(f"/demo/communities/{GROUP}/long_poll", json={"failed": failed})
    answer = await check(followed, at)
    assert answer["failed"] == failed
    fresh = await place(followed)
    assert (fresh["key"] == at["key"]) is (failed == 1)
    assert "failed" not in await check(followed, fresh)


async def test_a_token_has_rights(vk: Caller) -> None:
    """They are listed; what is not allowed is refused."""
    page = {"group_id": GROUP, "token": TOKEN, "title": "Т", "rights": ["manage"], "members": 9}
    await vk.http.post("/demo/communities", json=page)
    found = await vk.call("groups.getTokenPermissions")
    assert [each["name"] for each in found["response"]["permissions"]] == ["manage"]
    assert (await vk.send(random_id=1))["error"]["error_code"] == 15
    group = await vk.call("groups.getById", fields="members_count")
    assert group["response"]["groups"][0]["members_count"] == 9
