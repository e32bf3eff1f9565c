import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.demo.vk.errors import VkError
from integrations.demo.vk.rules import (
    BUTTONS,
    INT32,
    check_carousel,
    check_event_data,
    check_keyboard,
    check_message,
    execute_calls,
    peers_of,
)


def text_button(label: str = "Да", **more: Any) -> dict[str, Any]:
    return {"action": {"type": "text", "label": label, "payload": "{}", **more}, "color": "primary"}


def code_of_keyboard(rows: Any, **more: Any) -> int | None:
    refusal = check_keyboard(json.dumps({"buttons": rows, **more}))
    return refusal and refusal.code


def code_of_message(**params: Any) -> int | None:
    refusal = check_message({"message": "Здравствуйте", "random_id": "1", **params})
    return refusal and refusal.code


@given(
    columns=st.integers(1, 7),
    rows=st.integers(1, 12),
    inline=st.booleans(),
    extra=st.integers(0, 3),
)
def test_a_keyboard_has_a_greatest_size(columns: int, rows: int, inline: bool, extra: int) -> None:
    """5 × 10 and 40 buttons under the input field, 5 × 6 and 10 buttons inside a message."""
    sizes = [columns] * rows + [extra] * bool(extra)
    height, most = (6, 10) if inline else (10, 40)
    fits = len(sizes) <= height and max(sizes) <= 5 and sum(sizes) <= most
    code = code_of_keyboard([[text_button()] * size for size in sizes], inline=inline)
    assert code == (None if fits else 911)


@pytest.mark.parametrize(
    ("button", "good"),
    [
        (text_button("я" * 40), True),
        (text_button("я" * 41), False),
        (text_button("  "), False),
        (text_button(payload=json.dumps("a" * 253)), True),
        (text_button(payload=json.dumps("a" * 254)), False),
        (text_button(payload="not json"), False),
        (text_button(payload={"value": 1}), False),
        (text_button() | {"color": "pink"}, False),
        ({"action": {"type": "text", "label": "Да"}}, True),
        ({"action": {"type": "text"}}, False),
        ({"action": {"type": "unheard_of", "label": "Да"}}, False),
        ({"action": {"type": "location", "payload": "{}"}}, True),
        ({"action": {"type": "location", "payload": "{}"}, "color": "primary"}, False),
        ({"action": {"type": "location", "label": "Где"}}, False),
        (
            {"action": {"type": "callback", "label": "Да", "payload": "{}"}, "color": "negative"},
            True,
        ),
        ({"action": {"type": "open_link", "label": "Сайт", "link": "https://27.example"}}, True),
        ({"action": {"type": "open_link", "label": "Сайт"}}, False),
        ("no object", False),
    ],
)
def test_a_button_is_one_of_the_known_kinds(button: Any, good: bool) -> None:
    """Label at most 40, payload JSON text of at most 255, colour only where VK draws it."""
    assert code_of_keyboard([[button]]) == (None if good else 911)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"buttons": {}}', '{"buttons": [[]]}', '{"buttons": [3]}', "{"]
)
def test_a_broken_keyboard_is_refused(text: str) -> None:
    """What is no list of rows with buttons is error 911."""
    refusal = check_keyboard(text)
    assert refusal
    assert refusal.code == 911


def test_a_keyboard_is_removed_by_an_empty_one() -> None:
    """No buttons remove the keyboard, but a message cannot contain an empty one."""
    assert code_of_keyboard([]) is None
    assert code_of_keyboard([], inline=True) == 911


def test_an_inline_keyboard_has_no_one_time() -> None:
    """Only the keyboard under the input field can go away after a press."""
    assert code_of_keyboard([[text_button()]], one_time=True) is None
    assert code_of_keyboard([[text_button()]], one_time=True, inline=True) == 911


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, None),
        ({"message": "я" * 4096}, None),
        ({"message": "я" * 4097}, 914),
        ({"message": " "}, 100),
        ({"message": "", "attachment": "photo1_2"}, None),
        ({"random_id": ""}, 100),
        ({"random_id": None}, 100),
        ({"random_id": "x"}, 100),
        ({"random_id": "0"}, None),
        ({"random_id": str(2**31)}, 100),
        ({"keyboard": "{"}, 911),
        ({"keyboard": {"buttons": []}}, 911),
        ({"template": "{}"}, 100),
        ({"intent": "promo_newsletter"}, 943),
    ],
)
def test_a_message_is_checked(params: dict[str, Any], code: int | None) -> None:
    """A text of at most 4096, a random_id that fits 32 bits, a good keyboard."""
    assert code_of_message(**params) == code


@given(st.integers())
def test_a_random_id_is_an_int32(number: int) -> None:
    """Numbers outside 32 bits are error 100."""
    assert code_of_message(random_id=number) == (None if number in INT32 else 100)


def element(**more: Any) -> dict[str, Any]:
    return {"title": "Кружок", "description": "Шахматы", "buttons": [text_button()], **more}


@pytest.mark.parametrize(
    ("elements", "good"),
    [
        ([element()], True),
        ([element()] * 10, True),
        ([element()] * 11, False),
        ([], False),
        ([element(description="")], False),
        ([element(title="я" * 81)], False),
        ([element(buttons=[text_button()] * 4)], False),
        ([element(), element(buttons=[text_button()] * 2)], False),
        ([element(), element(photo_id="-1_1")], False),
    ],
)
def test_a_carousel_is_checked(elements: list[Any], good: bool) -> None:
    """At most 10 elements of one structure, with at most 3 buttons and 80 characters."""
    template = json.dumps({"type": "carousel", "elements": elements})
    refusal = check_carousel(template, "Выберите кружок")
    assert (refusal is None) == good
    assert check_carousel(template, "")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"peer_id": "5"}, ([5], False)),
        ({"user_id": 5}, ([5], False)),
        ({"peer_ids": "5,6"}, ([5, 6], True)),
        ({"peer_ids": ",".join(map(str, range(1, 101)))}, (list(range(1, 101)), True)),
    ],
)
def test_a_call_names_its_peers(params: dict[str, Any], expected: Any) -> None:
    """One peer is answered with a number, several with a list."""
    assert peers_of(params) == expected


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"peer_id": "5", "peer_ids": "6"},
        {"peer_id": "x"},
        {"peer_id": "0"},
        {"peer_ids": "5,x"},
        {"peer_ids": ",".join(map(str, range(1, 102)))},
    ],
)
def test_unclear_peers_are_refused(params: dict[str, Any]) -> None:
    """None, two ways at once, no numbers, more than 100."""
    with pytest.raises(VkError) as raised:
        peers_of(params)
    assert raised.value.refusal.code == 100


json_values = st.recursive(
    st.text() | st.integers(-(2**53), 2**53) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    calls=st.lists(st.dictionaries(st.text(), json_values, max_size=4), min_size=1, max_size=25),
    ascii_only=st.booleans(),
)
def test_execute_reads_any_parameters(calls: list[dict[str, Any]], ascii_only: bool) -> None:
    """Whatever stands in the JSON, brackets and quotes too, comes back as it was."""
    texts = [f"API.messages.send({json.dumps(c, ensure_ascii=ascii_only)})" for c in calls]
    assert execute_calls(f"return [{', '.join(texts)}];") == calls


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("", 12),
        ("return 1;", 12),
        ("return [];", 12),
        ("return [API.users.get({})];", 12),
        ("return [API.messages.send({})]", 12),
        ("return [API.messages.send({}) API.messages.send({})];", 12),
        ("return [API.messages.send({},)];", 12),
        ("return [API.messages.send([])];", 12),
        ("return [API.messages.send({'a':1})];", 12),
        ("return [" + ",".join(["API.messages.send({})"] * 26) + "];", 13),
    ],
)
def test_execute_understands_one_shape_only(code: str, error: int) -> None:
    """Other code cannot be compiled, more than 25 calls cannot be run."""
    with pytest.raises(VkError) as raised:
        execute_calls(code)
    assert raised.value.refusal.code == error


@pytest.mark.parametrize(
    ("data", "good"),
    [
        ({"type": "show_snackbar", "text": "я" * 90}, True),
        ({"type": "show_snackbar", "text": "я" * 91}, False),
        ({"type": "show_snackbar"}, False),
        ({"type": "open_link", "link": "https://27.example"}, True),
        ({"type": "dance"}, False),
        ({"type": "open_link", "link": "x" * 1000}, False),
    ],
)
def test_an_answer_to_a_press_is_checked(data: dict[str, Any], good: bool) -> None:
    """A snackbar of at most 90 characters, 1000 for the whole."""
    assert (check_event_data(json.dumps(data)) is None) == good


def test_every_kind_of_button_says_what_it_needs() -> None:
    """Required and optional fields of a button are never the same."""
    assert not [kind for kind, (required, optional) in BUTTONS.items() if required & optional]
