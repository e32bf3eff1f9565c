"""Figures of a period: how fast, in time or not, solved or not, liked or not."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from services.monitor.times import quantile

MEDIAN, NINETIETH = 0.5, 0.9
Happened = tuple[str, int, int]
"""What happened, its bucket, how often."""


class Figures(Struct, frozen=True, kw_only=True):
    """Of a period. Times are seconds, shares 0 to 1; None where nothing can be said."""

    filed: int
    answered: int
    reopened: int
    reaction_median: float | None
    reaction_ninetieth: float | None
    answer_median: float | None
    answer_ninetieth: float | None
    in_time: float | None
    unsolved: float | None
    rating: float | None
    rated: int


def figures(rows: Iterable[Happened]) -> Figures:
    """Add up what happened in a period."""
    totals: Counter[str] = Counter()
    reaction: Counter[int] = Counter()
    answer: Counter[int] = Counter()
    marks = 0
    for measure, bucket, n in rows:
        totals[measure] += n
        if measure == "reaction":
            reaction[bucket] += n
        elif measure == "answered":
            answer[bucket] += n
        elif measure == "rated":
            marks += bucket * n
    return Figures(
        filed=totals["filed"],
        answered=totals["answered"],
        reopened=totals["reopened"],
        reaction_median=quantile(reaction, MEDIAN),
        reaction_ninetieth=quantile(reaction, NINETIETH),
        answer_median=quantile(answer, MEDIAN),
        answer_ninetieth=quantile(answer, NINETIETH),
        in_time=_share(totals["in_time"], totals["in_time"] + totals["late"]),
        unsolved=_share(totals["reopened"], totals["answered"]),
        rating=None if totals["rated"] <= 0 else marks / totals["rated"],
        rated=totals["rated"],
    )


def _share(part: int, whole: int) -> float | None:
    return None if whole <= 0 else min(part / whole, 1.0)
