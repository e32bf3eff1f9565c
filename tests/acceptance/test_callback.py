"""What `/vk/callback` takes, ignores and refuses: bodies as VK posts them, over real HTTP."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.events import body, errors_of_calls, post, said
from tests.acceptance.people import Json, Resident
from tests.acceptance.town import CODE, GROUP, Town
from tests.acceptance.waiting import eventually
from tests.vk_schema import errors_of_event, needs_vk_schema

LIMIT = 1024 * 1024
CHAT = 2_000_000_001
BOT = -193_000_000

STICKER = {
    "type": "sticker",
    "sticker": {
        "inner_type": "base_sticker_new",
        "sticker_id": 9008,
        "product_id": 279,
        "is_allowed": True,
    },
}
VOICE = {
    "type": "audio_message",
    "audio_message": {
        "id": 671_000_001,
        "owner_id": 8001,
        "duration": 7,
        "waveform": [0, 4, 31, 12],
        "link_ogg": "https://psv4.userapi.com/voice.ogg",
        "link_mp3": "https://psv4.userapi.com/voice.mp3",
        "access_key": "1f2e3d",
    },
}
FORWARDED = {
    "date": 1795470000,
    "from_id": 8002,
    "text": "Смотрите, что пишут",
    "attachments": [],
    "conversation_message_id": 5,
    "peer_id": 8002,
    "id": 17,
}
WORDLESS: dict[str, Json] = {
    "sticker": {"attachments": [STICKER]},
    "voice": {"attachments": [VOICE]},
    "empty": {},
    "forwarded": {"fwd_messages": [FORWARDED]},
    "spaces": {"text": "   "},
}


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
async def resident(vk: httpx.AsyncClient, numbers: Iterator[int]) -> Resident:
    """Somebody new, who may be written to."""
    person = Resident(vk, GROUP, 8000 + next(numbers))
    await person.act("allow")
    return person


# Refusals


async def test_an_unknown_page_and_a_wrong_secret_are_refused_alike(
    gateway: httpx.AsyncClient,
) -> None:
    """Nobody learns from the answer which pages there are."""
    content = said(8100, "меню")
    refused = [
        await post(gateway, body("message_new", content, **more))
        for more in (
            {"group_id": 999_999_999},
            {"secret": "wrong"},
            {"secret": "пароль"},
            {"secret": ""},
            {"secret": None},
        )
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert len({answer.content for answer in refused}) == 1
    assert refused[0].json()["code"] == "forbidden"


MALFORMED = {
    "empty": b"",
    "no JSON": b"ok",
    "half": b'{"type": "message_new", "group_id": 1',
    "list": b"[]",
    "bad UTF-8": b'{"type": "message_new", "group_id": 1, "event_id": "\xff"}',
    "no event id": json.dumps({"type": "message_new", "group_id": GROUP}).encode(),
    "group in words": body("message_new", said(8100), group_id="many"),
    "no message": body("message_new", {}),
    "no sender": body("message_new", {"message": {"text": "Привет"}}),
    "object is a text": body("message_new", "object"),
    "person in words": body("message_deny", {"user_id": "somebody"}),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_event_is_malformed(gateway: httpx.AsyncClient, content: bytes) -> None:
    """400 as a problem; the word `remove`, by which VK deletes a server, can't be in it."""
    answer = await post(gateway, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_a_mebibyte_is_too_large(
    gateway: httpx.AsyncClient, *, chunked: bool
) -> None:
    """Also where its length is not said before; what fits to the byte is read."""

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * 65_536

    content: Any = parts() if chunked else b" " * (LIMIT + 1)
    answer = await gateway.post("/vk/callback", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    whole = body("message_new", said(BOT))
    fits = await gateway.post("/vk/callback", content=whole + b" " * (LIMIT - len(whole)))
    assert fits.text == "ok"


# Confirmation


@pytest.mark.parametrize("secret", [None, "callback-secret-1"])
async def test_a_confirmation_is_answered_with_the_code(
    gateway: httpx.AsyncClient, secret: str | None
) -> None:
    """VK may leave the secret out, for it asks before the server is set up."""
    event = {"type": "confirmation", "group_id": GROUP} | ({"secret": secret} if secret else {})
    answer = await post(gateway, json.dumps(event).encode())
    assert (answer.status_code, answer.text) == (200, CODE)
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_confirmation_with_a_wrong_secret_is_refused(gateway: httpx.AsyncClient) -> None:
    """As is one of a page that nobody knows."""
    for more in ({"group_id": GROUP, "secret": "wrong"}, {"group_id": 999_999_999}):
        event = {"type": "confirmation"} | more
        assert (await post(gateway, json.dumps(event).encode())).status_code == 403


async def test_a_code_that_is_not_known_is_asked_for(
    town: Town, gateway: httpx.AsyncClient, vk: httpx.AsyncClient
) -> None:
    """VK calls for a page that was added without its code: it is asked back."""
    token = "vk1.a.token-of-the-third-page"
    page = {"group_id": 227_900, "token": token, "title": "Посёлок"}
    await vk.post("/demo/communities", json=page)
    code = (await vk.post("/demo/communities/227900/confirmation")).json()["code"]
    options = ("--group-id", "227900", "--title", "Посёлок", "--token", "-")
    town.must("community", "add", *options, text=token)
    event = json.dumps({"type": "confirmation", "group_id": 227_900}).encode()
    assert (await post(gateway, event)).text == code


# What people send


async def test_an_event_is_answered_with_ok_and_nothing_else(
    gateway: httpx.AsyncClient, resident: Resident
) -> None:
    """VK wants these two letters, as plain text."""
    answer = await post(gateway, body("message_new", said(resident.user_id, "Здравствуйте")))
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "обращение" in (await resident.hear()).lower()


@pytest.mark.parametrize("more", WORDLESS.values(), ids=WORDLESS)
async def test_wordless_messages_get_a_friendly_answer(
    gateway: httpx.AsyncClient, resident: Resident, more: Json
) -> None:
    """At the menu and in the middle of a form: one answer each, and the form goes on."""
    content = said(resident.user_id, **more)
    assert (await post(gateway, body("message_new", content))).text == "ok"
    assert await resident.hear()
    asked = await resident.press("Подать обращение")
    assert (await post(gateway, body("message_new", content))).text == "ok"
    again = await resident.hear()
    assert asked.splitlines()[-1] in again or "тем" in again.lower()
    assert "Уточните" in await resident.say("Ремонт дорог")


async def test_a_callback_button_is_taken_and_its_spinner_stopped(
    gateway: httpx.AsyncClient, resident: Resident, vk: httpx.AsyncClient
) -> None:
    """A press of an old client or another tool does what a text button does."""
    await resident.start()
    payload = json.loads(await resident.button("Подать обращение"))
    press = {
        "user_id": resident.user_id,
        "peer_id": resident.user_id,
        "event_id": "d5b1f3f0a1",
        "payload": payload,
    }
    assert (await post(gateway, body("message_event", press))).text == "ok"
    assert "Выберите тему" in await resident.hear()

    async def is_stopped() -> bool:
        calls = (await vk.get("/demo/calls")).json()["items"]
        return any(call["params"].get("event_id") == press["event_id"] for call in calls)

    assert await eventually(is_stopped)


IGNORED: dict[str, tuple[str, Json]] = {
    "group chat": ("message_new", {"peer_id": CHAT}),
    "own message": ("message_new", {"out": 1}),
    "a community": ("message_new", {"from_id": BOT}),
    "another event": ("group_join", {"join_type": "join"}),
}


@pytest.mark.parametrize(("kind", "more"), IGNORED.values(), ids=IGNORED)
async def test_what_is_not_meant_for_us_is_taken_and_ignored(
    gateway: httpx.AsyncClient, resident: Resident, kind: str, more: Json
) -> None:
    """VK hears `ok`; nobody is written to."""
    user_id = resident.user_id
    content = said(user_id, "меню", **more) if kind == "message_new" else {"user_id": user_id}
    assert (await post(gateway, body(kind, content | more))).text == "ok"
    await resident.start()  # had there been an answer, it would stand before this one's
    assert len(await resident.messages()) == 1


# VK's schema


@needs_vk_schema
@pytest.mark.parametrize("more", WORDLESS.values(), ids=WORDLESS)
def test_these_events_are_like_those_of_vk(more: Json) -> None:
    """What the tests above post fits VK's own description."""
    assert errors_of_event("message_new", said(8300, **more)) == []


@needs_vk_schema
async def test_the_gateway_calls_vk_as_vk_describes(
    vk: httpx.AsyncClient, resident: Resident
) -> None:
    """Every call of a whole appeal fits the description of its method."""
    await vk.delete("/demo/counters")
    await resident.fill_in()
    await resident.press("Отправить")
    assert await errors_of_calls(vk) == []
    assert (await vk.get("/demo/counters")).json()["violations"] == []
