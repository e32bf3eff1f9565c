import csv
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import calendar_days
from services.cases.calendar import (
    CALENDAR_VERSION,
    FIRST_YEAR,
    LAST_YEAR,
    OutsideCalendar,
    add_working_days,
    calendar_version,
    is_working,
    next_working,
    previous_working,
)

ROOT = Path(__file__).resolve().parents[3]
OFFICIAL = ROOT.parent / "shared" / "data" / "production-calendar-ru.csv"

# From the second working day of the first year, so that one before it is known.
days = st.dates(date(FIRST_YEAR, 1, 10), date(LAST_YEAR + 20, 12, 31))


def all_days(first_year: int, last_year: int) -> list[date]:
    start = date(first_year, 1, 1)
    return [start + timedelta(n) for n in range((date(last_year + 1, 1, 1) - start).days)]


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official calendar is not beside the project")
def test_agrees_with_the_official_calendar() -> None:
    """Every day of 2018–2026 is what the official production calendar says."""
    with OFFICIAL.open(encoding="utf-8", newline="") as file:
        kinds = {date.fromisoformat(row["date"]): row["kind"] for row in csv.DictReader(file)}
    official = {
        day: kinds[day] != "off" if day in kinds else day.weekday() < 5
        for day in all_days(2018, 2026)
    }
    assert {day: is_working(day) for day in official} == official


def test_the_tables_agree_with_the_library() -> None:
    """The literal days are those of the installed `holidays`, whose version deadlines name."""
    library = holidays.country_holidays("RU", years=range(FIRST_YEAR, LAST_YEAR + 1))
    overridden = {
        date.fromisoformat(f"{year}-{day}")
        for table in (calendar_days.OVERRIDES_OFF, calendar_days.OVERRIDES_WORKED)
        for year, text in table.items()
        for day in text.split()
    }
    differing = [
        day
        for day in all_days(FIRST_YEAR, LAST_YEAR)
        if day not in overridden and is_working(day) != library.is_working_day(day)
    ]
    assert differing == []
    assert f"holidays-{version('holidays')}" == calendar_days.LIBRARY


def test_overrides_differ_from_the_library() -> None:
    """The library misses 29 decree days of 2020 and 7 of 2021; nothing else is overridden."""
    counts = {year: len(text.split()) for year, text in calendar_days.OVERRIDES_OFF.items()}
    assert counts == {2020: 29, 2021: 7}
    assert not calendar_days.OVERRIDES_WORKED


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2018-12-29", True),  # a Saturday worked instead of 31 December
        ("2020-04-01", False),  # decree 239
        ("2020-07-01", False),  # decree 354
        ("2021-11-03", False),  # decree 595
        ("2024-04-27", True),  # a working Saturday
        ("2024-12-28", True),
        ("2024-12-30", False),
        ("2024-12-31", False),
        ("2025-05-02", False),
        ("2025-05-08", False),
        ("2025-11-01", True),  # a shortened Saturday is worked
        ("2026-01-09", False),
        ("2026-01-12", True),
        ("2026-03-09", False),
        ("2026-04-30", True),  # shortened, so worked
        ("2026-07-04", False),  # a Saturday
        ("2026-07-06", True),
    ],
)
def test_well_known_days(day: str, working: bool) -> None:
    """Days everybody remembers are right without the official file."""
    assert is_working(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2030-01-08", False),
        ("2030-01-09", True),
        ("2028-11-04", False),  # a Saturday, so the Monday after is off
        ("2028-11-06", False),
        ("2028-11-07", True),
        ("2031-02-24", False),  # after Sunday, 23 February
        ("2030-05-08", True),
    ],
)
def test_after_the_last_decree_the_labour_code_decides(day: str, working: bool) -> None:
    """Weekends and the holidays by law, moved off weekends, stand in for an unknown decree."""
    assert is_working(date.fromisoformat(day)) is working


def test_the_version_says_how_a_day_was_decided() -> None:
    """A day of a year without a decree is marked, so that it can be counted anew."""
    assert calendar_version(date(LAST_YEAR, 12, 31)) == CALENDAR_VERSION
    assert calendar_version(date(LAST_YEAR + 1, 1, 1)) == f"{CALENDAR_VERSION}+fixed"


def test_before_the_calendar() -> None:
    """Years whose calendar is not kept are refused, not guessed."""
    with pytest.raises(OutsideCalendar):
        is_working(date(FIRST_YEAR - 1, 12, 31))
    with pytest.raises(OutsideCalendar):
        previous_working(date(FIRST_YEAR, 1, 1))


@given(days)
def test_neighbours_are_the_nearest_working_days(day: date) -> None:
    """Next and previous are worked, and nothing between them and the day is."""
    after, before = next_working(day), previous_working(day)
    assert before < day < after
    assert is_working(after)
    assert is_working(before)
    between = [before + timedelta(n) for n in range(1, (after - before).days)]
    assert not [other for other in between if other != day and is_working(other)]


@given(days, st.integers(1, 60))
def test_working_days_are_counted_one_by_one(day: date, count: int) -> None:
    """Between the day and the result lie exactly so many working days, the result included."""
    end = add_working_days(day, count)
    passed = [day + timedelta(n) for n in range(1, (end - day).days + 1)]
    assert is_working(end)
    assert sum(map(is_working, passed)) == count


def test_working_days_are_counted_from_one() -> None:
    """No days are no deadline."""
    with pytest.raises(ValueError, match="from 1"):
        add_working_days(date(2026, 7, 1), 0)
