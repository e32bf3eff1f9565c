"""What VK posts to `/vk/callback`, made by a test, and what the gateway calls at VK."""

import asyncio
import json
import re
import secrets
from typing import Any

import httpx

from tests.acceptance.town import GROUP, SECRETS
from tests.vk_schema import errors_of_call

Json = dict[str, Any]

ACTIONS = ["text", "vkpay", "open_app", "location", "open_link", "open_photo", "callback"]
CLIENT_INFO = {
    "button_actions": [*ACTIONS, "intent_subscribe", "intent_unsubscribe"],
    "keyboard": True,
    "inline_keyboard": True,
    "carousel": False,
    "lang_id": 0,
}
_SENT = re.compile(r"API\.messages\.send\(")


def said(user_id: int, text: str = "", **more: Any) -> Json:
    """The object of `message_new`; `more` replaces or adds fields of the message."""
    message = {
        "date": 1795480000,
        "from_id": user_id,
        "id": 418,
        "version": 10000731,
        "out": 0,
        "important": False,
        "is_hidden": False,
        "attachments": [],
        "conversation_message_id": 73,
        "fwd_messages": [],
        "text": text,
        "peer_id": user_id,
        "random_id": 0,
    }
    return {"message": message | more, "client_info": CLIENT_INFO}


def body(kind: str, content: Any, **more: Any) -> bytes:
    """An event of the first page as VK posts it; `more` replaces or adds fields around it."""
    event = {
        "group_id": GROUP,
        "type": kind,
        "event_id": secrets.token_hex(20),
        "v": "5.199",
        "object": content,
        "secret": SECRETS[GROUP],
    }
    return json.dumps(event | more, ensure_ascii=False).encode()


async def post(gateway: httpx.AsyncClient, content: bytes, path: str = "") -> httpx.Response:
    """Post an event; `path` is another gateway's address."""
    headers = {"Content-Type": "application/json"}
    return await gateway.post(f"{path}/vk/callback", content=content, headers=headers)


async def post_copies(gateway: httpx.AsyncClient, content: bytes, *urls: str) -> list[str]:
    """Post the same event three times at once, to each gateway in turn; return the answers."""
    where = [*urls, *urls, *urls][:3]
    answers = await asyncio.gather(*(post(gateway, content, url) for url in where))
    return [answer.text for answer in answers]


async def errors_of_calls(vk: httpx.AsyncClient) -> list[str]:
    """Say what of the calls that the stand-in saw does not fit VK's schema."""
    calls = (await vk.get("/demo/calls")).json()["items"]
    assert calls, "nothing was called"
    return [
        error
        for call in calls
        for method, params in [(call["method"], call["params"]), *_inside(call)]
        for error in errors_of_call(method, params)
    ]


def _inside(call: Json) -> list[tuple[str, Json]]:
    """Return the calls that an `execute` makes."""
    if call["method"] != "execute":
        return []
    code = call["params"]["code"]
    decode = json.JSONDecoder().raw_decode
    return [("messages.send", decode(code, found.end())[0]) for found in _SENT.finditer(code)]
