"""What moves do to deadlines: by the table, whatever the order."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import clockwork
from services.cases.calendar import is_working
from services.cases.clock_queries import Clock
from services.cases.clock_table import ANSWER, CLOCKS, clock_kinds
from services.cases.clocks import extension_rule, message_rule
from services.cases.transitions import FINAL, INITIAL, TRANSITIONS

KRAI = ZoneInfo("Asia/Vladivostok")
START = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
ROW = uuid4()


def step(state: str, at: datetime, legal_kind: str = "message") -> clockwork.Turn:
    return clockwork.Turn(
        kind="appeal",
        legal_kind=legal_kind,
        assignment_id=ROW,
        state=state,
        at=at,
        zone=KRAI,
        norm=message_rule(10, "working"),
    )


def walk(path: list[tuple[str, datetime]], legal_kind: str = "message") -> tuple[Clock, ...]:
    clocks: tuple[Clock, ...] = ()
    for state, at in path:
        clocks = clockwork.merged(clocks, clockwork.turn(clocks, step(state, at, legal_kind)))
    return clocks


def days(count: int) -> datetime:
    return START + timedelta(days=count)


def named(clocks: tuple[Clock, ...], name: str) -> Clock:
    return next(clock for clock in clocks if clock.name == name)


def test_a_question_to_the_resident_stops_the_clock_of_a_message() -> None:
    """Five days of waiting for the resident are five days more."""
    before = named(walk([("registered", START)]), ANSWER)
    asked = walk([("registered", START), ("needs_info", days(1))])
    assert named(asked, ANSWER).paused_at == days(1)
    back = named(
        walk([("registered", START), ("needs_info", days(1)), ("in_work", days(6))]), ANSWER
    )
    assert back.paused_at is None
    assert before.due_at.date().isoformat() == "2026-03-26"
    assert back.due_at.date().isoformat() == "2026-03-31"


def test_no_question_stops_the_clock_of_the_law() -> None:
    """59-ФЗ knows no pause."""
    clocks = walk(
        [("submitted", START), ("registered", days(1)), ("needs_info", days(2))], "appeal_59fz"
    )
    assert named(clocks, ANSWER).paused_at is None


def test_an_appeal_is_registered_first_and_answered_from_there() -> None:
    """Three days to register it, seven to forward or return it, thirty to answer."""
    clocks = walk([("submitted", START)], "appeal_59fz")
    assert [clock.name for clock in clocks] == ["register"]
    clocks = walk([("submitted", START), ("registered", days(1))], "appeal_59fz")
    assert named(clocks, "register").ended_at == days(1)
    assert {clock.name for clock in clocks if clock.ended_at is None} == {
        "forward",
        "return",
        ANSWER,
    }
    leads = clockwork.leading(clocks, "appeal", "appeal_59fz")
    assert leads is not None
    assert leads.rule == "appeal_59fz.30_calendar"


def test_coming_back_starts_a_shorter_clock() -> None:
    """«Не решено»: half of the first term; and the same again the second time."""
    path = [("registered", START), ("answered", days(3)), ("reopened", days(5))]
    again = [*path, ("answered", days(6)), ("reopened", days(8))]
    for moves in (path, again):
        clocks = walk(moves)
        running = [clock for clock in clocks if clock.ended_at is None]
        assert [clock.rule for clock in running] == ["reopened.5_working"]


def test_an_extension_counts_from_the_first_end() -> None:
    clocks = walk([("submitted", START), ("registered", days(1))], "appeal_59fz")
    first = named(clocks, ANSWER)
    later = clockwork.extended(first, extension_rule(30), KRAI)
    assert first.due_at < later.due_at <= first.due_at + timedelta(days=30)
    assert is_working(later.due_at.astimezone(KRAI).date())


def test_warnings_come_before_the_end_at_it_and_at_twice_and_thrice_the_time() -> None:
    clock = named(walk([("registered", START)]), ANSWER)
    whole = clock.due_at - clock.starts_at
    moments = []
    while clock.next_warning_at is not None:
        moments.append(clock.next_warning_at)
        clock = clockwork.warned(clock)
    assert moments == [
        clock.starts_at + whole * 0.75,
        clock.due_at,
        clock.due_at + whole,
        clock.due_at + 2 * whole,
    ]


_MOVES = {
    state: sorted(
        {row.target for row in TRANSITIONS if row.kind == "appeal" and row.source == state}
    )
    for state in {row.source for row in TRANSITIONS if row.kind == "appeal"}
}


@given(data=st.data(), legal_kind=st.sampled_from(["message", "appeal_59fz"]))
def test_whatever_the_way_deadlines_stay_sane(data: st.DataObject, legal_kind: str) -> None:
    """One of a name runs at most; never due on a day off, nor earlier than it was; all end."""
    state = data.draw(st.sampled_from(INITIAL["appeal"]))
    at, clocks = START, walk([])
    for _ in range(12):
        turned = clockwork.turn(clocks, step(state, at, legal_kind))
        before = {clock.id: clock for clock in clocks}
        clocks = clockwork.merged(clocks, turned)
        running = [clock.name for clock in clocks if clock.ended_at is None]
        assert len(running) == len(set(running))
        for clock in turned:
            assert is_working(clock.due_at.astimezone(KRAI).date())
            assert clock.due_at > clock.starts_at
            if clock.id in before:
                assert clock.due_at >= before[clock.id].due_at
        if state in FINAL["appeal"]:
            assert not running
            return
        state = data.draw(st.sampled_from(_MOVES[state]))
        at += timedelta(hours=data.draw(st.integers(0, 24 * 20)))


@pytest.mark.parametrize(
    "kind", CLOCKS, ids=lambda kind: f"{kind.kind}.{kind.legal_kind}.{kind.name}"
)
def test_the_table_names_states_of_its_kind(kind: clockwork.ClockKind) -> None:
    """And no state both starts and ends a deadline."""
    known = {s for row in TRANSITIONS if row.kind == kind.kind for s in (row.source, row.target)}
    known |= set(FINAL[kind.kind])
    assert kind.starts | kind.ends | kind.pauses | kind.restarts <= known
    assert not (kind.starts | kind.restarts | kind.pauses) & kind.ends
    assert kind in clock_kinds(kind.kind, kind.legal_kind)
