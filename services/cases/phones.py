"""Phone numbers in one form, so that equal numbers have equal keyed hashes."""

import re

RUSSIAN_DIGITS = 11  # with the country's 7, or the trunk 8 dialled inside the country
LOCAL_DIGITS = 10
LONGEST = 15  # ITU-T E.164
SHORTEST = 11  # shorter ones are local numbers that mean nothing without their town
HASH_PURPOSE = "phone"

_MARKS = re.compile(r"[\s().\-\u2010-\u2015\u2212]+")
_DIGITS = re.compile(r"\+?[0-9]+")


def normal_phone(text: str) -> str | None:
    """Return a number as `+79141234567` (E.164), or None where `text` is no phone number.

    Takes the Russian ways of writing it: with +7, 8 or neither, with spaces, dashes, brackets.
    """
    bare = _MARKS.sub("", text)
    if _DIGITS.fullmatch(bare) is None:
        return None
    abroad, digits = bare.startswith("+"), bare.lstrip("+")
    if not abroad and len(digits) == RUSSIAN_DIGITS and digits[0] in "78":
        return f"+7{digits[1:]}"
    if not abroad and len(digits) == LOCAL_DIGITS and digits[0] == "9":
        return f"+7{digits}"
    return f"+{digits}" if abroad and SHORTEST <= len(digits) <= LONGEST else None
