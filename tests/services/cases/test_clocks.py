from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.calendar import CALENDAR_VERSION, is_working, next_working
from services.cases.clocks import (
    APPEAL_59FZ,
    REOPENED,
    ClockRule,
    due,
    message_rule,
    reopened_rule,
)

KRAI = ZoneInfo("Asia/Vladivostok")

starts = st.datetimes(datetime(2018, 1, 10), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the strategy adds the zone
rules = st.builds(
    ClockRule,
    code=st.just("message"),
    days=st.integers(1, 60),
    unit=st.sampled_from(["calendar", "working"]),
    at_most=st.none() | st.just(30),
)


def local(day: date) -> datetime:
    return datetime.combine(day, time(12), KRAI)


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        # Monday 2 March + 30 days is Wednesday 1 April.
        (date(2026, 3, 2), APPEAL_59FZ, date(2026, 4, 1)),
        # 30 days end on Saturday 4 April: the Friday before.
        (date(2026, 3, 5), APPEAL_59FZ, date(2026, 4, 3)),
        # Working days do not count the New Year holidays.
        (date(2025, 12, 29), message_rule(3, "working"), date(2026, 1, 13)),
        # One calendar day from Friday is Saturday; the working day before it is the start itself,
        # so it becomes the first working day after.
        (date(2026, 7, 3), message_rule(1, "calendar"), date(2026, 7, 6)),
        # All of the first days of January are off.
        (date(2025, 12, 30), message_rule(10, "calendar"), date(2026, 1, 12)),
        (date(2026, 3, 2), REOPENED, date(2026, 3, 12)),
        # Thirty working days would be far more than thirty calendar days.
        (date(2026, 3, 2), message_rule(30, "working"), date(2026, 4, 1)),
        (date(2026, 3, 2), message_rule(None, None), date(2026, 4, 1)),
        (date(2026, 3, 2), message_rule(90, "calendar"), date(2026, 4, 1)),
    ],
)
def test_known_deadlines(start: date, rule: ClockRule, expected: date) -> None:
    """Deadlines counted by hand on the wall calendar."""
    assert due(rule, local(start), KRAI).due_at == datetime.combine(
        expected, time(23, 59, 59), KRAI
    )


def test_the_day_is_the_krai_s() -> None:
    """An evening in UTC is the next morning in Khabarovsk: counting starts a day later."""
    evening = datetime(2026, 3, 1, 20, tzinfo=UTC)
    answer = due(APPEAL_59FZ, evening, KRAI).due_at
    assert answer == datetime(2026, 4, 1, 13, 59, 59, tzinfo=UTC)
    assert answer.utcoffset() == timedelta(hours=10)


def test_a_deadline_keeps_its_rule_and_calendar() -> None:
    """What is stored says how many days of what were counted on which calendar."""
    kept = due(message_rule(10, "working"), local(date(2026, 3, 2)), KRAI)
    assert (kept.rule, kept.calendar) == ("message.10_working", CALENDAR_VERSION)
    late = due(APPEAL_59FZ, local(date(2040, 3, 2)), KRAI)
    assert (late.rule, late.calendar) == (
        "appeal_59fz.30_calendar",
        f"{CALENDAR_VERSION}+fixed",
    )


@given(rules, starts)
def test_a_deadline_is_a_working_day_after_the_start(rule: ClockRule, start: datetime) -> None:
    """Never a day off, never before the first working day after the start, to the last second."""
    answer = due(rule, start, KRAI).due_at
    assert is_working(answer.date())
    assert answer.date() >= next_working(start.astimezone(KRAI).date())
    assert answer.time() == time(23, 59, 59)


@given(rules, starts, st.integers(0, 400))
def test_a_later_start_is_never_due_sooner(rule: ClockRule, start: datetime, hours: int) -> None:
    """The deadline is monotone in the start."""
    later = due(rule, start + timedelta(hours=hours), KRAI)
    assert due(rule, start, KRAI).due_at <= later.due_at


@given(rules, starts, st.integers(0, 30))
def test_more_days_are_never_due_sooner(rule: ClockRule, start: datetime, more: int) -> None:
    """The deadline is monotone in the days."""
    longer = ClockRule(code=rule.code, days=rule.days + more, unit=rule.unit, at_most=rule.at_most)
    assert due(rule, start, KRAI).due_at <= due(longer, start, KRAI).due_at


@given(st.none() | st.integers(1, 400), st.sampled_from([None, "calendar", "working"]), starts)
def test_no_norm_lets_a_message_wait_longer_than_thirty_days(
    days: int | None, unit: str | None, start: datetime
) -> None:
    """Whatever a category says, a message is due when 30 calendar days are over."""
    longest = due(message_rule(None, None), start, KRAI).due_at
    assert due(message_rule(days, unit), start, KRAI).due_at <= longest  # type: ignore[arg-type] # a drawn literal


@given(starts)
def test_reopened_is_shorter(start: datetime) -> None:
    """«Не решено» starts a clock that is never longer than the first one."""
    assert due(REOPENED, start, KRAI).due_at <= due(APPEAL_59FZ, start, KRAI).due_at


@pytest.mark.parametrize(
    ("days", "start"),
    [(0, datetime(2026, 3, 2, tzinfo=UTC)), (1, datetime(2026, 3, 2))],  # noqa: DTZ001 naive is the case
)
def test_a_clock_needs_a_day_and_a_zone(days: int, start: datetime) -> None:
    """No days and a time without a zone are refused."""
    with pytest.raises(ValueError, match="aware"):
        due(ClockRule(code="message", days=days, unit="calendar"), start, KRAI)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("message.3_working", "reopened.2_working"),
        ("message.10_working", "reopened.5_working"),
        ("message.30_calendar", "reopened.10_calendar"),
        ("message.7_calendar", "reopened.4_calendar"),
        ("reopened.2_working", "reopened.2_working"),
        (None, "reopened.10_calendar"),
    ],
)
def test_what_comes_back_has_half_the_term(first: str | None, expected: str) -> None:
    """«Не решено» starts a shorter clock, whatever the first was; the second time the same."""
    assert reopened_rule(first).name == expected
