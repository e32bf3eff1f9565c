"""When a failed delivery is tried again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deliveries.backoff import (
    HAND_OFFS,
    JITTER,
    MESSAGES,
    next_hand_off_try,
    next_message_try,
)

BackOff = Callable[[int, float], timedelta | None]
KINDS = [(next_hand_off_try, HAND_OFFS), (next_message_try, MESSAGES)]

kinds = st.sampled_from(KINDS)
chance = st.floats(0, 1)


@pytest.mark.parametrize("back_off", [next_hand_off_try, next_message_try])
def test_the_first_try_waits_for_nothing(back_off: BackOff) -> None:
    """Whatever chance says."""
    assert {back_off(0, random) for random in (0.0, 0.5, 1.0)} == {timedelta(0)}


@given(kinds, st.integers(0, 40), chance)
def test_a_wait_is_the_tables_up_to_a_tenth(
    kind: tuple[BackOff, tuple[timedelta, ...]], attempts: int, random: float
) -> None:
    """And after the last try there is none."""
    back_off, waits = kind
    wait = back_off(attempts, random)
    if attempts >= len(waits):
        assert wait is None
        return
    assert wait is not None
    assert abs(wait - waits[attempts]) <= waits[attempts] * JITTER + timedelta(microseconds=1)


@given(kinds, st.integers(0, 40))
def test_waits_never_shrink(kind: tuple[BackOff, tuple[timedelta, ...]], attempts: int) -> None:
    """Somebody who is down is asked less and less often."""
    back_off, _ = kind
    now, later = back_off(attempts, 0.5), back_off(attempts + 1, 0.5)
    assert later is None or (now is not None and later >= now)


@pytest.mark.parametrize(
    ("back_off", "tries", "hours"), [(next_hand_off_try, 10, 75.6), (next_message_try, 30, 23.7)]
)
@given(st.lists(chance, min_size=31, max_size=31))
def test_it_always_ends(back_off: BackOff, tries: int, hours: float, chances: list[float]) -> None:
    """A hand-off is given up after three days, a message after one, a tenth more or less."""
    taken: list[timedelta] = []
    while (wait := back_off(len(taken), chances[len(taken)])) is not None:
        taken.append(wait)
    assert len(taken) == tries
    total = sum(taken, timedelta(0)) / timedelta(hours=1)
    assert hours * 0.89 <= total <= hours * 1.11


def test_the_middle_of_chance_is_the_table_itself() -> None:
    """Jitter goes both ways alike."""
    assert next_hand_off_try(2, 0.5) == timedelta(minutes=5)
    assert next_message_try(1, 0.5) == timedelta(seconds=1)
