from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.transitions import FINAL, KINDS, REASONS, TRANSITIONS, Kind, Transition
from services.cases.wording import (
    LONGEST_TEXT,
    STATES,
    count,
    day_words,
    how_to_open,
    in_pieces,
    letter,
    list_line,
    notice,
    plural,
    state_title,
    until,
)

NUMBER = "27-26-0000001-7"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        *((0, "дней"), (1, "день"), (2, "дня"), (4, "дня"), (5, "дней"), (10, "дней")),
        *((11, "дней"), (12, "дней"), (14, "дней"), (20, "дней"), (21, "день"), (22, "дня")),
        *((100, "дней"), (101, "день"), (111, "дней"), (112, "дней"), (1002, "дня")),
    ],
)
def test_plurals(number: int, word: str) -> None:
    """The word takes the form that a Russian speaker gives it."""
    assert plural(number, "день", "дня", "дней") == word
    assert count(number, "день", "дня", "дней") == f"{number} {word}"


def test_dates() -> None:
    """Dates are written in words, in the genitive."""
    assert day_words(date(2026, 5, 1)) == "1 мая 2026 года"
    assert until(date(2026, 3, 14)) == "до 14 марта 2026 года"


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_has_a_name(kind: Kind) -> None:
    """«Мои заявки» can show every state of the table, each under a name of its own."""
    table = {move.source for move in TRANSITIONS if move.kind == kind} | set(FINAL[kind])
    assert set(STATES[kind]) == table
    assert len({state_title(kind, state) for state in table}) == len(table)


@pytest.mark.parametrize("move", [move for move in TRANSITIONS if move.kind == "appeal"])
def test_every_stage_of_an_appeal_is_told(move: Transition) -> None:
    """Each move is told once, with the number; preparing an answer is not told."""
    texts = notice(move.source, move.target, NUMBER, department="Отдел дорог", message="Слова.")
    silent = move.target == "on_approval" or (move.source, move.target) == (
        "on_approval",
        "in_work",
    )
    if silent:
        assert texts == ()
    else:
        (text,) = texts
        assert NUMBER in text
        assert "Слова." in text


def test_a_registered_appeal() -> None:
    """Who acts and until when stand beside the number."""
    (text,) = notice(
        "submitted", "registered", NUMBER, department="Отдел дорог", due=date(2026, 3, 14)
    )
    assert text == (
        f"Заявка {NUMBER} зарегистрирована.\nВедомство: Отдел дорог.\n"
        "Ответим до 14 марта 2026 года."
    )


def test_a_refusal_names_its_reason() -> None:
    """The resident reads the reason in words and the department's message, not the code."""
    (text,) = notice("in_work", "refused", NUMBER, message="Дорога частная.", reason="other")
    assert REASONS["appeal"]["other"] in text
    assert "Дорога частная." in text
    assert "other" not in text


def test_an_answer_says_how_to_object() -> None:
    """«Не решено» and the days for it follow the answer."""
    (text,) = notice("on_approval", "answered", NUMBER, message="Сделано.")
    assert text.endswith("«Не решено»: это можно сделать в течение 30 дней.")


def test_a_letter_and_a_line() -> None:
    """A department's letter, the line of a list and the way to a case name the number."""
    (text,) = letter(NUMBER, "Отдел дорог", "Выезжаем завтра.")
    assert text.startswith(f"По заявке {NUMBER} вам пишут.")
    assert text.endswith("Выезжаем завтра.")
    assert list_line(NUMBER, "Ямы", "В работе", date(2026, 3, 14)) == (
        f"{NUMBER} · Ямы\nВ работе, срок до 14 марта 2026 года"
    )
    assert list_line(NUMBER, "Ямы", "Закрыта") == f"{NUMBER} · Ямы\nЗакрыта"
    assert NUMBER in how_to_open(NUMBER)


@given(
    st.text(st.sampled_from("аб \n"), max_size=200),
    st.text(st.sampled_from("вг "), min_size=1, max_size=20),
    st.integers(20, 60),
)
def test_words_reach_the_resident_whole(words: str, head: str, limit: int) -> None:
    """Every text fits, and nothing but blank pieces is lost of the department's words."""
    pieces = in_pieces(head, words, "", limit)
    assert all(piece.strip() and len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join((head + words).split())


def test_words_stay_in_one_piece_where_they_fit() -> None:
    """Long words go out in a text of their own, unbroken, between head and tail."""
    words = "слово " * (LONGEST_TEXT // 6)
    assert in_pieces("Начало.", words, "Конец.") == ("Начало.", words, "Конец.")


def test_too_long_words_are_cut_between_words() -> None:
    """What no message holds is cut after a line or a word, and joins to what was written."""
    words = "слово " * 1000
    first, second = in_pieces("", words)
    assert first.endswith("слово ")
    assert first + second == words
