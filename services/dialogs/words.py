"""The words and button codes that mean the same at every step."""

from typing import Literal

import msgspec
from msgspec import Struct

BACK, CANCEL, SKIP, NEXT, EARLIER, CALM, AGREE, REFUSE, SEND, DONE = (
    "_back",
    "_cancel",
    "_skip",
    "_next",
    "_earlier",
    "_calm",
    "_agree",
    "_refuse",
    "_send",
    "_done",
)
LOCATION = "_location"  # of the button that shares a place; the place itself comes beside it
MENU_WORDS = frozenset({"меню", "начать"})
RESUME_WORDS = frozenset({"продолжить"})
LABELS = {
    BACK: "Назад",
    CANCEL: "Отмена",
    SKIP: "Пропустить",
    NEXT: "Ещё ›",
    EARLIER: "‹ Раньше",
    CALM: "Это не срочно",
    AGREE: "Согласен",
    REFUSE: "Не согласен",
    SEND: "Отправить",
    DONE: "Готово",
}
_EDGES = " .,!?…;:«»\"'()›‹"


def plain(text: str) -> str:
    """Return a text as it is compared: lower case, е for ё, no marks around it."""
    return " ".join(text.lower().replace("ё", "е").split()).strip(_EDGES)


SPOKEN = {plain(label): code for code, label in LABELS.items()} | {
    "согласна": AGREE,
    "не согласна": REFUSE,
}


class Press(Struct, frozen=True):
    """The payload of a button shown at a step."""

    form: str
    step: str
    value: str
    rev: int


class Command(Struct, frozen=True):
    """The payload of «Начать» and of a notice's buttons."""

    command: Literal["start", "case"]
    case: str = ""
    do: str = ""


_press = msgspec.json.Decoder(Press)
_command = msgspec.json.Decoder(Command)


def read_payload(payload: bytes | None) -> Press | Command | None:
    """Return what a pressed button says; None for payloads that are not ours."""
    if payload is None:
        return None
    try:
        return _press.decode(payload)
    except msgspec.DecodeError:
        pass
    try:
        return _command.decode(payload)
    except msgspec.DecodeError:
        return None


def press(form: str, step: str, value: str, rev: int) -> str:
    """Return the payload of a button; all parts are codes, so nothing needs escaping."""
    return f'{{"form":"{form}","step":"{step}","value":"{value}","rev":{rev}}}'
