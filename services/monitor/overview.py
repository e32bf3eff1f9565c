"""The overview: what stands where at this moment, and how the last days went."""

from collections import Counter
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from services.cases.transitions import AT_REST
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House
from services.monitor.figures import Figures, figures
from services.monitor.outbox import outbox
from services.monitor.standing_queries import HAPPENED, STANDING, HappenedRow, StandingRow

PERIOD = timedelta(days=7)
HOURS = 24
TREND_DAYS = 28


class Counts(Struct, frozen=True, kw_only=True):
    """What stands where; counts and nothing else, so it may be sent at any time."""

    states: dict[str, dict[str, int]]
    open: int
    due_today: int
    overdue: int


class Overview(Struct, frozen=True, kw_only=True):
    """Everything on the overview. `now` covers the last seven days, `before` the seven before."""

    counts: Counts
    undelivered: dict[str, int]
    oldest_seconds: float
    hours: tuple[tuple[datetime, int], ...]
    days: tuple[tuple[date, Figures], ...]
    now: Figures
    before: Figures


async def counts(connection: Connection, house: House, caller: Caller) -> Counts:
    """Return what stands where, of the caller's operator or of all."""
    rows = await STANDING.all(connection, caller.operator_id)
    return add_up(house, rows)


def add_up(house: House, rows: list[StandingRow]) -> Counts:
    """Count by kind and state, and what is due; the days are the krai's."""
    now = house.now()
    midnight = midnight_after(house, now)
    states: dict[str, Counter[str]] = {}
    for row in rows:
        states.setdefault(row.kind, Counter())[row.state] += row.n
    due = [(row.due_at, row.n) for row in rows if row.due_at is not None]
    return Counts(
        states={kind: {k: v for k, v in found.items() if v} for kind, found in states.items()},
        open=sum(row.n for row in rows if row.state not in AT_REST),
        due_today=sum(n for at, n in due if now <= at < midnight),
        overdue=sum(n for at, n in due if at < now),
    )


async def overview(connection: Connection, house: House, caller: Caller) -> Overview:
    """Return everything on the overview, of the caller's operator or of all."""
    now = house.now()
    today = now.astimezone(house.zone).date()
    first = today - timedelta(days=TREND_DAYS - 1)
    zone = str(house.zone)
    rows = await HAPPENED.all(connection, zone, first, today, caller.operator_id)
    undelivered, oldest = await outbox(connection, caller, now)
    return Overview(
        counts=await counts(connection, house, caller),
        undelivered=undelivered,
        oldest_seconds=oldest,
        hours=_hours(house, rows),
        days=tuple(
            (day, _of(rows, day, day)) for day in (first + timedelta(n) for n in range(TREND_DAYS))
        ),
        now=_of(rows, today - PERIOD + timedelta(1), today),
        before=_of(rows, today - 2 * PERIOD + timedelta(1), today - PERIOD),
    )


def midnight_after(house: House, moment: datetime) -> datetime:
    """Return the end of the krai's day in which a moment lies."""
    day = moment.astimezone(house.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), house.zone)


def _of(rows: list[HappenedRow], first: date, last: date) -> Figures:
    return figures((row.measure, row.bucket, row.n) for row in rows if first <= row.day <= last)


def _hours(house: House, rows: list[HappenedRow]) -> tuple[tuple[datetime, int], ...]:
    """Return what was filed in each of the last hours, the present one last."""
    local = house.now().astimezone(house.zone).replace(minute=0, second=0, microsecond=0)
    filed: Counter[tuple[date, int]] = Counter()
    for row in rows:
        if row.measure == "filed":
            filed[row.day, row.bucket] += row.n
    hours = [local - timedelta(hours=n) for n in reversed(range(HOURS))]
    return tuple((hour, filed[hour.date(), hour.hour]) for hour in hours)
