"""Reading what a resident typed or shared at a step into the value that is kept."""

import re
from typing import Any

from msgspec import Struct

from schemas.dialogs import Incoming
from schemas.forms import Photos, Place, Step, Text
from services.cases.phones import normal_phone

_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,24}")
_NAME = re.compile(r"[A-Za-zА-Яа-яЁё][A-Za-zА-Яа-яЁё' .-]*")


class Accepted(Struct, frozen=True):
    """The answer is good; `value` is what is kept."""

    value: Any


class Wrong(Struct, frozen=True):
    """The answer is not good; `why` is one Russian sentence."""

    why: str


def read(step: Step, incoming: Incoming) -> Accepted | Wrong:
    """Read an answer to a step where the resident types or shares something."""
    match step:
        case Text():
            return _text(step, incoming)
        case Place():
            return _place(step, incoming)
        case Photos():
            return Wrong("Здесь нужны фото или документы.")
        case _:
            return Wrong("Выберите один из вариантов.")


def contact(text: str) -> str | None:
    """Return a phone number or an e-mail address in one spelling, or None."""
    found = normal_phone(text)
    if found is not None:
        return found
    return text.strip() if _EMAIL.fullmatch(text.strip()) else None


def _text(step: Text, incoming: Incoming) -> Accepted | Wrong:
    text = incoming.text.strip().replace("\0", "")
    if incoming.kind not in {"text", "press"} or not text:
        return Wrong("Здесь нужен ответ словами.")
    if len(text) < step.shortest:
        return Wrong("Слишком коротко.")
    if len(text) > step.longest:
        return Wrong(f"Слишком длинно: помещается {step.longest} знаков, у вас {len(text)}.")
    if step.format == "name" and not _NAME.fullmatch(text):
        return Wrong("В имени могут быть только буквы, пробел и дефис.")
    if step.format == "contact":
        value = contact(text)
        return Wrong("Это не похоже на телефон или почту.") if value is None else Accepted(value)
    return Accepted(text)


def _place(step: Place, incoming: Incoming) -> Accepted | Wrong:
    if incoming.latitude is not None and incoming.longitude is not None:
        point = {"latitude": incoming.latitude, "longitude": incoming.longitude}
        return Accepted(point)
    text = incoming.text.strip().replace("\0", "")
    if not text:
        return Wrong("Напишите адрес словами или отправьте местоположение.")
    if len(text) > step.longest:
        return Wrong(f"Слишком длинно: для адреса достаточно {step.longest} знаков.")
    return Accepted({"address": text})
