import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.number import case_number, find_number, is_case_number

numbers = st.builds(
    case_number,
    st.from_regex(r"[0-9]{2}", fullmatch=True),
    st.integers(2000, 2099),
    st.integers(1, 9_999_999),
)


@pytest.mark.parametrize(
    ("sequence", "number"),
    [(1, "27-26-0000001-7"), (2, "27-26-0000002-5"), (1_234_567, "27-26-1234567-3")],
)
def test_known_numbers(sequence: int, number: str) -> None:
    """The check digit is Luhn over the eleven digits before it, worked out by hand."""
    assert case_number("27", 2026, sequence) == number


@given(numbers)
def test_a_number_is_recognised_and_found(number: str) -> None:
    """What the gateway writes is a number, alone and within a sentence."""
    assert is_case_number(number)
    assert find_number(f"дом 12, заявка {number}, что с ней?") == number


@given(numbers, st.integers(0, 11), st.integers(1, 9))
def test_a_wrong_digit_is_noticed(number: str, place: int, by: int) -> None:
    """Any one digit typed wrong makes it no number."""
    digits = list(number.replace("-", ""))
    digits[place] = str((int(digits[place]) + by) % 10)
    wrong = "".join(digits)
    assert not is_case_number(f"{wrong[:2]}-{wrong[2:4]}-{wrong[4:11]}-{wrong[11]}")
    assert find_number(wrong) is None


@given(numbers, st.lists(st.sampled_from(["", " ", "-", "–", " - ", "\u00a0"]), min_size=11))
def test_gaps_do_not_matter(number: str, gaps: list[str]) -> None:
    """Hyphens may be missing, be dashes, or be spaces anywhere between the digits."""
    digits = number.replace("-", "")
    typed = "".join(digit + gap for digit, gap in zip(digits, [*gaps[:11], ""], strict=True))
    assert find_number(typed) == number


@given(st.text())
def test_any_text_may_be_searched(text: str) -> None:
    """What is found in any text is a number."""
    found = find_number(text)
    assert found is None or is_case_number(found)


@pytest.mark.parametrize("text", ["", "27-26-0000001", "127-26-0000001-7", "27-26-0000001-70"])
def test_not_a_number(text: str) -> None:
    """Too few or too many digits are no number, however well a part of them would fit."""
    assert not is_case_number(text)
    assert find_number(text) is None


@pytest.mark.parametrize(
    ("region", "year", "sequence"),
    [("7", 2026, 1), ("аб", 2026, 1), ("²7", 2026, 1), ("27", -1, 1), ("27", 2026, 0)],
)
def test_parts_must_fit(region: str, year: int, sequence: int) -> None:
    """A part that does not fit its digits is refused instead of making a longer number."""
    with pytest.raises(ValueError, match=r"digits|sequence"):
        case_number(region, year, sequence)


def test_the_last_sequence() -> None:
    """Seven digits are all there are."""
    assert case_number("27", 2026, 9_999_999).startswith("27-26-9999999-")
    with pytest.raises(ValueError, match="sequence"):
        case_number("27", 2026, 10_000_000)
