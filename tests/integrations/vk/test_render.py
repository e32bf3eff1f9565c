"""Rendering for VK: what we lay out is what VK documents, and never more than it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import decode, encode

from integrations.vk.limits import INLINE, LABEL, PAYLOAD, REGULAR, TEXT, LimitExceeded
from integrations.vk.render import render
from schemas.dialogs import Button, Color, Message
from services.ports import Outgoing

OK = Button("Да", "{}")
PLACE = Button("Место", "{}", kind="location")
COLORS: list[Color] = ["primary", "secondary", "positive", "negative"]


def rendered(message: Message) -> dict[str, object]:
    return render(Outgoing(7, 42, message))


def rows(*lengths: int) -> tuple[tuple[Button, ...], ...]:
    return tuple((OK,) * length for length in lengths)


def test_words_alone_leave_the_keyboard_alone() -> None:
    """Without `keyboard` VK changes nothing under the input field."""
    assert rendered(Message("Здравствуйте!")) == {
        "peer_id": 7,
        "random_id": 42,
        "message": "Здравствуйте!",
        "dont_parse_links": True,
    }


def test_a_keyboard_is_set_for_good() -> None:
    """It is not `one_time`: the buttons stay until others come."""
    button = Button("Да", '{"value":"yes"}', "positive")
    keyboard = decode(str(rendered(Message("?", ((button,),), keyboard="set"))["keyboard"]))
    action = {"type": "text", "label": "Да", "payload": '{"value":"yes"}'}
    assert keyboard == {
        "one_time": False,
        "buttons": [[{"action": action, "color": "positive"}]],
    }


def test_an_inline_keyboard_has_no_one_time() -> None:
    """VK refuses `one_time` there."""
    keyboard = decode(str(rendered(Message("?", rows(1), inline=True))["keyboard"]))
    assert keyboard["inline"] is True
    assert "one_time" not in keyboard


def test_a_location_button_has_neither_label_nor_colour() -> None:
    """VK words and paints it itself."""
    message = Message("Где?", ((PLACE,), (OK,)), keyboard="set")
    buttons = decode(str(rendered(message)["keyboard"]))["buttons"]
    assert buttons[0] == [{"action": {"type": "location", "payload": "{}"}}]


@pytest.mark.parametrize("keyboard", ["set", "remove"])
def test_a_keyboard_without_buttons_is_taken_away(keyboard: str) -> None:
    """By the empty list that VK documents."""
    message = Message("Всё.", keyboard=keyboard)  # pyright: ignore[reportArgumentType] # a table
    assert rendered(message)["keyboard"] == '{"buttons":[]}'


@pytest.mark.parametrize(
    "message",
    [
        Message("я" * TEXT),
        Message("?", ((Button("я" * LABEL, "{}"),),), keyboard="set"),
        Message("?", ((Button("Да", encode("x" * (PAYLOAD - 2)).decode()),),), keyboard="set"),
        Message("?", rows(*[4] * 10), keyboard="set"),
        Message("?", rows(*[5] * 8), keyboard="set"),
        Message("?", rows(5, 1, 1, 1, 1, 1), inline=True),
        Message("?", ((Button("", "{}", kind="location"),),), inline=True),
    ],
)
def test_a_message_at_the_limit_passes(message: Message) -> None:
    """The limits are VK's, not one less."""
    assert rendered(message)


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (Message("я" * (TEXT + 1)), "4097 characters of text"),
        (Message(" \n"), "needs words"),
        (Message("?", ((Button("я" * 41, "{}"),),), keyboard="set"), "41 characters of a label"),
        (Message("?", ((Button(" ", "{}"),),), keyboard="set"), "needs a label"),
        (Message("?", ((Button("Да", '"' + "я" * 127 + '"'),),), keyboard="set"), "256 bytes"),
        (Message("?", ((Button("Да", "{"),),), keyboard="set"), "is JSON"),
        (Message("?", rows(*[1] * 11), keyboard="set"), "11 rows"),
        (Message("?", rows(6), keyboard="set"), "6 buttons in a row"),
        (Message("?", rows(*[5] * 8, 1), keyboard="set"), "41 buttons"),
        (Message("?", rows(1, 0), keyboard="set"), "row needs a button"),
        (Message("?", rows(*[1] * 7), inline=True), "7 rows"),
        (Message("?", rows(5, 5, 1), inline=True), "11 buttons"),
        (Message("?", rows(1), inline=True, keyboard="set"), "changes no keyboard"),
        (Message("?", rows(1)), "need the keyboard set"),
        (Message("?", ((PLACE, OK),), keyboard="set"), "row of its own"),
    ],
)
def test_a_message_over_a_limit_names_it(message: Message, rule: str) -> None:
    """The error says which limit and by how much, and none of the words."""
    with pytest.raises(LimitExceeded, match=rule):
        rendered(message)


payloads = st.dictionaries(st.text(max_size=20), st.text(max_size=150), max_size=2).map(
    lambda value: encode(value).decode()
)
buttons = st.builds(
    Button,
    label=st.text(max_size=50),
    payload=payloads,
    color=st.sampled_from(COLORS),
    kind=st.sampled_from(["text", "text", "text", "location"]),
)
messages = st.builds(
    Message,
    text=st.text(max_size=200) | st.integers(4000, 4200).map("a".__mul__),
    rows=st.lists(st.lists(buttons, max_size=6).map(tuple), max_size=12).map(tuple),
    inline=st.booleans(),
    keyboard=st.sampled_from(["set", "keep", "remove"]),
)


@given(messages)
def test_whatever_is_rendered_keeps_to_the_limits(message: Message) -> None:
    """Either VK takes it, or it is refused here: never refused there."""
    try:
        params = rendered(message)
    except LimitExceeded:
        return
    assert 0 < len(str(params["message"])) <= TEXT
    keyboard = decode(str(params.get("keyboard", '{"buttons":[]}')))
    limits = INLINE if keyboard.get("inline") else REGULAR
    laid_out = keyboard["buttons"]
    assert len(laid_out) <= limits.rows
    assert sum(map(len, laid_out)) <= limits.buttons
    for row in laid_out:
        assert 1 <= len(row) <= limits.columns
        for button in row:
            action = button["action"]
            assert len(action["payload"].encode()) <= PAYLOAD
            if action["type"] == "text":
                assert 1 <= len(action["label"]) <= LABEL
                assert button["color"] in COLORS
            else:
                assert set(action) == {"type", "payload"}
                assert "color" not in button
