"""The error table holds every code of VK that sending a message can meet."""

import re

import pytest

from integrations.vk.errors import MEANINGS, meaning

TABLE = {
    "retry": [
        *(1, 10, 36, 6, 9, 29, 14, 909, 910, 920),
        *(5, 27, 28, 7, 15, 20, 203, 912),
    ],
    "parked": [17, 18, 900, 901, 902, 943, 944, 950, 985, 987, 988],
    "dead": [100, 911, 914, 917, 925, 927, 932, 936, 945, 946],
}


@pytest.mark.parametrize(
    ("code", "outcome"), [(code, outcome) for outcome, codes in TABLE.items() for code in codes]
)
def test_each_code_has_its_outcome(code: int, outcome: str) -> None:
    """Again, not for now, or never."""
    assert meaning(code).outcome == outcome


def test_nothing_else_is_in_the_table() -> None:
    """What is added there is added here."""
    assert sorted(MEANINGS) == sorted(code for codes in TABLE.values() for code in codes)


@pytest.mark.parametrize(
    ("scope", "codes"),
    [
        ("page", [5, 6, 7, 14, 15, 20, 27, 28, 29, 203, 912]),
        ("person", [9, 17, 18, 900, 901, 902, 943, 944, 950, 985, 987, 988]),
    ],
)
def test_who_is_concerned(scope: str, codes: list[int]) -> None:
    """A dead token stops a page, a blocked person only that person; the rest only a delivery."""
    assert sorted(code for code in MEANINGS if MEANINGS[code].scope == scope) == codes


def test_what_goes_away_by_itself_has_a_time() -> None:
    """A page that stops without one waits for an admin; a person, for a word of theirs."""
    timed = {code for code in MEANINGS if MEANINGS[code].retry_after is not None}
    assert timed == {6, 9, 14, 29}


def test_the_words_are_codes_and_differ() -> None:
    """An admin who reads the word knows the number."""
    words = [verdict.code for verdict in MEANINGS.values()]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", word) for word in words)
    assert len(set(words)) == len(words)
