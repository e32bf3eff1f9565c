"""Every figure of the benchmarks: its unit, its goal, and what measures it."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from bench import callbacks, hand_off, places, replies, reply, start
from bench.report import Measured


class Figure(Struct, frozen=True):
    """One figure; `goal` is of the ratio, or of the value where there is no limit.

    `at_most`: the goal must not be passed, else it must be reached.
    """

    name: str
    unit: str
    goal: float
    at_most: bool = False


FIGURES = (
    Figure("callback_steps", "steps/s", 2.0),
    Figure("reply_p50", "s", 2.0, at_most=True),
    Figure("reply_p99", "s", 4.0, at_most=True),
    Figure("slot_rush", "answers/s", 1.0),
    Figure("booking", "bookings/s", 1.5),
    Figure("enrolment", "enrolments/s", 1.0),
    Figure("hand_off", "hand-offs/s", 2.0),
    Figure("replies", "messages/s", 20.0),
    Figure("growth_list", "s", 1.2, at_most=True),
    Figure("growth_claim", "s", 1.2, at_most=True),
    Figure("growth_lookup", "s", 1.2, at_most=True),
    Figure("growth_monitor", "s", 1.2, at_most=True),
    Figure("memory", "MB", 200, at_most=True),
    Figure("start", "s", 2.0, at_most=True),
)

MEASURES: dict[tuple[str, ...], Callable[[], dict[str, Measured]]] = {
    ("callback_steps", "memory"): callbacks.measure,
    ("reply_p50", "reply_p99"): reply.measure,
    ("booking", "enrolment"): places.measure,
    ("hand_off",): hand_off.measure,
    ("replies",): replies.measure,
    ("start",): start.measure,
}
"""What measures the figures that are built; one run may tell several of them."""


def measured(wanted: Sequence[Figure]) -> Iterator[tuple[Figure, Measured | None]]:
    """Measure figures, those of one run together; None for those that are not built."""
    names = {figure.name: figure for figure in wanted}
    for told, measure in MEASURES.items():
        if names.keys() & set(told):
            found = measure()
            yield from ((names.pop(name), found[name]) for name in told if name in names)
    yield from ((figure, None) for figure in names.values())
