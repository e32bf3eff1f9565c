"""The objects of VK's events, as VK sends them (API 5.199)."""

import secrets
from typing import Any, Literal

from integrations.demo.vk.world import Community, Conversation, Message

Client = Literal["full", "no_inline", "plain"]

_ACTIONS = ["text", "vkpay", "open_app", "location", "open_link", "open_photo", "callback"]
_INTENTS = ["intent_subscribe", "intent_unsubscribe"]
# What a resident's app says it can show. `plain` is an old client without any buttons.
CLIENTS: dict[Client, dict[str, Any]] = {
    "full": {
        "button_actions": _ACTIONS + _INTENTS,
        "keyboard": True,
        "inline_keyboard": True,
        "carousel": True,
        "lang_id": 0,
    },
    "no_inline": {
        "button_actions": ["text"],
        "keyboard": True,
        "inline_keyboard": False,
        "carousel": False,
        "lang_id": 0,
    },
    "plain": {
        "button_actions": [],
        "keyboard": False,
        "inline_keyboard": False,
        "carousel": False,
        "lang_id": 0,
    },
}


def message_new(talk: Conversation, message: Message, client: Client) -> dict[str, Any]:
    """Make the object of `message_new`: what a resident sent and what the client can show."""
    body = _message(message, from_id=talk.user_id, peer_id=talk.user_id, out=0)
    return {"message": body, "client_info": CLIENTS[client]}


def message_reply(
    community: Community, talk: Conversation, message: Message, admin_id: int | None = None
) -> dict[str, Any]:
    """Make the object of `message_reply`: a message of the community, by API or by hand."""
    body = _message(message, from_id=-community.group_id, peer_id=talk.user_id, out=1)
    body["random_id"] = message.random_id
    return body | ({"admin_author_id": admin_id} if admin_id else {})


def _message(message: Message, *, from_id: int, peer_id: int, out: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "date": int(message.date),
        "from_id": from_id,
        "id": message.id,
        "version": 10_000_000 + message.id,
        "out": out,
        "important": False,
        "is_hidden": False,
        "attachments": list(message.attachments),
        "conversation_message_id": message.cmid,
        "fwd_messages": [],
        "text": message.text,
        "peer_id": peer_id,
        "random_id": 0,
    }
    if message.payload is not None:
        body["payload"] = message.payload
    if message.geo is not None:
        body["geo"] = message.geo
    return body


def message_event(
    talk: Conversation, event_id: str, payload: Any, cmid: int | None
) -> dict[str, Any]:
    """Make the object of `message_event`; `cmid` only for a button inside a message."""
    body = {
        "user_id": talk.user_id,
        "peer_id": talk.user_id,
        "event_id": event_id,
        "payload": payload,
    }
    return body if cmid is None else body | {"conversation_message_id": cmid}


def message_allow(talk: Conversation) -> dict[str, Any]:
    """Make the object of `message_allow`."""
    return {"user_id": talk.user_id, "key": ""}


def message_deny(talk: Conversation) -> dict[str, Any]:
    """Make the object of `message_deny`."""
    return {"user_id": talk.user_id}


def place(latitude: float, longitude: float) -> dict[str, Any]:
    """Make the `geo` of a message from degrees."""
    return {"type": "point", "coordinates": {"latitude": latitude, "longitude": longitude}}


def sticker(files: str) -> dict[str, Any]:
    """Make the attachment of a sticker; `files` is the address of the stand-in's files."""
    sizes = [64, 128, 256, 352, 512]
    images = [{"url": f"{files}/sticker.svg?{n}", "width": n, "height": n} for n in sizes]
    body = {
        "inner_type": "base_sticker_new",
        "sticker_id": 9008,
        "product_id": 279,
        "images": images,
        "images_with_background": images,
        "is_allowed": True,
    }
    return {"type": "sticker", "sticker": body}


def voice(files: str, owner_id: int, duration: int) -> dict[str, Any]:
    """Make the attachment of a voice message of `duration` seconds."""
    body = {
        "id": 600_000_000 + secrets.randbelow(1_000_000),
        "owner_id": owner_id,
        "duration": duration,
        "waveform": [(7 * n * n) % 31 for n in range(64)],
        "link_ogg": f"{files}/voice.ogg",
        "link_mp3": f"{files}/voice.mp3",
        "access_key": secrets.token_hex(9),
    }
    return {"type": "audio_message", "audio_message": body}


def photo(files: str, owner_id: int, date: int, url: str | None = None) -> dict[str, Any]:
    """Make the attachment of a photo taken at `date` (seconds since 1970).

    `url` is where VK keeps it, if not the stand-in's own photo.
    """
    sizes = [
        {
            "type": kind,
            "url": url or f"{files}/photo.jpg?{kind}",
            "width": width,
            "height": height,
        }
        for kind, width, height in (("s", 75, 50), ("m", 130, 87), ("x", 604, 403))
    ]
    body = {
        "album_id": -3,
        "date": date,
        "id": 457_000_000 + secrets.randbelow(1_000_000),
        "owner_id": owner_id,
        "access_key": secrets.token_hex(9),
        "sizes": sizes,
        "text": "",
        "has_tags": False,
    }
    return {"type": "photo", "photo": body}


def document(
    files: str, owner_id: int, date: int, title: str, url: str | None = None
) -> dict[str, Any]:
    """Make the attachment of a document sent at `date` (seconds since 1970).

    `url` is where VK keeps it, if not the stand-in's own letter.
    """
    body = {
        "id": 680_000_000 + secrets.randbelow(1_000_000),
        "owner_id": owner_id,
        "title": title,
        "size": 608,
        "ext": title.rpartition(".")[2],
        "date": date,
        "type": 1,
        "url": url or f"{files}/letter.pdf",
        "access_key": secrets.token_hex(9),
    }
    return {"type": "doc", "doc": body}
