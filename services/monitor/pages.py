"""The table of pages: what is wrong with each, how fast it is, how it is liked."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House
from services.monitor.figures import Figures, Happened, figures
from services.monitor.page_queries import PAGES, PageRow
from services.monitor.standing_queries import PAGE_FACTS

SILENT = timedelta(days=14)
"""Without an event for so long a page is looked at: people write, or it is not connected."""
WELL = ("ok",)


class PageLine(Struct, frozen=True, kw_only=True):
    """A page with its figures of a period. `silent`: how long nothing has come from it."""

    page: PageRow
    period: Figures
    silent: timedelta | None

    @property
    def troubles(self) -> tuple[str, ...]:
        """What a person should see to, as codes; empty when all is well."""
        found = [*self.page.troubles]
        if self.page.paused is not None:
            found.append("paused")
        if self.page.transport == "callback" and self.page.status not in WELL and not found:
            found.append(f"state_{self.page.status}")
        if self.silent is not None and self.silent > SILENT:
            found.append("silent")
        return tuple(found)

    @property
    def growth(self) -> float | None:
        """The share by which the audience grew; None before there are two counts."""
        if self.page.members is None or not self.page.members_before:
            return None
        return self.page.members / self.page.members_before - 1


Key = Callable[[PageLine], Any]

COLUMNS: dict[str, Key] = {
    "title": lambda line: line.page.title.casefold(),
    "status": lambda line: line.page.status,
    "event": lambda line: line.silent,
    "filed": lambda line: line.period.filed,
    "answer": lambda line: line.period.answer_median,
    "rating": lambda line: line.period.rating,
    "members": lambda line: line.page.members,
    "growth": lambda line: line.growth,
}
"""What the table can be sorted by."""


async def pages(
    connection: Connection, house: House, caller: Caller, first: date, last: date
) -> list[PageLine]:
    """Return every page that the caller oversees, with its figures from `first` to `last`."""
    happened: dict[int, list[Happened]] = {}
    zone = str(house.zone)
    for fact in await PAGE_FACTS.all(connection, zone, first, last, caller.operator_id):
        mine = happened.setdefault(fact.community_id, [])
        mine += [(fact.measure, *pair) for pair in zip(fact.buckets, fact.counts, strict=True)]
    now = house.now()
    return [
        PageLine(
            page=row,
            period=figures(happened.get(row.id, ())),
            silent=None if row.last_event_at is None else now - row.last_event_at,
        )
        for row in await PAGES.all(connection, caller.operator_id, first, last)
    ]


def arranged(lines: list[PageLine], column: str | None, *, down: bool) -> list[PageLine]:
    """Return the pages in order: problems on top, or by a column, what is unknown last."""
    if column not in COLUMNS:
        return sorted(lines, key=lambda line: (-len(line.troubles), line.page.title.casefold()))
    key = COLUMNS[column]
    known = [line for line in lines if key(line) is not None]
    rest = [line for line in lines if key(line) is None]
    return sorted(known, key=key, reverse=down) + rest
