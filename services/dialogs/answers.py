"""Reading what a resident typed or shared at a step into the value that is kept."""

import re
from datetime import date
from typing import Any

from msgspec import Struct

from schemas.dialogs import Incoming
from schemas.forms import Certificate, Child, Phone, Photos, Place, Policy, Step, Text
from services.cases.number import luhn_digit
from services.cases.phones import normal_phone

_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,24}")
_DATE = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})")
_CERTIFICATE = re.compile(r"[0-9A-ZА-Я-]{6,20}")
POLICY_DIGITS = 16
NAME_LIMIT = 120
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
        case Phone():
            return _phone(incoming)
        case Child():
            return _child(incoming)
        case Certificate():
            return _certificate(incoming)
        case Policy():
            return _policy(incoming)
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


def birth_date(text: str) -> date | None:
    """Return a date typed as 12.03.2016 (or with other marks between), or None."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def is_policy(digits: str) -> bool:
    """Tell whether 16 digits are a policy number: the last one is Luhn's over those before."""
    if len(digits) != POLICY_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return False
    return luhn_digit(digits[:-1]) == digits[-1]


def _phone(incoming: Incoming) -> Accepted | Wrong:
    found = normal_phone(incoming.text)
    return Wrong("Это не похоже на номер телефона.") if found is None else Accepted(found)


def _child(incoming: Incoming) -> Accepted | Wrong:
    """Read «Иванов Пётр, 12.03.2016»; the comma may be missing."""
    words = incoming.text.strip().replace("\0", "").rsplit(None, 1)
    name = words[0].rstrip(" ,;") if len(words) > 1 else ""
    born = birth_date(words[-1]) if words else None
    if born is None:
        return Wrong("Не вижу даты рождения.")
    if not name or len(name) > NAME_LIMIT or not _NAME.fullmatch(name):
        return Wrong("Не вижу имени: в нём могут быть только буквы, пробел и дефис.")
    return Accepted({"name": " ".join(name.split()), "birth_date": born.isoformat()})


def _certificate(incoming: Incoming) -> Accepted | Wrong:
    number = re.sub(r"[\s]+", "", incoming.text).upper()
    good = _CERTIFICATE.fullmatch(number) is not None
    return Accepted(number) if good else Wrong("Это не похоже на номер сертификата.")


def _policy(incoming: Incoming) -> Accepted | Wrong:
    digits = re.sub(r"[\s-]+", "", incoming.text)
    if len(digits) != POLICY_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return Wrong("В номере полиса 16 цифр.")
    return Accepted(digits) if is_policy(digits) else Wrong("В номере полиса опечатка.")


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
