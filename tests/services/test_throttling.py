"""Throttling: a burst, then so many a second, whoever else comes."""

from hypothesis import given
from hypothesis import strategies as st

from services.throttling import Allowance, Throttle

BURST, PER_SECOND = 5, 2.0
pauses = st.lists(st.floats(0, 3), max_size=200)


@given(pauses)
def test_never_more_than_the_burst_and_the_rate(waits: list[float]) -> None:
    """In any stretch of time at most the burst and what the rate adds to it is let through."""
    throttle, now, taken = Throttle(Allowance(BURST, PER_SECOND)), 0.0, []
    for wait in waits:
        now += wait
        if not throttle.take("somebody", now):
            taken.append(now)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            allowed = BURST + (taken[last] - start) * PER_SECOND
            assert last - first + 1 <= allowed + 1e-6


@given(pauses)
def test_who_waits_as_told_is_let_through(waits: list[float]) -> None:
    """The wait is exact: a moment earlier is too early, then it is allowed."""
    throttle, now = Throttle(Allowance(BURST, PER_SECOND)), 0.0
    for pause in waits:
        now += pause
        wait = throttle.take("somebody", now)
        if wait:
            assert throttle.wait("somebody", now + wait * 0.99) > 0
            now += wait + 1e-6
            assert throttle.take("somebody", now) == 0


@given(st.integers(0, 50))
def test_who_floods_slows_nobody_else(times: int) -> None:
    throttle = Throttle(Allowance(BURST, PER_SECOND))
    for _ in range(times):
        throttle.take("flooder", 0.0)
    assert throttle.take("somebody", 0.0) == 0


def test_looking_counts_nothing() -> None:
    throttle = Throttle(Allowance(1, 1.0))
    assert [throttle.wait("somebody", 0.0) for _ in range(3)] == [0, 0, 0]
    assert throttle.take("somebody", 0.0) == 0
    assert throttle.wait("somebody", 0.0) == 1


def test_only_so_many_are_remembered_and_the_busiest_longest() -> None:
    """Who could do everything again is forgotten first."""
    throttle = Throttle(Allowance(2, 1.0), remembered=4)
    for _ in range(2):
        throttle.take("busy", 0.0)
    for who in range(100):
        throttle.take(who, 0.0)
    assert throttle.wait("busy", 0.0) > 0
