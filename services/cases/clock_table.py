"""Which deadlines a case has: what starts, pauses and ends each, as one table.

The numbers are those of 59-ФЗ (art. 8 and 12) and of the practice of ПОС.
"""

from collections.abc import Collection

from msgspec import Struct

from services.cases.clocks import APPEAL_59FZ, ClockRule
from services.cases.transitions import FINAL, TRANSITIONS, Kind

ANSWER = "answer"
"""The deadline that lists are ordered by, and that a resident is told."""

_APPEAL = {row.source for row in TRANSITIONS if row.kind == "appeal"} | set(FINAL["appeal"])
_ANSWERED = frozenset({"answered", *FINAL["appeal"]})


class ClockKind(Struct, frozen=True, kw_only=True):
    """One deadline.

    It starts when an assignment comes to a state of `starts` (filing counts), if it was not
    started before, and once more, shorter, in those of `restarts`; it stands still in `pauses`
    and is over in `ends`. `rule` is None where the case brings its own: the norm of its category.
    `leads`: lists and notices show it, the last one that runs.
    """

    name: str
    kind: Kind
    legal_kind: str | None
    starts: frozenset[str]
    ends: frozenset[str]
    pauses: frozenset[str] = frozenset()
    restarts: frozenset[str] = frozenset()
    rule: ClockRule | None = None
    leads: bool = False
    warns: bool = True


def _beyond(*states: str) -> frozenset[str]:
    """Return the states of an appeal that are none of these."""
    return frozenset(_APPEAL - set(states))


CLOCKS: tuple[ClockKind, ...] = (
    # a message: ПОС practice
    ClockKind(
        name="forward",
        kind="appeal",
        legal_kind="message",
        starts=frozenset({"submitted"}),
        ends=_beyond("submitted"),
        rule=ClockRule(code="forward", days=1, unit="working"),
    ),
    ClockKind(
        name=ANSWER,
        kind="appeal",
        legal_kind="message",
        starts=frozenset({"submitted", "registered"}),
        ends=_ANSWERED,
        pauses=frozenset({"needs_info"}),
        restarts=frozenset({"reopened"}),
        leads=True,
    ),
    # an appeal under 59-ФЗ: art. 8, parts 2 and 3; art. 11, part 4; art. 12, part 1
    ClockKind(
        name="register",
        kind="appeal",
        legal_kind="appeal_59fz",
        starts=frozenset({"submitted"}),
        ends=_beyond("submitted"),
        rule=ClockRule(code="register", days=3, unit="calendar"),
        leads=True,
    ),
    ClockKind(
        name="forward",
        kind="appeal",
        legal_kind="appeal_59fz",
        starts=frozenset({"registered"}),
        ends=_beyond("registered"),
        rule=ClockRule(code="forward", days=7, unit="calendar"),
    ),
    ClockKind(
        name="return",
        kind="appeal",
        legal_kind="appeal_59fz",
        starts=frozenset({"registered"}),
        ends=_beyond("registered"),
        rule=ClockRule(code="return", days=7, unit="calendar"),
        warns=False,  # nothing is late when the time to return an appeal has passed
    ),
    ClockKind(
        name=ANSWER,
        kind="appeal",
        legal_kind="appeal_59fz",
        starts=frozenset({"registered"}),
        ends=_ANSWERED,
        restarts=frozenset({"reopened"}),
        rule=APPEAL_59FZ,
        leads=True,
    ),
    # an enrolment is decided in a term that its group brings
    ClockKind(
        name=ANSWER,
        kind="enrolment",
        legal_kind=None,
        starts=frozenset({"submitted", "review"}),
        ends=frozenset({"confirmed", "enrolled", "waitlisted", "offered", *FINAL["enrolment"]}),
        leads=True,
    ),
)


def clock_kinds(kind: str, legal_kind: str | None) -> Collection[ClockKind]:
    """Return the deadlines that such a case can have."""
    return tuple(row for row in CLOCKS if row.kind == kind and row.legal_kind == legal_kind)
