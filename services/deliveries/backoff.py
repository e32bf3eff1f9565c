"""When a delivery that failed is tried again, and when it is given up."""

from datetime import timedelta

HAND_OFFS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Waits before each try, as Standard Webhooks proposes: a back end may be down over a weekend."""

MESSAGES = (
    timedelta(0),
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    *[timedelta(hours=1)] * 23,
)
"""Waits before each try of a message to a resident: a day in all, then it is stale."""

JITTER = 0.1
"""What failed together shall not come back together: each wait is up to a tenth off."""


def next_hand_off_try(attempts: int, random: float) -> timedelta | None:
    """Tell how long a hand-off waits after so many tries; None when it is time to give up.

    `random` is from 0 to 1, drawn by the caller.
    """
    return _next(HAND_OFFS, attempts, random)


def next_message_try(attempts: int, random: float) -> timedelta | None:
    """Tell how long a message waits after so many tries; None when it is time to give up.

    `random` is from 0 to 1, drawn by the caller.
    """
    return _next(MESSAGES, attempts, random)


def _next(waits: tuple[timedelta, ...], attempts: int, random: float) -> timedelta | None:
    if attempts >= len(waits):
        return None
    return waits[attempts] * (1 + JITTER * (2 * random - 1))
