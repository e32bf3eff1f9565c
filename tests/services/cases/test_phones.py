"""Phone numbers in one form."""

import pytest

from services.cases.phones import normal_phone


@pytest.mark.parametrize(
    "text",
    [
        "+79141234567",
        "89141234567",
        "8 (914) 123-45-67",
        "79141234567",
        "914 123 45 67",
        "+7 914 123‑45‑67",
    ],
)
def test_the_russian_ways_of_writing_are_one_number(text: str) -> None:
    """However it is typed, the same person is found."""
    assert normal_phone(text) == "+79141234567"


@pytest.mark.parametrize(("text", "normal"), [("+86 10 1234 5678", "+861012345678")])
def test_a_foreign_number_keeps_its_country(text: str, normal: str) -> None:
    """The border with China is near."""
    assert normal_phone(text) == normal


@pytest.mark.parametrize(
    "text", ["", "Иванов", "ivanov@example.ru", "112", "+", "12345678901234567"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    """An e-mail or a short number is not hashed as a phone."""
    assert normal_phone(text) is None
