"""Working days of Russia. The days themselves are in `calendar_days`."""

from datetime import date, timedelta
from functools import cache

from services.cases.calendar_days import (
    DAYS_OFF,
    FIXED_HOLIDAYS,
    LIBRARY,
    OVERRIDES_OFF,
    OVERRIDES_VERSION,
    OVERRIDES_WORKED,
    WORKING_WEEKENDS,
)
from services.errors import ServiceError

FIRST_YEAR = min(DAYS_OFF)
LAST_YEAR = max(DAYS_OFF)

CALENDAR_VERSION = f"{LIBRARY}+{OVERRIDES_VERSION}"
"""What a deadline is stored with: the library the days agree with, and our own corrections."""

_DAY = timedelta(days=1)
_SATURDAY = 5
_JANUARY = 1


class OutsideCalendar(ServiceError):
    """The production calendar is not kept for so early a year."""

    code = "outside_calendar"


def calendar_version(day: date) -> str:
    """Return the version that decided about `day`.

    After the last year whose decree is known it ends with `+fixed`: weekends and the holidays of
    the Labour Code only, so such a deadline may be counted anew when the decree comes.
    """
    return CALENDAR_VERSION if day.year <= LAST_YEAR else f"{CALENDAR_VERSION}+fixed"


def is_working(day: date) -> bool:
    """Say whether `day` is worked; shortened days are. Raises OutsideCalendar before 2018."""
    return (day.weekday() < _SATURDAY) != (day in _exceptions(day.year))


def next_working(day: date) -> date:
    """Return the first working day after `day`."""
    day += _DAY
    while not is_working(day):
        day += _DAY
    return day


def previous_working(day: date) -> date:
    """Return the last working day before `day`. Raises OutsideCalendar before 2018."""
    day -= _DAY
    while not is_working(day):
        day -= _DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """Return the working day that comes `count` (1 or more) after `day`, `day` not counted.

    Raises:
        ValueError: `count` is less than 1.
    """
    if count < 1:
        raise ValueError("working days are counted from 1")
    for _ in range(count):
        day = next_working(day)
    return day


@cache
def _exceptions(year: int) -> frozenset[date]:
    """Return the days of a year that are not what the week says."""
    if year < FIRST_YEAR:
        raise OutsideCalendar
    if year > LAST_YEAR:
        return frozenset(_holidays_by_law(year))
    off = _days(year, DAYS_OFF[year]) | _days(year, OVERRIDES_OFF.get(year, ""))
    worked = _days(year, OVERRIDES_WORKED.get(year, ""))
    worked_weekends = {day for day in worked if day.weekday() >= _SATURDAY}
    return frozenset(off - worked | worked_weekends | _days(year, WORKING_WEEKENDS.get(year, "")))


def _days(year: int, days: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{day}") for day in days.split()}


def _holidays_by_law(year: int) -> set[date]:
    """Labour Code, art. 112, part 2: a holiday on a weekend moves to the next working day.

    Those of January are moved by decree, which is not known here.
    """
    off: set[date] = set()
    for day in sorted(_days(year, FIXED_HOLIDAYS)):
        if day.weekday() < _SATURDAY:
            off.add(day)
        elif day.month != _JANUARY:
            off.add(day + timedelta(days=7 - day.weekday()))
    return off
