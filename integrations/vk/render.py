"""Renders a message as the parameters of VK's `messages.send`."""

from typing import Any

from msgspec.json import encode

from integrations.vk.limits import check
from schemas.dialogs import Button, Message
from services.ports import Outgoing

NO_KEYBOARD = '{"buttons":[]}'
"""Takes the keyboard away, as VK documents it."""


def render(outgoing: Outgoing) -> dict[str, Any]:
    """Give the parameters of `messages.send`; raises `LimitExceeded`.

    One `peer_id`, never `peer_ids`: only then is an error of the person an error of the call.
    """
    message = outgoing.message
    check(message)
    params: dict[str, Any] = {
        "peer_id": outgoing.peer_id,
        "random_id": outgoing.random_id,
        "message": message.text,
        # A preview of whatever page somebody's words mention is not for us to send.
        "dont_parse_links": True,
    }
    keyboard = _keyboard(message)
    if keyboard is not None:
        params["keyboard"] = keyboard
    return params


def _keyboard(message: Message) -> str | None:
    if message.inline and message.rows:
        return _encode({"inline": True, "buttons": _buttons(message)})
    if message.keyboard == "set" and message.rows:
        return _encode({"one_time": False, "buttons": _buttons(message)})
    return None if message.keyboard == "keep" else NO_KEYBOARD


def _buttons(message: Message) -> list[list[dict[str, Any]]]:
    return [[_button(button) for button in row] for row in message.rows]


def _button(button: Button) -> dict[str, Any]:
    if button.kind == "location":
        # VK words and paints this one itself, and refuses a label or a colour.
        return {"action": {"type": "location", "payload": button.payload}}
    action = {"type": "text", "label": button.label, "payload": button.payload}
    return {"action": action, "color": button.color}


def _encode(keyboard: dict[str, Any]) -> str:
    return encode(keyboard).decode()
