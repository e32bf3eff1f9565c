"""Reads what VK posts to the callback (API 5.199) into what the gateway understands.

Our own structs, and only the fields we use: everything else in a body is skipped, not built.
Optional fields may be absent or null; a body that lacks what we need is `MalformedEvent`.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import DecodeError, Meta, Raw, Struct, ValidationError
from msgspec.json import Decoder

from schemas.dialogs import Capabilities, Incoming, SentFile
from schemas.events import Allowed, Denied, Event, Ignored, Pressed, Replied, Said
from services.db.ids import new_id
from services.errors import InvalidRequest

GROUP_CHATS_FROM = 2_000_000_000
"""Peers from here on are group chats, not persons."""

# What goes into the database must fit a bigint and a text column (which holds no NUL).
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
GroupId = Annotated[int, Meta(gt=0, le=2**63 - 1)]
Word = Annotated[str, Meta(pattern=r"^[a-z_]{1,64}\Z")]
EventId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{0,128}\Z")]

NOTHING = Raw(b"null")
EVERYTHING = Capabilities()


class MalformedEvent(InvalidRequest):
    """This is not an event of VK's Callback API."""


class Envelope(Struct, frozen=True, kw_only=True):
    """What every event comes in. `object` stays JSON until somebody needs it.

    `event_id` is unique within a group and empty only in a `confirmation`.
    """

    type: Word
    group_id: GroupId
    event_id: EventId = ""
    secret: str | None = None
    object: Raw = NOTHING


MOST_ATTACHMENTS = 10
"""Of one message at VK."""
LONGEST_URL = 2048
LONGEST_NAME = 255

IGNORED = Ignored()


class _Attachment(Struct):
    type: str = ""
    photo: Raw = NOTHING
    doc: Raw = NOTHING


class _Size(Struct):
    url: str = ""
    width: float | None = 0
    height: float | None = 0


class _Photo(Struct):
    sizes: list[_Size] = []
    orig_photo: _Size | None = None


class _Document(Struct):
    url: str = ""
    title: str | None = ""
    ext: str | None = ""


class _Message(Struct):
    from_id: Int64
    peer_id: Int64
    out: int | bool | None = 0
    text: str | None = ""
    payload: Raw = NOTHING
    geo: Raw = NOTHING
    attachments: list[_Attachment] | None = None
    fwd_messages: list[Raw] | None = None


class _ClientInfo(Struct):
    keyboard: bool | None = None
    inline_keyboard: bool | None = None
    button_actions: list[str] | None = None


class _MessageNew(Struct):
    message: _Message
    client_info: _ClientInfo | None = None


class _MessageEvent(Struct):
    user_id: Int64
    peer_id: Int64
    event_id: EventId
    payload: Raw = NOTHING


class _MessageReply(Struct):
    peer_id: Int64
    random_id: Int64 | None = 0


class _Person(Struct):
    user_id: Int64


class _Coordinates(Struct):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class _Geo(Struct):
    coordinates: _Coordinates


_envelope = Decoder(Envelope)
_message_new = Decoder(_MessageNew)
_message_event = Decoder(_MessageEvent)
_message_reply = Decoder(_MessageReply)
_person = Decoder(_Person)
_geo = Decoder(_Geo, strict=False)
_photo = Decoder(_Photo, strict=False)
_document = Decoder(_Document, strict=False)
_text = Decoder(str)
_object = Decoder(dict[str, Raw])


def decode(body: bytes) -> Envelope:
    """Read the body of one callback request; raises `MalformedEvent`."""
    try:
        envelope = _envelope.decode(body)
    except (DecodeError, UnicodeDecodeError) as error:
        raise MalformedEvent from error
    if not envelope.event_id and envelope.type != "confirmation":
        raise MalformedEvent
    return envelope


def read(envelope: Envelope) -> Event:
    """Read what happened; raises `MalformedEvent` when fields that VK always sends are missing."""
    reader = _READERS.get(envelope.type)
    if reader is None:
        return IGNORED
    try:
        return reader(envelope.object)
    except (DecodeError, UnicodeDecodeError) as error:
        raise MalformedEvent from error


def _read_message(body: Raw) -> Event:
    event = _message_new.decode(body)
    message = event.message
    if message.out or message.from_id <= 0 or not _is_person(message.peer_id):
        return IGNORED
    return Said(message.from_id, _incoming(message), _capabilities(event.client_info))


def _read_press(body: Raw) -> Event:
    event = _message_event.decode(body)
    if event.user_id <= 0 or not _is_person(event.peer_id):
        return IGNORED
    payload = _payload(event.payload)
    incoming = Incoming("press", payload=payload) if payload else Incoming("other")
    return Pressed(event.user_id, incoming, event.event_id, event.peer_id)


def _read_reply(body: Raw) -> Event:
    reply = _message_reply.decode(body)
    if not _is_person(reply.peer_id):
        return IGNORED
    return Replied(reply.peer_id, reply.random_id or 0)


def _read_allow(body: Raw) -> Event:
    user_id = _person.decode(body).user_id
    return Allowed(user_id) if _is_person(user_id) else IGNORED


def _read_deny(body: Raw) -> Event:
    user_id = _person.decode(body).user_id
    return Denied(user_id) if _is_person(user_id) else IGNORED


_READERS = {
    "message_new": _read_message,
    "message_event": _read_press,
    "message_reply": _read_reply,
    "message_allow": _read_allow,
    "message_deny": _read_deny,
}


def _is_person(peer_id: int) -> bool:
    return 0 < peer_id < GROUP_CHATS_FROM


def _incoming(message: _Message) -> Incoming:
    # PostgreSQL's text holds no NUL; nobody types one.
    text = (message.text or "").replace("\x00", "")
    payload = _payload(message.payload)
    place = _place(message.geo)
    if place is not None:
        return Incoming("location", text, payload, place.latitude, place.longitude)
    if payload is not None:
        return Incoming("press", text, payload)
    # An address typed into a message makes VK attach a preview of type `link`: still text.
    attached = any(item.type != "link" for item in message.attachments or ())
    if attached or message.fwd_messages or not text.strip():
        return Incoming("other", text, files=_files(message.attachments or ()))
    return Incoming("text", text)


def _files(attachments: Sequence[_Attachment]) -> tuple[SentFile, ...]:
    """Read where VK keeps the photos and documents of a message; others are left out."""
    found: list[SentFile] = []
    for item in attachments[:MOST_ATTACHMENTS]:
        try:
            url, name = _address(item)
        except (DecodeError, UnicodeDecodeError):
            continue
        if 0 < len(url) <= LONGEST_URL:
            found.append(SentFile(new_id(), url, name.replace("\x00", "")[:LONGEST_NAME]))
    return tuple(found)


def _address(item: _Attachment) -> tuple[str, str]:
    if item.type == "photo":
        photo = _photo.decode(item.photo)
        sizes = [*photo.sizes, *([photo.orig_photo] if photo.orig_photo else [])]
        # The last of those that are equal: photos of before 2012 have no measures.
        if not sizes:
            return "", ""
        largest = max(reversed(sizes), key=lambda size: (size.width or 0) * (size.height or 0))
        return largest.url, ""
    if item.type == "doc":
        document = _document.decode(item.doc)
        return document.url, document.title or document.ext or "Документ"
    return "", ""


def _payload(raw: Raw) -> bytes | None:
    """Give the JSON object behind a button: VK sends it as text, in `message_event` as itself.

    A broken one counts as none, so that a press is still taken by its label.
    """
    content = bytes(raw)
    try:
        if content.startswith(b'"'):
            content = _text.decode(content).encode()
        # PostgreSQL's text and jsonb hold no NUL, and none of our buttons has one.
        return content if b"\\u0000" not in content and _object.decode(content) else None
    except (DecodeError, UnicodeError):
        return None


def _place(raw: Raw) -> _Coordinates | None:
    try:
        return _geo.decode(raw).coordinates
    except ValidationError:
        return None


def _capabilities(client: _ClientInfo | None) -> Capabilities:
    """Read what the client shows; what it does not mention it is trusted to have."""
    if client is None:
        return EVERYTHING
    actions = client.button_actions
    text = actions is None or "text" in actions
    return Capabilities(
        keyboard=text and client.keyboard is not False,
        inline=text and client.inline_keyboard is not False,
        location=actions is None or "location" in actions,
    )
