"""What people do on a page: a resident writes, presses, shares; the page's staff answer."""

import json
import secrets
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from integrations.demo.vk import events
from integrations.demo.vk.errors import VkError
from integrations.demo.vk.events import Client
from integrations.demo.vk.rules import MAX_TEXT
from integrations.demo.vk.world import Community, Conversation, Message, World

START = '{"command":"start"}'
VOICE_SECONDS = 7
MOST_ATTACHMENTS = 10
# Who answers by hand for the page; VK names that person in `admin_author_id`.
STAFF_ID = 700_000_001


class Text(Struct, tag_field="act", tag="text"):
    """A resident types something; `payload` only to play a client that sends its own."""

    text: str
    payload: str | None = None
    client: Client = "full"


class Start(Struct, tag_field="act", tag="start"):
    """A resident presses «Начать», which VK shows before the first message."""

    client: Client = "full"


class Press(Struct, tag_field="act", tag="press"):
    """A resident presses a button that is shown, found by its payload or its label.

    `cmid` names the message of an inline button; without it the keyboard under the input field
    is looked at first, then messages from the newest on. A place is sent for location buttons.
    """

    payload: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    cmid: int | None = None
    latitude: float = 48.4802
    longitude: float = 135.0719
    client: Client = "full"


class Location(Struct, tag_field="act", tag="location"):
    """A resident shares a place, in degrees."""

    latitude: float
    longitude: float
    client: Client = "full"


class Sticker(Struct, tag_field="act", tag="sticker"):
    """A resident sends a sticker, without words."""

    client: Client = "full"


class Voice(Struct, tag_field="act", tag="voice"):
    """A resident sends a voice message."""

    client: Client = "full"


class Photo(Struct, tag_field="act", tag="photo"):
    """A resident sends photos, with or without words; `url` only to play one kept elsewhere."""

    text: str = ""
    count: int = 1
    url: str | None = None
    client: Client = "full"


class Document(Struct, tag_field="act", tag="document"):
    """A resident sends a document, with or without words; `url` as with a photo."""

    text: str = ""
    title: str = "Письмо соседей.pdf"
    url: str | None = None
    client: Client = "full"


class Allow(Struct, tag_field="act", tag="allow"):
    """A resident allows messages from the page."""


class Deny(Struct, tag_field="act", tag="deny"):
    """A resident forbids messages from the page."""


class Staff(Struct, tag_field="act", tag="staff"):
    """Somebody of the page's staff answers by hand."""

    text: str


Act = Text | Start | Press | Location | Sticker | Voice | Photo | Document | Allow | Deny | Staff


def carry_out(world: World, community: Community, user_id: int, act: Act, files: str) -> Any:
    """Do what a person does; `files` is the address of pictures and recordings.

    Returns the ids of the events that it caused. Raises VkError 100 for what VK's own page
    would not let a person do: an empty or too long text, a button that is not shown.
    """
    talk = community.conversation(user_id)
    match act:
        case Allow():
            return _permit(world, community, talk)
        case Deny():
            talk.allowed = False
            return [world.emit(community, "message_deny", events.message_deny(talk))]
        case Staff(text=text):
            return _answer_by_hand(world, community, talk, text)
        case Press():
            return _press(world, community, talk, act)
        case _:
            return _say(world, community, talk, act.client, **_content(act, talk, files, world))


def _content(
    act: Text | Start | Location | Sticker | Voice | Photo | Document,
    talk: Conversation,
    files: str,
    world: World,
) -> dict[str, Any]:
    match act:
        case Text(text=text, payload=payload):
            if not text.strip() or len(text) > MAX_TEXT:
                raise VkError(100, "text is empty or too long")
            return {"text": text, "payload": payload}
        case Start():
            return {"text": "Начать", "payload": START}
        case Location(latitude=latitude, longitude=longitude):
            return {"text": "", "geo": events.place(latitude, longitude)}
        case Sticker():
            return {"text": "", "attachments": (events.sticker(files),)}
        case Voice():
            return {"text": "", "attachments": (events.voice(files, talk.user_id, VOICE_SECONDS),)}
        case Photo(text=text, count=count, url=url):
            if not 0 < count <= MOST_ATTACHMENTS:
                raise VkError(100, "too many attachments")
            pictures = [
                events.photo(files, talk.user_id, int(world.now()), url) for _ in range(count)
            ]
            return {"text": text, "attachments": tuple(pictures)}
        case Document(text=text, title=title, url=url):
            letter = events.document(files, talk.user_id, int(world.now()), title, url)
            return {"text": text, "attachments": (letter,)}


def _permit(world: World, community: Community, talk: Conversation) -> list[str]:
    talk.allowed = True
    world.changed(community.group_id, talk.user_id)
    return [world.emit(community, "message_allow", events.message_allow(talk))]


def _say(
    world: World, community: Community, talk: Conversation, client: Client, **content: Any
) -> list[str]:
    """Send a resident's message. Writing to a page allows its answers, and VK says so first."""
    before = [] if talk.allowed else _permit(world, community, talk)
    message = world.write(community, talk, "resident", **content)
    event = events.message_new(talk, message, client)
    return [*before, world.emit(community, "message_new", event)]


def _answer_by_hand(world: World, community: Community, talk: Conversation, text: str) -> list[str]:
    if not text.strip() or len(text) > MAX_TEXT:
        raise VkError(100, "text is empty or too long")
    if not talk.allowed:
        raise VkError(901)
    random_id = -1 - secrets.randbelow(2**31 - 1)
    message = world.write(community, talk, "staff", text, random_id=random_id)
    event = events.message_reply(community, talk, message, admin_id=STAFF_ID)
    return [world.emit(community, "message_reply", event)]


def _press(world: World, community: Community, talk: Conversation, act: Press) -> list[str]:
    keyboard, message, action = _find(talk, act)
    if keyboard.get("one_time") and keyboard is talk.keyboard:
        talk.keyboard = None
    payload = action.get("payload")
    match action["type"]:
        case "text":
            content = {"text": action["label"], "payload": payload}
            return _say(world, community, talk, act.client, **content)
        case "location":
            geo = events.place(act.latitude, act.longitude)
            return _say(world, community, talk, act.client, text="", payload=payload, geo=geo)
        case "callback":
            token = secrets.token_hex(6)
            community.questions[token] = (talk.user_id, world.now())
            cmid = message.cmid if message else None
            given = json.loads(payload) if payload else {}
            event = events.message_event(talk, token, given, cmid)
            return [world.emit(community, "message_event", event)]
        case _:
            return []


def _find(talk: Conversation, act: Press) -> tuple[dict[str, Any], Message | None, dict[str, Any]]:
    """Find the button among those that the resident sees now."""
    shown: list[tuple[dict[str, Any], Message | None]] = []
    if talk.keyboard and act.cmid is None:
        shown.append((talk.keyboard, None))
    shown += [
        (message.keyboard, message)
        for message in reversed(talk.messages)
        if message.keyboard and message.keyboard.get("inline") and act.cmid in {None, message.cmid}
    ]
    for keyboard, message in shown:
        for action in (button["action"] for row in keyboard["buttons"] for button in row):
            if act.payload in {UNSET, action.get("payload")} and act.label in {
                UNSET,
                action.get("label"),
            }:
                return keyboard, message, action
    raise VkError(100, "no such button is shown")
