"""What a move does to the deadlines of an assignment: pure, by the table in `clock_table`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from services.cases.calendar import calendar_version, is_working, previous_working
from services.cases.clock_queries import Clock
from services.cases.clock_table import ClockKind, clock_kinds
from services.cases.clocks import END_OF_DAY, ClockRule, Due, due, reopened_rule
from services.db.ids import new_id

LAST_QUARTER = 0.75
"""The first warning comes when so much of the time has passed."""


class Turn(Struct, frozen=True, kw_only=True):
    """An assignment (None: the case itself) that comes to a state, and when."""

    kind: str
    legal_kind: str | None
    assignment_id: UUID | None
    state: str
    at: datetime
    zone: tzinfo
    norm: ClockRule | None = None


def turn(clocks: Iterable[Clock], step: Turn) -> tuple[Clock, ...]:
    """Return the deadlines that are changed or begin when an assignment comes to a state.

    `clocks` are all of the case; `step.norm` is the rule of a clock that has none in the table.
    """
    own = [clock for clock in clocks if clock.assignment_id == step.assignment_id]
    changed: list[Clock] = []
    for kind in clock_kinds(step.kind, step.legal_kind):
        named = [clock for clock in own if clock.name == kind.name]
        running = next((clock for clock in named if clock.ended_at is None), None)
        after = _begun(kind, named, step) if running is None else _gone_on(kind, running, step)
        changed += [] if after is None else [after]
    return tuple(changed)


def leading(clocks: Iterable[Clock], kind: str, legal_kind: str | None) -> Due | None:
    """Return the deadline that lists show: of those that lead the one begun last."""
    leads = {row.name for row in clock_kinds(kind, legal_kind) if row.leads}
    shown = [clock for clock in clocks if clock.name in leads]
    if not shown:
        return None
    last = max(shown, key=lambda clock: (clock.ended_at is None, clock.starts_at, clock.due_at))
    return Due(last.due_at, last.rule, last.calendar)


def merged(clocks: Iterable[Clock], changed: Iterable[Clock]) -> tuple[Clock, ...]:
    """Return the deadlines with those that changed in their new form."""
    by_id = {clock.id: clock for clock in clocks}
    by_id.update({clock.id: clock for clock in changed})
    return tuple(by_id.values())


def carried(clocks: Iterable[Clock], source: UUID | None, target: UUID) -> tuple[Clock, ...]:
    """Return the running deadlines of one assignment as those of another that takes it over."""
    return tuple(
        replace(clock, id=new_id(), assignment_id=target)
        for clock in clocks
        if clock.assignment_id == source and clock.ended_at is None
    )


def extended(clock: Clock, rule: ClockRule, zone: tzinfo) -> Clock:
    """Return a deadline moved on by a rule that counts from its end."""
    later = due(rule, clock.due_at, zone)
    return _warned(
        replace(clock, due_at=later.due_at, rule=later.rule, calendar=later.calendar, warnings=0)
    )


def begun(
    name: str,
    rule: ClockRule,
    assignment_id: UUID | None,
    at: datetime,
    zone: tzinfo,
    *,
    warns: bool,
) -> Clock:
    """Return a deadline that begins now."""
    until = due(rule, at, zone)
    clock = Clock(
        id=new_id(),
        assignment_id=assignment_id,
        name=name,
        rule=until.rule,
        calendar=until.calendar,
        starts_at=at,
        due_at=until.due_at,
    )
    return _warned(clock) if warns else clock


def next_warning(clock: Clock) -> datetime | None:
    """Return when to warn next: in the last quarter, at the end, at twice and thrice the time."""
    whole = clock.due_at - clock.starts_at
    moments = (
        clock.starts_at + whole * LAST_QUARTER,
        clock.due_at,
        clock.due_at + whole,
        clock.due_at + 2 * whole,
    )
    return moments[clock.warnings] if clock.warnings < len(moments) else None


def warned(clock: Clock) -> Clock:
    """Return a deadline of which one more warning was given."""
    return _warned(replace(clock, warnings=clock.warnings + 1))


def columns(clocks: Sequence[Clock]) -> tuple[list[object], ...]:
    """Return the arguments of WRITE_CLOCKS after the case's id."""
    return (
        [clock.id for clock in clocks],
        [clock.assignment_id for clock in clocks],
        [clock.name for clock in clocks],
        [clock.rule for clock in clocks],
        [clock.calendar for clock in clocks],
        [clock.starts_at for clock in clocks],
        [clock.due_at for clock in clocks],
        [clock.paused_at for clock in clocks],
        [clock.ended_at for clock in clocks],
        [clock.warnings for clock in clocks],
        [clock.next_warning_at for clock in clocks],
    )


def _begun(kind: ClockKind, earlier: Sequence[Clock], step: Turn) -> Clock | None:
    rule = None
    if step.state in kind.restarts:
        rule = reopened_rule(earlier[-1].rule if earlier else None)
    elif step.state in kind.starts and not earlier:
        rule = kind.rule or step.norm
    if rule is None:
        return None
    return begun(kind.name, rule, step.assignment_id, step.at, step.zone, warns=kind.warns)


def _gone_on(kind: ClockKind, clock: Clock, step: Turn) -> Clock | None:
    if step.state in kind.ends:
        return replace(clock, ended_at=step.at, paused_at=None, next_warning_at=None)
    if step.state in kind.pauses:
        return None if clock.paused_at is not None else replace(clock, paused_at=step.at)
    return None if clock.paused_at is None else _resumed(clock, clock.paused_at, step)


def _resumed(clock: Clock, paused_at: datetime, step: Turn) -> Clock:
    """Return a deadline later by the days that it stood still; on a working day, as ever."""
    stood = step.at.astimezone(step.zone).date() - paused_at.astimezone(step.zone).date()
    day = clock.due_at.astimezone(step.zone).date() + max(stood, timedelta(0))
    if not is_working(day):
        day = previous_working(day)
    due_at = datetime.combine(day, END_OF_DAY, step.zone)
    later = replace(clock, paused_at=None, due_at=due_at, calendar=calendar_version(day))
    return _warned(later)


def _warned(clock: Clock) -> Clock:
    return replace(clock, next_warning_at=next_warning(clock))
