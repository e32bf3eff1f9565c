"""VK's rules for a message, as pure checks: what may be sent, and the code of what may not.

Limits are those of dev.vk.com for `messages.send`, bot keyboards and carousels (API 5.199).
Every check returns None or the `Refusal` that VK would answer with.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from integrations.demo.vk.errors import Refusal, VkError

MAX_TEXT = 4096
MAX_LABEL = 40
MAX_PAYLOAD = 255
MAX_PEERS = 100
MAX_EXECUTE_CALLS = 25
MAX_EVENT_DATA = 1000
MAX_SNACKBAR = 90
MAX_CAROUSEL = 10
MAX_CAROUSEL_TEXT = 80
MAX_CAROUSEL_BUTTONS = 3
FIRST_CHAT_PEER = 2_000_000_000
INT32 = range(-(2**31), 2**31)

COLORS = frozenset({"primary", "secondary", "positive", "negative"})
# What a button must and may have besides its type. A location button bears neither label nor
# colour: VK words it itself in the resident's language.
BUTTONS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "text": (frozenset({"label"}), frozenset({"payload"})),
    "callback": (frozenset({"label"}), frozenset({"payload"})),
    "open_link": (frozenset({"label", "link"}), frozenset({"payload"})),
    "location": (frozenset(), frozenset({"payload"})),
    "vkpay": (frozenset({"hash"}), frozenset({"payload"})),
    "open_app": (frozenset({"label", "app_id", "owner_id"}), frozenset({"hash", "payload"})),
}
COLORED = frozenset({"text", "callback"})
INTENTS = frozenset({"default", "confirmed_notification", "customer_support"})


class Size(NamedTuple):
    """How big a keyboard may be."""

    columns: int
    rows: int
    buttons: int


REGULAR = Size(columns=5, rows=10, buttons=40)
INLINE = Size(columns=5, rows=6, buttons=10)


def check_keyboard(text: str) -> Refusal | None:
    """Check the JSON text of a keyboard."""
    keyboard = _json(text)
    if not isinstance(keyboard, dict) or not isinstance(keyboard.get("buttons"), list):
        return Refusal(911, "not an object with a list of buttons")
    unknown = set(keyboard) - {"buttons", "inline", "one_time", "author_id"}
    if unknown:
        return Refusal(911, f"unknown fields {sorted(unknown)}")
    inline, one_time = keyboard.get("inline", False), keyboard.get("one_time", False)
    if not isinstance(inline, bool) or not isinstance(one_time, bool):
        return Refusal(911, "inline and one_time are booleans")
    if inline and one_time:
        return Refusal(911, "an inline keyboard has no one_time")
    return _check_rows(keyboard["buttons"], INLINE if inline else REGULAR, inline=inline)


def _check_rows(rows: list[Any], size: Size, *, inline: bool) -> Refusal | None:
    if inline and not rows:
        return Refusal(911, "an inline keyboard has buttons")
    if len(rows) > size.rows:
        return Refusal(911, f"more than {size.rows} rows")
    if not all(isinstance(row, list) and row for row in rows):
        return Refusal(911, "a row is a list with buttons")
    if any(len(row) > size.columns for row in rows):
        return Refusal(911, f"more than {size.columns} buttons in a row")
    buttons = [button for row in rows for button in row]
    if len(buttons) > size.buttons:
        return Refusal(911, f"more than {size.buttons} buttons")
    return _first(check_button(button) for button in buttons)


def check_button(button: Any) -> Refusal | None:
    """Check one button: its action, label, payload and colour."""
    if not isinstance(button, dict) or set(button) - {"action", "color"}:
        return Refusal(911, "a button has an action and a color")
    action = button.get("action")
    if not isinstance(action, dict) or action.get("type") not in BUTTONS:
        return Refusal(911, "unknown action of a button")
    kind = action["type"]
    required, optional = BUTTONS[kind]
    if not required <= set(action) <= required | optional | {"type"}:
        return Refusal(911, f"a {kind} button has {sorted(required)}, may have {sorted(optional)}")
    if "color" in button and (kind not in COLORED or button["color"] not in COLORS):
        return Refusal(911, f"color of a {kind} button")
    return _check_label(action) or _check_payload(action)


def _check_label(action: Mapping[str, Any]) -> Refusal | None:
    if "label" not in action:
        return None
    label = action["label"]
    if not isinstance(label, str) or not label.strip():
        return Refusal(911, "a label is text")
    if len(label) > MAX_LABEL:
        return Refusal(911, f"a label is longer than {MAX_LABEL}")
    return None


def _check_payload(action: Mapping[str, Any]) -> Refusal | None:
    if "payload" not in action:
        return None
    payload = action["payload"]
    if not isinstance(payload, str) or _json(payload) is _NOT_JSON:
        return Refusal(911, "a payload is JSON text")
    if len(payload) > MAX_PAYLOAD:
        return Refusal(911, f"a payload is longer than {MAX_PAYLOAD}")
    return None


def check_carousel(text: str, message: str) -> Refusal | None:
    """Check the JSON text of a template; only carousels are known, and they need a message."""
    template = _json(text)
    if not isinstance(template, dict) or template.get("type") != "carousel":
        return Refusal(100, "template is not a carousel")
    if not message:
        return Refusal(100, "a carousel needs a message")
    elements = template.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_CAROUSEL:
        return Refusal(100, f"a carousel has 1 to {MAX_CAROUSEL} elements")
    if not all(isinstance(element, dict) for element in elements):
        return Refusal(100, "an element is an object")
    if len({_structure(element) for element in elements}) > 1:
        return Refusal(100, "elements of a carousel have the same structure")
    return _first(_check_element(element) for element in elements)


def _structure(element: dict[str, Any]) -> tuple[Any, ...]:
    return (*sorted(element), len(element.get("buttons") or ()))


def _check_element(element: dict[str, Any]) -> Refusal | None:
    title, description = element.get("title"), element.get("description")
    if title and not description:
        return Refusal(100, "a title needs a description")
    if not title and "photo_id" not in element:
        return Refusal(100, "an element has a title or a photo")
    if any(len(str(text or "")) > MAX_CAROUSEL_TEXT for text in (title, description)):
        return Refusal(100, f"title and description are at most {MAX_CAROUSEL_TEXT}")
    buttons = element.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MAX_CAROUSEL_BUTTONS:
        return Refusal(100, f"an element has 1 to {MAX_CAROUSEL_BUTTONS} buttons")
    return _first(check_button(button) for button in buttons)


def check_message(params: Mapping[str, Any]) -> Refusal | None:
    """Check everything of a `messages.send` call but who may be written to."""
    text = params.get("message", "")
    if not isinstance(text, str):
        return Refusal(100, "message is text")
    if not text.strip() and not any(params.get(k) for k in ("attachment", "sticker_id")):
        return Refusal(100, "message is empty")
    if len(text) > MAX_TEXT:
        return Refusal(914, f"{len(text)} characters, {MAX_TEXT} are allowed")
    if params.get("intent", "default") not in INTENTS:
        return Refusal(943)
    return (
        _check_random_id(params)
        or _check_text_of(params, "keyboard", 911)
        or _check_text_of(params, "template", 100)
        or (check_keyboard(params["keyboard"]) if params.get("keyboard") else None)
        or (check_carousel(params["template"], text) if params.get("template") else None)
    )


def _check_random_id(params: Mapping[str, Any]) -> Refusal | None:
    if params.get("random_id") in {None, ""}:
        return Refusal(100, "random_id is a required parameter")
    number = whole(params["random_id"])
    if number is None or number not in INT32:
        return Refusal(100, "random_id is not an int32")
    return None


def _check_text_of(params: Mapping[str, Any], name: str, code: int) -> Refusal | None:
    if isinstance(params.get(name, ""), str):
        return None
    return Refusal(code, f"{name} is JSON text")


def peers_of(params: Mapping[str, Any]) -> tuple[list[int], bool]:
    """Read whom a call writes to: the peers, and whether each is to get an answer of its own.

    Raises VkError 100 unless exactly one of `peer_id`, `user_id`, `peer_ids` (at most 100) is
    given and names whole numbers.
    """
    given = [name for name in ("peer_id", "user_id", "peer_ids") if params.get(name)]
    if len(given) != 1:
        raise VkError(100, "one of peer_id, user_id, peer_ids is required")
    many = given[0] == "peer_ids"
    words = str(params[given[0]]).split(",") if many else [params[given[0]]]
    peers = [peer for peer in map(whole, words) if peer]
    if len(peers) != len(words) or len(peers) > MAX_PEERS:
        raise VkError(100, f"{given[0]} is invalid")
    return peers, many


def check_event_data(text: str) -> Refusal | None:
    """Check the `event_data` of an answer to a callback button."""
    if len(text) > MAX_EVENT_DATA:
        return Refusal(100, f"event_data is longer than {MAX_EVENT_DATA}")
    data = _json(text)
    if not isinstance(data, dict) or data.get("type") not in {
        "show_snackbar",
        "open_link",
        "open_app",
    }:
        return Refusal(100, "event_data is not a known action")
    if data["type"] == "show_snackbar" and not 1 <= len(str(data.get("text", ""))) <= MAX_SNACKBAR:
        return Refusal(100, f"a snackbar has 1 to {MAX_SNACKBAR} characters")
    return None


def execute_calls(code: str) -> list[dict[str, Any]]:
    """Read `return [API.messages.send({JSON}), …];`, the one shape of code that is understood.

    Returns the parameters of each call. Raises VkError 12 for any other code and 13 for more
    than 25 calls.
    """
    if not code.startswith(_BEGIN) or not code.endswith(_END):
        raise VkError(12, "only return [API.messages.send({JSON}), …]; is understood")
    calls: list[dict[str, Any]] = []
    at, end = len(_BEGIN), len(code) - len(_END)
    while at < end:
        if calls:
            at = _skip(code, ",", at)
        at = _skip(code, _CALL, at)
        try:
            params, at = _DECODER.raw_decode(code, at)
        except ValueError as error:
            raise VkError(12, f"not JSON at {at}") from error
        if not isinstance(params, dict):
            raise VkError(12, f"not an object before {at}")
        calls.append(params)
        at = _skip(code, ")", at)
    if not calls:
        raise VkError(12, "no call")
    if len(calls) > MAX_EXECUTE_CALLS:
        raise VkError(13, f"more than {MAX_EXECUTE_CALLS} calls")
    return calls


def _skip(code: str, expected: str, at: int) -> int:
    while code[at : at + 1].isspace():
        at += 1
    if not code.startswith(expected, at):
        raise VkError(12, f"{expected} expected at {at}")
    return at + len(expected)


def whole(value: Any) -> int | None:
    """Read a whole number from a parameter, or return None."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return _NOT_JSON


def _first(refusals: Any) -> Refusal | None:
    return next((refusal for refusal in refusals if refusal), None)


_NOT_JSON = object()
_DECODER = json.JSONDecoder()
_BEGIN, _CALL, _END = "return [", "API.messages.send(", "];"
