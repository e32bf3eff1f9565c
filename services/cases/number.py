"""The number a resident is told: `27-26-0000001-5`.

Region, two digits of the year, seven of the sequence, and a Luhn digit over the eleven before it,
so that a slip of the pen is noticed. The number is no secret and opens nothing.
"""

import re

REGION_LENGTH = 2
LAST_SEQUENCE = 9_999_999

_CANONICAL = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{7}-[0-9]")
# Hyphens of every length that phones put in, and spaces; three at most between two digits.
_GAP = r"[-\s\u2010-\u2015\u2212_.]{0,3}"
# A look-ahead, so that a house number standing just before does not swallow the first digits.
_TYPED = re.compile(rf"(?<![0-9])(?=((?:[0-9]{_GAP}){{11}}[0-9])(?![0-9]))")


def case_number(region: str, year: int, sequence: int) -> str:
    """Return the number of a case.

    Args:
        region: two digits, of the subject of the federation (`27`).
        year: the year of filing, with four digits or two.
        sequence: from 1 to 9,999,999, unique within region and year.

    Raises:
        ValueError: a part does not fit its digits.
    """
    if not (region.isascii() and region.isdigit() and len(region) == REGION_LENGTH):
        raise ValueError("a region has two digits")
    if year < 0 or not 1 <= sequence <= LAST_SEQUENCE:
        raise ValueError("a sequence is from 1 to 9999999, a year is not negative")
    short_year, digits = f"{year % 100:02d}", f"{sequence:07d}"
    check = luhn_digit(region + short_year + digits)
    return f"{region}-{short_year}-{digits}-{check}"


def is_case_number(text: str) -> bool:
    """Say whether `text` is a number exactly as the gateway writes it, check digit included."""
    return _CANONICAL.fullmatch(text) is not None and _checks(text.replace("-", ""))


def find_number(text: str) -> str | None:
    """Return the first number of a case in what a resident typed, or None.

    Hyphens may be missing, be dashes, or be spaces; the check digit must fit.
    """
    for found in _TYPED.finditer(text):
        digits = "".join(char for char in found[1] if char in "0123456789")
        if _checks(digits):
            return f"{digits[:2]}-{digits[2:4]}-{digits[4:11]}-{digits[11]}"
    return None


def _checks(digits: str) -> bool:
    return luhn_digit(digits[:-1]) == digits[-1]


def luhn_digit(digits: str) -> str:
    """Return the digit that makes `digits` and it pass Luhn (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += int(digit) if place % 2 else sum(divmod(2 * int(digit), 10))
    return str(-total % 10)
