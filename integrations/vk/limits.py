"""What VK takes in one message, checked before sending (VK: "Клавиатуры для ботов", messages.send).

VK answers a breach with errors 911, 914 or 100 and, in a keyboard, does not say which button.
"""

from collections.abc import Sequence

from msgspec import DecodeError, Struct
from msgspec.json import decode

from schemas.dialogs import Button, Message

TEXT = 4096
"""Characters of a message."""
LABEL = 40
"""Characters on a button."""
PAYLOAD = 255
"""Bytes of a button's payload: ours are ASCII, so bytes and characters are the same."""


class KeyboardLimits(Struct, frozen=True):
    """How large one kind of keyboard may be."""

    rows: int
    columns: int
    buttons: int


REGULAR = KeyboardLimits(rows=10, columns=5, buttons=40)
INLINE = KeyboardLimits(rows=6, columns=5, buttons=10)


class LimitExceeded(ValueError):
    """A message was laid out as VK does not take it: a mistake of ours, never a resident's.

    Says which rule and by how much, never the words.
    """


def check(message: Message) -> None:
    """Pass a message that VK will take; raises `LimitExceeded`."""
    _at_most(TEXT, len(message.text), "characters of text")
    _must(bool(message.text.strip()), "a message without attachments needs words (error 100)")
    if message.inline:
        _must(message.keyboard == "keep", "a message with inline buttons changes no keyboard")
    elif message.rows:
        _must(message.keyboard == "set", "buttons that are not inline need the keyboard set")
    limits = INLINE if message.inline else REGULAR
    _at_most(limits.rows, len(message.rows), "rows")
    _at_most(limits.buttons, sum(map(len, message.rows)), "buttons")
    for row in message.rows:
        _check_row(row, limits)


def _check_row(row: Sequence[Button], limits: KeyboardLimits) -> None:
    _must(bool(row), "a row needs a button")
    _at_most(limits.columns, len(row), "buttons in a row")
    # VK draws a location button over the whole width.
    alone = len(row) == 1 or all(button.kind == "text" for button in row)
    _must(alone, "a location button has a row of its own")
    for button in row:
        if button.kind == "text":
            _must(bool(button.label.strip()), "a text button needs a label")
            _at_most(LABEL, len(button.label), "characters of a label")
        _at_most(PAYLOAD, len(button.payload.encode()), "bytes of a payload")
        _must(_is_json(button.payload), "a payload is JSON")


def _is_json(text: str) -> bool:
    try:
        decode(text)
    except DecodeError:
        return False
    return True


def _must(holds: bool, rule: str) -> None:  # noqa: FBT001 - the truth of the rule is the argument
    if not holds:
        raise LimitExceeded(rule)


def _at_most(limit: int, found: int, what: str) -> None:
    if found > limit:
        raise LimitExceeded(f"{found} {what}, VK takes at most {limit}")
