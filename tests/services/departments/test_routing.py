"""Routing: total, deterministic, the more specific rule first."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.communities.directory import Snapshot
from services.communities.queries import Category, Department, Route
from services.departments.routing import Unrouted, hours_fit, route, words_fit

MOMENT = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)  # a Thursday


def department(number: int, *, default: bool = False) -> Department:
    return Department(number, f"d{number}", 1, f"Ведомство {number}", default, False, False)


def rule(number: int, department_id: int = 2, **fields: Any) -> Route:
    given_fields: dict[str, Any] = {
        "position": number,
        "kind": "appeal",
        "category": None,
        "municipality": None,
        "community": None,
        "words": None,
        "hours": None,
    }
    return Route(id=number, department_id=department_id, **(given_fields | fields))


CATEGORIES = {
    row.code: row
    for row in (
        Category("roads", None, "Дороги", None, None, "calendar"),
        Category("roads.holes", "roads", "Ямы", None, None, "calendar"),
        Category("culture", None, "Культура", 5, None, "calendar"),
    )
}


def snapshot(*routes: Route, departments: int = 9) -> Snapshot:
    rows = {n: department(n, default=n == 1) for n in range(1, departments + 1)}
    return Snapshot(1, {}, rows, CATEGORIES, {}, routes, {})


def case(**fields: Any) -> Unrouted:
    known: dict[str, Any] = {
        "kind": "appeal",
        "operator_id": 1,
        "moment": MOMENT,
        "category": "roads",
        "topic": "roads.holes",
        "municipality": "08701000001",
        "community": 101,
        "text": "Во дворе огромная ЯМА, ёлки!",
    }
    return Unrouted(**(known | fields))


SPECIFIC = [
    rule(1, 2, category="roads.holes"),
    rule(2, 3, category="roads"),
    rule(3, 4, words=["яма"]),
    rule(4, 5, community=101),
    rule(5, 6, municipality="08701000"),
    rule(6, 7, hours={"days": [4], "from": "09:00", "to": "18:00"}),
    rule(7, 8),
]


def test_the_more_specific_rule_wins_whatever_the_order() -> None:
    """Category leaf, category, words, community, municipality, time, then rules for all."""
    for number, expected in enumerate(SPECIFIC):
        rules = SPECIFIC[number:]
        routed = route(snapshot(*reversed(rules)), case())
        assert routed.rule == f"route:{expected.id}"
        assert routed.department is not None
        assert routed.department.id == expected.department_id


def test_among_equals_the_earlier_one() -> None:
    """By position, not by id."""
    rules = (rule(1, 2, community=101, position=2), rule(2, 3, community=101, position=1))
    assert route(snapshot(*rules), case()).rule == "route:2"


def test_a_categorys_department_is_a_route_too() -> None:
    """After the written rules of the same category, before all that is less specific."""
    culture = {"category": "culture", "topic": None}
    assert route(snapshot(rule(1, 2, words=["яма"])), case(**culture)).rule == "category:culture"
    assert route(snapshot(rule(1, 2, category="culture")), case(**culture)).rule == "route:1"


def test_never_the_department_complained_about() -> None:
    """The next rule decides; if only that department is left, nobody gets the case."""
    rules = (rule(1, 2, category="roads.holes"), rule(2, 3))
    routed = route(snapshot(*rules), case(skip_department_id=2))
    assert routed.rule == "route:2"
    nobody = route(snapshot(rule(1, 1)), case(skip_department_id=1))
    assert (nobody.department, nobody.rule) == (None, "none")


def test_what_no_rule_catches_goes_to_the_default() -> None:
    """Of the case's operator; without any department there is nobody."""
    assert route(snapshot(), case()).rule == "default"
    assert route(snapshot(), case(operator_id=2)).department is None


def test_words_that_matched_are_kept_and_used_without_the_text() -> None:
    """Routing again needs no words of the resident."""
    rules = (rule(1, 2, words=["яма"]), rule(2, 3, words=["лёд"]))
    first = route(snapshot(*rules), case())
    assert first.rules_matched == (1,)
    again = route(snapshot(*rules), case(text="", rules_matched=first.rules_matched))
    assert again.rule == "route:1"


@pytest.mark.parametrize(
    ("words", "text", "fits"),
    [
        (["яма"], "Яма!", True),
        (["яма"], "ямайка", False),
        (["ёлка"], "елка упала", True),
        (["не горит", "темно"], "фонарь НЕ  горит", True),
        (["не горит"], "горит", False),
        (["!"], "!", False),
        ([], "яма", False),
    ],
)
def test_words_fit_whole(words: list[str], text: str, fits: bool) -> None:
    """Whole words and phrases, whatever the case, ё being е."""
    assert words_fit(words, text) is fits


@pytest.mark.parametrize(
    ("hours", "at", "fits"),
    [
        ({}, "2026-03-12T00:00", True),
        ({"from": "09:00", "to": "18:00"}, "2026-03-12T09:00", True),
        ({"from": "09:00", "to": "18:00"}, "2026-03-12T18:00", False),
        ({"from": "09:00", "to": "24:00"}, "2026-03-12T23:59", True),
        ({"days": [5]}, "2026-03-12T12:00", False),
        ({"days": [4], "from": "22:00", "to": "06:00"}, "2026-03-12T23:00", True),
        ({"days": [4], "from": "22:00", "to": "06:00"}, "2026-03-13T05:59", True),
        ({"days": [4], "from": "22:00", "to": "06:00"}, "2026-03-12T05:59", False),
        ({"days": [7], "from": "22:00", "to": "06:00"}, "2026-03-16T01:00", True),
    ],
)
def test_hours_fit(hours: dict[str, Any], at: str, fits: bool) -> None:
    """The end is not included; a night belongs to the day on which it began."""
    assert hours_fit(hours, datetime.fromisoformat(at)) is fits


RULES = st.lists(
    st.builds(
        rule,
        st.integers(1, 50),
        st.integers(1, 12),
        kind=st.sampled_from(["appeal", "enrolment"]),
        position=st.integers(0, 3),
        category=st.sampled_from([None, "roads", "roads.holes", "culture", "gone"]),
        municipality=st.sampled_from([None, "08701000", "08701000001", "08612000"]),
        community=st.sampled_from([None, 101, 102]),
        words=st.sampled_from([None, [], ["яма"], ["снег"]]),
        hours=st.sampled_from([None, {}, {"days": [1]}, {"from": "08:00", "to": "20:00"}]),
    ),
    max_size=12,
    unique_by=lambda row: row.id,
)


@given(
    RULES,
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "roads", "culture", "gone"]),
    st.randoms(use_true_random=False),
)
def test_routing_is_total_and_deterministic(
    rules: list[Route], skip: int | None, category: str | None, chance: Any
) -> None:
    """Every case goes somewhere known or to moderators, in whatever order rules are read."""
    asked = case(skip_department_id=skip, category=category, topic=None)
    first = route(snapshot(*rules), asked)
    chance.shuffle(rules)
    assert route(snapshot(*rules), asked) == first
    assert first.why
    if first.department is None:
        assert skip is not None
    else:
        assert first.department.id != skip
