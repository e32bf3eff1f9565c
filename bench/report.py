"""What a run tells: one line of JSON per figure, and a table to read."""

import statistics
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from bench.figures import Figure


class Measured(Struct, frozen=True):
    """The values of one figure and, pair by pair, of its limit; none where there is no limit."""

    values: Sequence[float]
    limits: Sequence[float] = ()

    @property
    def value(self) -> float:
        """The median value."""
        return statistics.median(self.values)

    @property
    def limit(self) -> float | None:
        """The median limit."""
        return statistics.median(self.limits) if self.limits else None

    @property
    def ratios(self) -> list[float]:
        """The ratio of each pair: what disturbs the machine for a while disturbs both."""
        return [value / limit for value, limit in zip(self.values, self.limits, strict=False)]

    @property
    def ratio(self) -> float | None:
        """The median of the ratios."""
        return statistics.median(self.ratios) if self.limits else None


def line(figure: "Figure", measured: Measured | None) -> dict[str, Any]:
    """Return what is told of a figure; `reached` is None where it is not built."""
    told: dict[str, Any] = {"figure": figure.name, "value": None, "unit": figure.unit}
    told |= {"limit": None, "ratio": None, "goal": figure.goal, "reached": None}
    if measured is None:
        return told
    against = measured.value if measured.ratio is None else measured.ratio
    reached = against <= figure.goal if figure.at_most else against >= figure.goal
    return told | {
        "value": _rounded(measured.value),
        "limit": _rounded(measured.limit),
        "ratio": _rounded(measured.ratio),
        "reached": reached,
    }


def show(figure: "Figure", measured: Measured | None) -> None:
    """Print the JSON line of a figure."""
    print(msgspec.json.encode(line(figure, measured)).decode(), flush=True)


def show_table(found: Sequence[tuple["Figure", Measured | None]]) -> None:
    """Print all figures to standard error, with the spread that the JSON leaves out."""
    rows = [("figure", "value", "limit", "ratio", "goal", "reached", "ratios, low to high")]
    rows += [_row(figure, measured) for figure, measured in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip(), file=sys.stderr)


def note(text: str) -> None:
    """Say how the run goes, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _row(figure: "Figure", measured: Measured | None) -> tuple[str, ...]:
    sign = "≤" if figure.at_most else "≥"
    goal = f"{sign} {figure.goal:g}"
    if measured is None:
        return (figure.name, "–", "–", "–", goal, "not built yet", "")
    told = line(figure, measured)
    value = f"{told['value']:g} {figure.unit}"
    limit = "–" if told["limit"] is None else f"{told['limit']:g} {figure.unit}"
    ratio = "–" if told["ratio"] is None else f"{told['ratio']:.2f}"
    spread = " ".join(f"{each:.2f}" for each in sorted(measured.ratios))
    return (figure.name, value, limit, ratio, goal, "yes" if told["reached"] else "no", spread)


def _rounded(value: float | None) -> float | None:
    """Round to four digits: more would only be noise."""
    return None if value is None else float(f"{value:.4g}")
