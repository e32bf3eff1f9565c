"""The states of every kind of case and who may move them: one table for REST, chat and jobs.

A state is that of an assignment (a case at one department). An enrolment or appointment has one
assignment and its state; an appeal's is derived from all of its assignments.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

Kind = Literal["appeal", "enrolment", "appointment"]
Party = Literal["department", "resident", "gateway"]

KINDS: tuple[Kind, ...] = ("appeal", "enrolment", "appointment")

REASONED = ("rejected", "refused", "returned")
"""A move to one of these names a reason from `REASONS`."""


class Transition(Struct, frozen=True, kw_only=True):
    """One move of a kind of case. An admin may make what a department may."""

    kind: Kind
    source: str
    target: str
    by: tuple[Party, ...]
    message_required: bool = False

    @property
    def reason_required(self) -> bool:
        """Whether the move must name a reason."""
        return self.target in REASONED


def _row(
    kind: Kind, source: str, target: str, by: tuple[Party, ...], *, message: bool = False
) -> Transition:
    return Transition(kind=kind, source=source, target=target, by=by, message_required=message)


_D: tuple[Party, ...] = ("department",)
_R: tuple[Party, ...] = ("resident",)
_G: tuple[Party, ...] = ("gateway",)
_DR: tuple[Party, ...] = ("department", "resident")
_DG: tuple[Party, ...] = ("department", "gateway")
_DRG: tuple[Party, ...] = ("department", "resident", "gateway")

TRANSITIONS: tuple[Transition, ...] = (
    # appeal
    _row("appeal", "submitted", "registered", _DG),
    _row("appeal", "submitted", "returned", _D, message=True),
    _row("appeal", "submitted", "forwarded", _D, message=True),
    _row("appeal", "submitted", "withdrawn", _R),
    _row("appeal", "registered", "in_work", _D),
    _row("appeal", "registered", "answered", _D, message=True),
    _row("appeal", "registered", "on_approval", _D, message=True),
    _row("appeal", "registered", "needs_info", _D, message=True),
    _row("appeal", "registered", "forwarded", _D, message=True),
    _row("appeal", "registered", "refused", _D, message=True),
    _row("appeal", "registered", "returned", _D, message=True),
    _row("appeal", "registered", "withdrawn", _R),
    _row("appeal", "in_work", "answered", _D, message=True),
    _row("appeal", "in_work", "on_approval", _D, message=True),
    _row("appeal", "in_work", "needs_info", _D, message=True),
    _row("appeal", "in_work", "forwarded", _D, message=True),
    _row("appeal", "in_work", "refused", _D, message=True),
    _row("appeal", "in_work", "withdrawn", _R),
    _row("appeal", "on_approval", "answered", _D),
    _row("appeal", "on_approval", "in_work", _D),
    _row("appeal", "on_approval", "withdrawn", _R),
    _row("appeal", "needs_info", "in_work", _R),
    _row("appeal", "needs_info", "answered", _D, message=True),
    _row("appeal", "needs_info", "forwarded", _D, message=True),
    _row("appeal", "needs_info", "refused", _D, message=True),
    _row("appeal", "needs_info", "withdrawn", _R),
    _row("appeal", "answered", "reopened", _R),
    _row("appeal", "answered", "closed", _G),
    _row("appeal", "reopened", "in_work", _D),
    _row("appeal", "reopened", "answered", _D, message=True),
    _row("appeal", "reopened", "on_approval", _D, message=True),
    _row("appeal", "reopened", "needs_info", _D, message=True),
    _row("appeal", "reopened", "forwarded", _D, message=True),
    _row("appeal", "reopened", "refused", _D, message=True),
    _row("appeal", "reopened", "closed", _D, message=True),
    # enrolment
    _row("enrolment", "submitted", "test_invited", _D, message=True),
    _row("enrolment", "submitted", "confirmed", _D),
    _row("enrolment", "submitted", "rejected", _D, message=True),
    _row("enrolment", "submitted", "withdrawn", _R),
    _row("enrolment", "review", "submitted", _D),
    _row("enrolment", "review", "waitlisted", _D),
    _row("enrolment", "review", "rejected", _D, message=True),
    _row("enrolment", "review", "withdrawn", _R),
    _row("enrolment", "test_invited", "confirmed", _D),
    _row("enrolment", "test_invited", "rejected", _D, message=True),
    _row("enrolment", "test_invited", "withdrawn", _R),
    _row("enrolment", "confirmed", "enrolled", _D),
    _row("enrolment", "confirmed", "rejected", _D, message=True),
    _row("enrolment", "confirmed", "withdrawn", _R),
    _row("enrolment", "enrolled", "left", _DR),
    _row("enrolment", "enrolled", "completed", _G),
    _row("enrolment", "waitlisted", "offered", _G),
    _row("enrolment", "waitlisted", "rejected", _D, message=True),
    _row("enrolment", "waitlisted", "withdrawn", _R),
    _row("enrolment", "waitlisted", "expired", _G),
    _row("enrolment", "offered", "submitted", _R),
    _row("enrolment", "offered", "declined", _R),
    _row("enrolment", "offered", "expired", _G),
    _row("enrolment", "offered", "rejected", _D, message=True),
    # appointment
    _row("appointment", "pending", "booked", _G),
    _row("appointment", "pending", "refused", _G),
    _row("appointment", "pending", "rebooking", _G),
    _row("appointment", "pending", "cancelled", _DR),
    _row("appointment", "review", "booked", _D),
    _row("appointment", "review", "pending", _D),
    _row("appointment", "review", "waitlisted", _D),
    _row("appointment", "review", "refused", _D, message=True),
    _row("appointment", "review", "withdrawn", _R),
    _row("appointment", "booked", "confirmed", _R),
    _row("appointment", "booked", "cancelled", _DR),
    _row("appointment", "booked", "rebooking", _G),
    _row("appointment", "booked", "attended", _D),
    _row("appointment", "booked", "no_show", _D),
    _row("appointment", "booked", "lapsed", _G),
    _row("appointment", "confirmed", "cancelled", _DR),
    _row("appointment", "confirmed", "rebooking", _G),
    _row("appointment", "confirmed", "attended", _D),
    _row("appointment", "confirmed", "no_show", _D),
    _row("appointment", "confirmed", "lapsed", _G),
    _row("appointment", "rebooking", "booked", _R),
    _row("appointment", "rebooking", "pending", _R),
    _row("appointment", "rebooking", "waitlisted", _R),
    _row("appointment", "rebooking", "cancelled", _DRG),
    _row("appointment", "waitlisted", "offered", _G),
    _row("appointment", "waitlisted", "refused", _D, message=True),
    _row("appointment", "waitlisted", "withdrawn", _R),
    _row("appointment", "waitlisted", "expired", _G),
    _row("appointment", "offered", "booked", _R),
    _row("appointment", "offered", "pending", _R),
    _row("appointment", "offered", "declined", _R),
    _row("appointment", "offered", "expired", _G),
    _row("appointment", "offered", "waitlisted", _G),
    _row("appointment", "lapsed", "attended", _D),
    _row("appointment", "lapsed", "no_show", _D, message=True),
    _row("appointment", "no_show", "disputed", _R),
    _row("appointment", "disputed", "attended", _D),
    _row("appointment", "disputed", "no_show", _D, message=True),
)
"""Every allowed move. `forwarded` is listed, but only the call `forward` leads there."""

INITIAL: dict[Kind, tuple[str, ...]] = {
    "appeal": ("submitted", "registered"),
    "enrolment": ("submitted", "review", "waitlisted"),
    "appointment": ("pending", "review", "booked", "waitlisted"),
}
"""What a case can be when it is filed."""

FINAL: dict[Kind, tuple[str, ...]] = {
    "appeal": ("refused", "returned", "withdrawn", "closed", "forwarded"),
    "enrolment": ("rejected", "withdrawn", "left", "completed", "declined", "expired"),
    "appointment": ("refused", "cancelled", "attended", "withdrawn", "declined", "expired"),
}
"""Nothing leads out of these. `forwarded` ends one assignment, never the appeal."""

ENDED = frozenset(state for states in FINAL.values() for state in states)
"""Final states of any kind; none of them is passed through by another kind."""

AT_REST = ENDED | {"answered"}
"""States in which nobody is waited for: no deadline runs, no back end is asked."""

WORK: dict[Kind, tuple[str, ...]] = {
    "appeal": ("submitted", "registered", "in_work", "reopened", "on_approval"),
    "enrolment": ("submitted", "review", "test_invited", "confirmed"),
    "appointment": ("review", "disputed"),
}
"""What a department can claim; a move out of these ends its lease."""

REASONS: dict[Kind, dict[str, str]] = {
    "appeal": {
        "not_competent": "вопрос не входит в полномочия органа",
        "no_essence": "не удалось понять суть вопроса",
        "not_enough_data": "не хватает сведений, чтобы разобраться",
        "illegible": "текст не удалось прочитать",
        "insulting": "в тексте есть оскорбления или угрозы",
        "repeated": "на этот вопрос уже отвечали, новых сведений нет",
        "other": "другая причина",
    },
    "enrolment": {
        "group_full": "в группе нет мест",
        "waiting_list_full": "в листе ожидания нет мест",
        "age_out_of_range": "возраст ребёнка не подходит для группы",
        "window_closed": "приём заявлений закрыт",
        "already_enrolled": "ребёнок уже записан",
        "test_failed": "вступительное испытание не пройдено",
        "documents_missing": "не представлены документы",
        "group_closed": "группа закрыта",
        "other": "другая причина",
    },
    "appointment": {
        "slot_taken": "это время уже занято",
        "slot_closed": "приём в это время отменён",
        "same_speciality": "уже есть запись к врачу этой специальности",
        "overlapping": "уже есть запись на это время",
        "policy_not_found": "полис не найден",
        "not_attached": "пациент не прикреплён к этой поликлинике",
        "referral_required": "нужно направление",
        "other": "другая причина",
    },
}
"""Codes of reasons with the words that a resident reads after «Причина:»."""

_DERIVED = (
    "reopened",
    "needs_info",
    "on_approval",
    "in_work",
    "registered",
    "submitted",
    "answered",
    "closed",
    "refused",
    "returned",
    "withdrawn",
)

_BY_MOVE = {(move.kind, move.source, move.target): move for move in TRANSITIONS}
_NAMES: dict[str, Kind] = {kind: kind for kind in KINDS}


class PublishedMove(Struct, frozen=True, kw_only=True):
    """One row of `GET /transitions`."""

    kind: Kind
    source: str = field(name="from")
    target: str = field(name="to")
    by: tuple[Party, ...]
    message: Literal["required", "optional"]


class Published(Struct, frozen=True, kw_only=True):
    """The answer to `GET /transitions`."""

    items: tuple[PublishedMove, ...]
    initial: dict[Kind, tuple[str, ...]]
    final: dict[Kind, tuple[str, ...]]
    reasons: dict[Kind, tuple[str, ...]]


def find(kind: str, source: str, target: str) -> Transition | None:
    """Return the move from `source` to `target`, or None where the table has none."""
    name = _NAMES.get(kind)
    return None if name is None else _BY_MOVE.get((name, source, target))


def allowed(kind: str, source: str, by: Party) -> tuple[Transition, ...]:
    """Return the moves that `by` may make from `source`, in the table's order."""
    return tuple(
        move
        for move in TRANSITIONS
        if move.kind == kind and move.source == source and by in move.by
    )


def derive(states: Iterable[str]) -> str:
    """Return the state of an appeal whose assignments have these states.

    Raises:
        ValueError: no assignment but forwarded ones (the appeal keeps its own state then), or a
            state that no appeal has.
    """
    present = set(states) - {"forwarded"}
    if not present or not present.issubset(_DERIVED):
        raise ValueError("an appeal's state is derived from states of its assignments")
    return next(state for state in _DERIVED if state in present)


def published() -> Published:
    """Return the whole table as `GET /transitions` answers it."""
    items = tuple(
        PublishedMove(
            kind=move.kind,
            source=move.source,
            target=move.target,
            by=move.by,
            message="required" if move.message_required else "optional",
        )
        for move in TRANSITIONS
    )
    reasons: dict[Kind, tuple[str, ...]] = {kind: tuple(titles) for kind, titles in REASONS.items()}
    return Published(items=items, initial=INITIAL, final=FINAL, reasons=reasons)
