"""Cursors."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.cursors import Position, read_cursor, write_cursor
from services.errors import InvalidCursor

KEY = b"c" * 32
PLACE = Position(datetime(2026, 3, 12, 1, 2, 3, 456789, tzinfo=UTC), UUID(int=7))


def test_a_cursor_reads_back_to_the_microsecond() -> None:
    """Or rows of one second would be shown twice or not at all."""
    assert read_cursor(KEY, b"me", write_cursor(KEY, b"me", PLACE)) == PLACE


@given(st.text(max_size=120))
def test_nothing_made_up_is_taken(text: str) -> None:
    """Whatever is sent, it is a cursor of ours or refused."""
    with pytest.raises(InvalidCursor):
        read_cursor(KEY, b"me", text)


def test_a_cursor_of_another_key_or_purpose_is_refused() -> None:
    """It is signed for whom it was written."""
    cursor = write_cursor(KEY, b"me", PLACE)
    for key, bound in ((b"d" * 32, b"me"), (KEY, b"you"), (KEY, b"")):
        with pytest.raises(InvalidCursor):
            read_cursor(key, bound, cursor)
