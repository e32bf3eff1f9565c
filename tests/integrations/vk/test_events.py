"""Reading VK's callback bodies: what real clients send, and what anybody might."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import encode

from integrations.vk.events import MalformedEvent, decode, read
from schemas.dialogs import Capabilities, Incoming
from schemas.events import Allowed, Denied, Event, Ignored, Pressed, Replied, Said

PERSON = 494075
CHAT = 2_000_000_001
CLIENT = {
    "button_actions": ["text", "vkpay", "open_app", "location", "open_link", "callback"],
    "keyboard": True,
    "inline_keyboard": True,
    "carousel": True,
    "lang_id": 0,
}
GEO = {
    "type": "point",
    "coordinates": {"latitude": 48.4801, "longitude": 135.0719},
    "place": {"country": "Россия", "city": "Хабаровск", "title": "Хабаровск", "id": 0},
}


def body(kind: str, content: Any, **more: Any) -> bytes:
    envelope = {
        "group_id": 123,
        "type": kind,
        "event_id": "c0ffee",
        "v": "5.199",
        "object": content,
    }
    return encode({**envelope, **more})


def event(kind: str, content: Any) -> Event:
    return read(decode(body(kind, content)))


def message_new(client: Any = CLIENT, **changes: Any) -> Event:
    message = {
        "date": 1_700_000_000,
        "from_id": PERSON,
        "id": 10,
        "version": 10_000_001,
        "out": 0,
        "important": False,
        "is_hidden": False,
        "attachments": [],
        "conversation_message_id": 7,
        "fwd_messages": [],
        "text": "Яма на дороге",
        "peer_id": PERSON,
        "random_id": 0,
    }
    return event("message_new", {"message": {**message, **changes}, "client_info": client})


def said(**changes: Any) -> Incoming:
    what = message_new(**changes)
    assert isinstance(what, Said)
    assert what.user_id == PERSON
    return what.incoming


def test_the_envelope_says_whose_event_it_is() -> None:
    """The object stays unread until the community and its secret are checked."""
    envelope = decode(body("message_new", {"any": "thing"}, secret="s3"))
    assert (envelope.group_id, envelope.event_id, envelope.secret) == (123, "c0ffee", "s3")
    assert bytes(envelope.object) == b'{"any":"thing"}'


def test_a_confirmation_has_neither_object_nor_event_id() -> None:
    """Older servers send it without a secret too."""
    envelope = decode(b'{"type": "confirmation", "group_id": 123}')
    assert (envelope.type, envelope.secret) == ("confirmation", None)
    assert read(envelope) == Ignored()


def test_typed_words() -> None:
    """Text is text, with the client's abilities beside it."""
    assert message_new() == Said(PERSON, Incoming("text", "Яма на дороге"), Capabilities())


@pytest.mark.parametrize("payload", ['{"command":"start"}', {"command": "start"}])
def test_a_text_button(payload: object) -> None:
    """A press is a message with the label as text and the payload as JSON text."""
    incoming = said(text="Начать", payload=payload)
    assert incoming == Incoming("press", "Начать", b'{"command":"start"}')


@pytest.mark.parametrize(
    "payload", ["", "{", '{"a":}', "[1]", "5", "null", None, "{}", {}, [], 7, '{"a":"\\u0000"}']
)
def test_a_broken_payload_is_as_none(payload: object) -> None:
    """The label that came with it still says what was meant."""
    assert said(text="Начать", payload=payload) == Incoming("text", "Начать")


def test_a_shared_place() -> None:
    """With the button's payload, if a button was pressed for it."""
    incoming = said(text="", geo=GEO, payload='{"step":"where"}')
    assert incoming == Incoming("location", "", b'{"step":"where"}', 48.4801, 135.0719)
    assert said(text="", geo=GEO).payload is None


@pytest.mark.parametrize(
    "geo",
    [
        None,
        {},
        "48.48 135.07",
        {"coordinates": None},
        {"coordinates": "48.48 135.07"},
        {"coordinates": {"latitude": 91, "longitude": 0}},
        {"coordinates": {"latitude": 0}},
    ],
)
def test_a_broken_place_is_as_none(geo: object) -> None:
    """What is written beside it counts."""
    assert said(geo=geo) == Incoming("text", "Яма на дороге")


def test_coordinates_as_text_are_read() -> None:
    """Old clients send numbers in quotes."""
    coordinates = {"latitude": "48.5", "longitude": "135.1"}
    assert said(geo={"coordinates": coordinates}).latitude == 48.5


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "", "attachments": [{"type": "sticker", "sticker": {"sticker_id": 1}}]},
        {"text": "", "attachments": [{"type": "audio_message", "audio_message": {"id": 1}}]},
        {"text": "вот", "attachments": [{"type": "photo", "photo": {"id": 1}}]},
        {"text": "вот", "fwd_messages": [{"text": "чужое", "from_id": 1}]},
        {"text": ""},
        {"text": " \n"},
        {"text": None},
    ],
)
def test_what_is_no_text_is_other(changes: dict[str, Any]) -> None:
    """Stickers, voice, photos, forwarded and empty messages, with what was written beside them."""
    assert said(**changes) == Incoming("other", changes["text"] or "")


def photo(*sizes: tuple[str, int, int], **more: Any) -> dict[str, Any]:
    shown = [{"type": "x", "url": url, "width": width, "height": h} for url, width, h in sizes]
    return {"type": "photo", "photo": {"id": 1, "sizes": shown, **more}}


def document(**changes: Any) -> dict[str, Any]:
    known = {"id": 1, "title": "Письмо.pdf", "ext": "pdf", "url": "https://vk.com/doc1_2"}
    return {"type": "doc", "doc": {**known, **changes}}


@pytest.mark.parametrize(
    ("attached", "files"),
    [
        (photo(("https://a/s", 75, 50), ("https://a/w", 2560, 1707), ("https://a/m", 130, 87)),
         [("https://a/w", "")]),
        (photo(("https://a/1", 0, 0), ("https://a/2", 0, 0)), [("https://a/2", "")]),
        (photo(("https://a/s", 75, 50), orig_photo={"url": "https://a/o", "width": 9000,
         "height": 6000}), [("https://a/o", "")]),
        (photo(), []),
        ({"type": "photo", "photo": None}, []),
        ({"type": "photo", "photo": "x"}, []),
        (photo(("", 10, 10)), []),
        (photo(("https://a/" + "x" * 3000, 10, 10)), []),
        (document(), [("https://vk.com/doc1_2", "Письмо.pdf")]),
        (document(title=None), [("https://vk.com/doc1_2", "pdf")]),
        (document(title="a\x00b"), [("https://vk.com/doc1_2", "ab")]),
        (document(url=5), []),
        ({"type": "doc"}, []),
        ({"type": "video", "video": {"id": 1}}, []),
    ],
)  # fmt: skip
def test_photos_and_documents(attached: dict[str, Any], files: list[tuple[str, str]]) -> None:
    """The largest size of a photo, the title of a document; what cannot be read is left out."""
    incoming = said(text="вот", attachments=[attached])
    assert (incoming.kind, incoming.text) == ("other", "вот")
    assert [(file.url, file.name) for file in incoming.files] == files


def test_every_file_has_an_id_of_its_own() -> None:
    """Also the same photo twice; VK sends ten in a message at most."""
    files = said(attachments=[photo(("https://a/s", 1, 1))] * 30).files
    assert len({file.id for file in files}) == len(files) == 10


def test_a_typed_address_is_still_text() -> None:
    """VK attaches a preview of the page to it."""
    link = {"type": "link", "link": {"url": "https://example.org"}}
    assert said(text="https://example.org", attachments=[link]).kind == "text"


def test_a_reply_to_a_message_is_text() -> None:
    """Only what was written now counts."""
    assert said(reply_message={"text": "вопрос", "from_id": -123}).kind == "text"


def test_no_character_that_the_database_refuses() -> None:
    """PostgreSQL's text holds no NUL."""
    assert said(text="а\x00б").text == "аб"


@pytest.mark.parametrize(
    ("client", "capabilities"),
    [
        (None, Capabilities()),
        ({}, Capabilities()),
        ({"keyboard": None, "button_actions": None}, Capabilities()),
        ({**CLIENT, "inline_keyboard": False}, Capabilities(inline=False)),
        ({**CLIENT, "keyboard": False}, Capabilities(keyboard=False)),
        ({**CLIENT, "button_actions": ["text"]}, Capabilities(location=False)),
        (
            {**CLIENT, "button_actions": ["location"]},
            Capabilities(keyboard=False, inline=False),
        ),
        (
            {**CLIENT, "button_actions": []},
            Capabilities(keyboard=False, inline=False, location=False),
        ),
    ],
)
def test_what_the_client_can_show(client: object, capabilities: Capabilities) -> None:
    """A client without text buttons gets none, whatever else it says."""
    what = message_new(client=client)
    assert isinstance(what, Said)
    assert what.capabilities == capabilities


@pytest.mark.parametrize(
    "changes",
    [{"out": 1}, {"out": True}, {"peer_id": CHAT}, {"from_id": -5, "peer_id": -5}, {"from_id": 0}],
)
def test_what_is_not_from_a_person_is_ignored(changes: dict[str, Any]) -> None:
    """Our own words, group chats and communities."""
    assert message_new(**changes) == Ignored()


PRESS = {"user_id": PERSON, "peer_id": PERSON, "event_id": "tok", "conversation_message_id": 3}


@pytest.mark.parametrize("payload", ['{"step":"a"}', {"step": "a"}])
def test_a_callback_button(payload: object) -> None:
    """VK sends the payload as an object, though its schema says text."""
    pressed = event("message_event", {**PRESS, "payload": payload})
    assert pressed == Pressed(PERSON, Incoming("press", payload=b'{"step":"a"}'), "tok", PERSON)


@pytest.mark.parametrize("content", [PRESS, {**PRESS, "payload": None}, {**PRESS, "payload": "x"}])
def test_a_callback_button_without_payload_is_other(content: object) -> None:
    """There is no label to go by; it is still answered."""
    assert event("message_event", content) == Pressed(PERSON, Incoming("other"), "tok", PERSON)


def test_a_callback_button_in_a_group_chat_is_ignored() -> None:
    """As everything there."""
    assert event("message_event", {**PRESS, "peer_id": CHAT}) == Ignored()


def test_leave_given_and_taken() -> None:
    """`message_allow` and `message_deny` name the person."""
    assert event("message_allow", {"user_id": PERSON, "key": ""}) == Allowed(PERSON)
    assert event("message_deny", {"user_id": PERSON}) == Denied(PERSON)


def test_a_word_of_the_page_itself() -> None:
    """`random_id` tells ours from what the staff typed."""
    reply = {"from_id": -123, "peer_id": PERSON, "out": 1, "text": "ответ", "random_id": 99}
    assert event("message_reply", reply) == Replied(PERSON, 99)
    assert event("message_reply", {"peer_id": PERSON}) == Replied(PERSON, 0)
    assert event("message_reply", {**reply, "peer_id": CHAT}) == Ignored()


@pytest.mark.parametrize(
    "kind", ["message_read", "message_typing_state", "wall_post_new", "new_one"]
)
def test_other_events_are_ignored_unread(kind: str) -> None:
    """A page may have switched on whatever it likes."""
    assert event(kind, {"whatever": ["it", "holds"]}) == Ignored()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"type": "message_new"}',
        b'{"group_id": 1}',
        b'{"type": "message_new", "group_id": 1}',
        b'{"type": 5, "group_id": 1, "event_id": "a"}',
        b'{"type": "message_new", "group_id": "1", "event_id": "a"}',
        b'{"type": "message_new", "group_id": 0, "event_id": "a"}',
        b'{"type": "message_new", "group_id": 9223372036854775808, "event_id": "a"}',
        b'{"type": "message new\\n", "group_id": 1, "event_id": "a"}',
        b'{"type": "message_new", "group_id": 1, "event_id": "a\\u0000"}',
        b'{"type": "message_new", "group_id": 1, "event_id": "' + b"a" * 129 + b'"}',
        b'{"type": "message_new", "group_id": 1, "event_id": "a", "secret": 5}',
        b'{"type": "confirmation", "group_id": 1, "secret": "\\ud800"}',
        b'{"type": "confirmation", "group_id": 1, "secret": "\xff"}',
    ],
)
def test_a_malformed_envelope_is_said_so(raw: bytes) -> None:
    """It becomes 400, not an error of ours."""
    with pytest.raises(MalformedEvent) as malformed:
        decode(raw)
    assert malformed.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("message_new", None),
        ("message_new", {}),
        ("message_new", {"message": {"from_id": PERSON, "text": "без получателя"}}),
        ("message_new", {"message": {"from_id": PERSON, "peer_id": 2**70}}),
        ("message_event", {"user_id": PERSON}),
        ("message_allow", {}),
        ("message_deny", {"user_id": "me"}),
        ("message_reply", []),
    ],
)
def test_a_malformed_object_is_said_so(kind: str, content: object) -> None:
    """Only what VK always sends is required."""
    with pytest.raises(MalformedEvent):
        event(kind, content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {"from_id": st.just(PERSON) | json_values, "peer_id": st.just(PERSON) | json_values},
    optional=dict.fromkeys(
        ("text", "payload", "geo", "attachments", "fwd_messages", "out", "user_id"), json_values
    ),
)


@given(
    kind=st.sampled_from(
        ["message_new", "message_event", "message_reply", "message_allow", "message_deny"]
    ),
    content=json_values | fields | fields.map(lambda message: {"message": message}),
)
def test_any_object_is_read_or_malformed(kind: str, content: object) -> None:
    """Nothing else can come out, so nothing a stranger posts is an error of ours."""
    try:
        what = event(kind, content)
    except MalformedEvent:
        return
    if isinstance(what, Said):
        assert "\x00" not in what.incoming.text
        what.incoming.text.encode()
