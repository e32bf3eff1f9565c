"""Sealed content opens whole or not at all."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.files.sealing import CHUNK, new_key, open_content, seal_content
from services.privacy.errors import Unreadable

FILE, OTHER = UUID(int=1), UUID(int=2)
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK)
STEP = CHUNK + 16


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens(size: int) -> None:
    """Of any length, around the borders of chunks too; nothing of it shows."""
    key, content = new_key(), bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    sealed = seal_content(key, FILE, content)
    assert open_content(key, FILE, sealed) == content
    assert size < 16 or content[:16] not in sealed


def test_chunks_cannot_be_left_out_moved_or_taken_elsewhere() -> None:
    """Cut at a border, swapped, repeated, under another file or key: unreadable."""
    key = new_key()
    sealed = seal_content(key, FILE, b"x" * (3 * CHUNK))
    first, second, third = (sealed[1 + n * STEP : 1 + (n + 1) * STEP] for n in range(3))
    for changed in (
        b"",
        sealed[:1],
        sealed[:-1],
        b"\x01" + first,
        b"\x01" + first + second,
        b"\x01" + second + first + third,
        b"\x01" + first + first + third,
        sealed + third,
        b"\x02" + sealed[1:],
    ):
        with pytest.raises(Unreadable):
            open_content(key, FILE, changed)
    with pytest.raises(Unreadable):
        open_content(key, OTHER, sealed)
    with pytest.raises(Unreadable):
        open_content(new_key(), FILE, sealed)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600), st.data())
def test_a_changed_bit_is_noticed(content: bytes, data: st.DataObject) -> None:
    """Wherever it is."""
    key = new_key()
    sealed = bytearray(seal_content(key, FILE, content))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        open_content(key, FILE, bytes(sealed))
