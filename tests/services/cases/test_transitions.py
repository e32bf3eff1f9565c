import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.transitions import (
    FINAL,
    INITIAL,
    KINDS,
    REASONED,
    REASONS,
    TRANSITIONS,
    WORK,
    Kind,
    Party,
    allowed,
    derive,
    find,
    published,
)

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = ROOT.parent / "shared" / "contract.md"

ORDER = (
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
LETTERS: dict[str, Party] = {"D": "department", "R": "resident", "G": "gateway"}


def states(kind: Kind) -> set[str]:
    moves = [move for move in TRANSITIONS if move.kind == kind]
    return {move.source for move in moves} | {move.target for move in moves} | set(INITIAL[kind])


def read_row(source: str, cell: str) -> set[tuple[str, str, frozenset[Party], bool]]:
    """Letters count for every state since the letters before them; a star asks for a message."""
    moves: set[tuple[str, str, frozenset[Party], bool]] = set()
    waiting: list[str] = []
    for item in re.sub(r"\([^)]*\)", "", cell).split(","):
        target, *letters = item.split()
        waiting.append(target)
        if letters:
            by: frozenset[Party] = frozenset(LETTERS[letter] for letter in letters)
            moves |= {(source, name.rstrip("*"), by, name.endswith("*")) for name in waiting}
            waiting = []
    assert not waiting
    return moves


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not beside the project")
@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_the_contract_s(kind: Kind) -> None:
    """Row by row, every move, party and star of the contract, and nothing else."""
    text = CONTRACT.read_text(encoding="utf-8")
    table = text.split(f"\n| {kind} | to |\n")[1].split("\n\n")[0].splitlines()[1:]
    expected: set[tuple[str, str, frozenset[Party], bool]] = set()
    for line in table:
        source, cell = (part.strip() for part in line.strip("|").split("|"))
        if source != "final":
            expected |= read_row(source.split()[0], cell)
    moves = {
        (move.source, move.target, frozenset(move.by), move.message_required)
        for move in TRANSITIONS
        if move.kind == kind
    }
    assert moves == expected


@pytest.mark.parametrize(
    ("kind", "source", "target", "by", "message"),
    [
        ("appeal", "submitted", "registered", ("department", "gateway"), False),
        ("appeal", "submitted", "returned", ("department",), True),
        ("appeal", "registered", "in_work", ("department",), False),
        ("appeal", "registered", "answered", ("department",), True),
        ("appeal", "in_work", "refused", ("department",), True),
        ("appeal", "on_approval", "answered", ("department",), False),
        ("appeal", "needs_info", "in_work", ("resident",), False),
        ("appeal", "needs_info", "answered", ("department",), True),
        ("appeal", "answered", "reopened", ("resident",), False),
        ("appeal", "answered", "closed", ("gateway",), False),
        ("appeal", "reopened", "closed", ("department",), True),
        ("enrolment", "submitted", "test_invited", ("department",), True),
        ("enrolment", "submitted", "confirmed", ("department",), False),
        ("enrolment", "review", "waitlisted", ("department",), False),
        ("enrolment", "enrolled", "left", ("department", "resident"), False),
        ("enrolment", "enrolled", "completed", ("gateway",), False),
        ("enrolment", "offered", "submitted", ("resident",), False),
        ("enrolment", "offered", "rejected", ("department",), True),
        ("appointment", "pending", "refused", ("gateway",), False),
        ("appointment", "pending", "cancelled", ("department", "resident"), False),
        ("appointment", "review", "refused", ("department",), True),
        ("appointment", "booked", "lapsed", ("gateway",), False),
        ("appointment", "rebooking", "cancelled", ("department", "resident", "gateway"), False),
        ("appointment", "rebooking", "waitlisted", ("resident",), False),
        ("appointment", "offered", "waitlisted", ("gateway",), False),
        ("appointment", "lapsed", "no_show", ("department",), True),
        ("appointment", "lapsed", "attended", ("department",), False),
        ("appointment", "no_show", "disputed", ("resident",), False),
    ],
)
def test_samples_of_every_row(
    kind: Kind, source: str, target: str, by: tuple[Party, ...], message: bool
) -> None:
    """Moves read off the contract by hand, without its file."""
    move = find(kind, source, target)
    assert move is not None
    assert (move.by, move.message_required) == (by, message)


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        ("appeal", "answered", "withdrawn"),
        ("appeal", "reopened", "withdrawn"),
        ("appeal", "in_work", "returned"),
        ("appeal", "submitted", "in_work"),
        ("enrolment", "confirmed", "test_invited"),
        ("appointment", "booked", "withdrawn"),
        ("club", "submitted", "confirmed"),
    ],
)
def test_what_is_not_in_the_table(kind: str, source: str, target: str) -> None:
    """What no row says is no move."""
    assert find(kind, source, target) is None


def test_each_move_stands_once() -> None:
    """A kind, a source and a target name one move."""
    times = Counter((move.kind, move.source, move.target) for move in TRANSITIONS)
    assert set(times.values()) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_is_reached(kind: Kind) -> None:
    """From what a case can be when filed, moves lead to every state."""
    reached, new = set(INITIAL[kind]), set(INITIAL[kind])
    while new:
        new = {m.target for m in TRANSITIONS if m.kind == kind and m.source in new} - reached
        reached |= new
    assert reached == states(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_no_dead_ends(kind: Kind) -> None:
    """Final states have no way out, and from every other one a final state is reached."""
    moves = [move for move in TRANSITIONS if move.kind == kind]
    assert not {move.source for move in moves} & set(FINAL[kind])
    ending = set(FINAL[kind])
    for _ in moves:
        ending |= {move.source for move in moves if move.target in ending}
    assert ending == states(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_work_can_be_done_by_the_department(kind: Kind) -> None:
    """What can be claimed is a state in which the department has a move."""
    assert all(allowed(kind, state, "department") for state in WORK[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_reasons(kind: Kind) -> None:
    """Exactly the moves to rejected, refused and returned name a reason; `other` always fits."""
    reasoned = {m.target for m in TRANSITIONS if m.kind == kind and m.reason_required}
    assert reasoned == states(kind) & set(REASONED)
    assert list(REASONS[kind])[-1] == "other"
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", code) for code in REASONS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_allowed_are_the_moves_of_a_party(kind: Kind) -> None:
    """Over all states, the moves of the three parties are the whole table."""
    parties = tuple(LETTERS.values())
    found = {
        (by, move.source, move.target)
        for state in states(kind)
        for by in parties
        for move in allowed(kind, state, by)
    }
    table = {(by, m.source, m.target) for m in TRANSITIONS if m.kind == kind for by in m.by}
    assert found == table
    assert [m.target for m in allowed("appeal", "registered", "resident")] == ["withdrawn"]


@given(
    st.lists(st.sampled_from([*ORDER, "forwarded"]), min_size=1).flatmap(
        lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))
    )
)
def test_an_appeal_s_state_is_the_first_that_any_has(
    drawn: tuple[list[str], list[str]],
) -> None:
    """The order of assignments makes no difference, and forwarded ones are left out."""
    states_, shuffled = drawn
    live = [state for state in states_ if state != "forwarded"]
    if not live:
        with pytest.raises(ValueError, match="derived"):
            derive(states_)
        return
    assert derive(states_) == derive(shuffled) == derive(live) == min(live, key=ORDER.index)


def test_an_unknown_state_is_not_derived_from() -> None:
    """A state that no appeal has is an error, not silently left out."""
    with pytest.raises(ValueError, match="derived"):
        derive(["answered", "booked"])


def test_what_is_published() -> None:
    """`GET /transitions` names from, to, by and message, and the lists by kind."""
    answer = msgspec.to_builtins(published())
    assert set(answer) == {"items", "initial", "final", "reasons"}
    assert answer["items"][1] == {
        "kind": "appeal",
        "from": "submitted",
        "to": "returned",
        "by": ("department",),
        "message": "required",
    }
    assert len(answer["items"]) == len(TRANSITIONS)
    assert {"kind": "appeal", "from": "answered", "to": "closed"}.items() <= next(
        item for item in answer["items"] if item["to"] == "closed"
    ).items()
    assert all("other" in answer["reasons"][kind] for kind in KINDS)
