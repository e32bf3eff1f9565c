"""Legal clocks: how many days, counted how, and the moment a case is due.

Counting starts the next day. A deadline is stored with the rule and the calendar that made it.
"""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from msgspec import Struct

from services.cases.calendar import (
    add_working_days,
    calendar_version,
    is_working,
    next_working,
    previous_working,
)

Unit = Literal["calendar", "working"]

LONGEST_MESSAGE_DAYS = 30
"""Calendar days: no norm of a category lets a message wait longer (ПОС practice)."""

REOPEN_DAYS = 30
"""Calendar days after an answer in which a resident may say «Не решено»."""

END_OF_DAY = time(23, 59, 59)


class ClockRule(Struct, frozen=True, kw_only=True):
    """So many days of a unit, at most `at_most` calendar days where that is sooner."""

    code: str
    days: int
    unit: Unit
    at_most: int | None = None

    @property
    def name(self) -> str:
        """The rule as it is stored with a deadline: `message.10_working`."""
        return f"{self.code}.{self.days}_{self.unit}"


class Due(Struct, frozen=True):
    """When something is due, by which rule, counted on which version of the calendar."""

    due_at: datetime
    rule: str
    calendar: str


APPEAL_59FZ = ClockRule(code="appeal_59fz", days=30, unit="calendar")
"""59-ФЗ, art. 12, part 1: from registration."""

REOPENED = ClockRule(code="reopened", days=10, unit="calendar")
"""«Не решено»: from that moment, at most. No law sets it; it is only to be shorter."""


EXTENDED = "appeal_59fz_extended"
"""How the rule of an extended term begins."""


def extension_rule(days: int) -> ClockRule:
    """Return the rule of an extension (59-ФЗ, art. 12, part 2): it counts from the first end."""
    return ClockRule(code=EXTENDED, days=days, unit="calendar")


def message_rule(norm_days: int | None, norm_unit: Unit | None) -> ClockRule:
    """Return the clock of a message: its category's norm, at most 30 calendar days.

    Without a norm it is 30 calendar days; a norm without a unit is in calendar days.
    """
    if norm_days is None:
        return ClockRule(code="message", days=LONGEST_MESSAGE_DAYS, unit="calendar")
    if norm_unit == "working":
        return ClockRule(
            code="message", days=norm_days, unit="working", at_most=LONGEST_MESSAGE_DAYS
        )
    return ClockRule(code="message", days=min(norm_days, LONGEST_MESSAGE_DAYS), unit="calendar")


def reopened_rule(first: str | None) -> ClockRule:
    """Return the clock of «Не решено»: half of the first term, at most ten calendar days.

    `first` is the stored name of the rule (`message.3_working`). A case that comes back once more
    gets the same term as when it first came back.
    """
    code, _, length = (first or APPEAL_59FZ.name).partition(".")
    number, _, unit = length.partition("_")
    days = int(number) if code == REOPENED.code else (int(number) + 1) // 2
    if unit == "working":
        return ClockRule(code=REOPENED.code, days=days, unit="working", at_most=REOPENED.days)
    return ClockRule(code=REOPENED.code, days=min(days, REOPENED.days), unit="calendar")


def due(rule: ClockRule, starts: datetime, timezone: tzinfo) -> Due:
    """Return when `rule` runs out.

    The last second of a working day in `timezone`, never before the first working day after the
    start.

    Args:
        rule: days to count, 1 or more.
        starts: the moment the clock starts, aware.
        timezone: the krai's zone; the start's day and the deadline are days there.

    Raises:
        ValueError: `starts` is naive, or the rule has no days.
        OutsideCalendar: the production calendar is not kept for the year.
    """
    if starts.tzinfo is None or rule.days < 1:
        raise ValueError("a clock needs an aware start and a day at least")
    start = starts.astimezone(timezone).date()
    if rule.unit == "working":
        day = add_working_days(start, rule.days)
    else:
        day = _calendar_days(start, rule.days)
    if rule.at_most is not None:
        day = min(day, _calendar_days(start, rule.at_most))
    return Due(datetime.combine(day, END_OF_DAY, timezone), rule.name, calendar_version(day))


def _calendar_days(start: date, days: int) -> date:
    """Count calendar days; a day off becomes the working day before it."""
    day = start + timedelta(days=days)
    if not is_working(day):
        day = previous_working(day)
    return max(day, next_working(start))
