"""Which department a case goes to: rules as data, total and deterministic."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any

from msgspec import Struct

from services.communities.directory import Snapshot
from services.communities.queries import Department, Route

MUNICIPALITY_DIGITS = 8  # OKTMO: the municipality; three more name a place in it
_WORD = re.compile(r"\w+")
_LEVELS = 8  # of categories; stops at a loop in the data


class Unrouted(Struct, frozen=True, kw_only=True):
    """What is known of a case that has no department yet.

    `moment` is when it was filed, in the krai's zone. `text` is looked at for words and not kept;
    where it is no longer at hand, `rules_matched` says which word rules fitted it.
    `skip_department_id`: the department complained about.
    """

    kind: str
    operator_id: int
    moment: datetime
    category: str | None = None
    topic: str | None = None
    municipality: str | None = None
    community: int | None = None
    text: str = ""
    rules_matched: Collection[int] = ()
    skip_department_id: int | None = None


class Routed(Struct, frozen=True, kw_only=True):
    """Where a case goes and why.

    `rule` is `route:ID`, `category:CODE`, `default`, or `none`; `why` says the same in words.
    `rules_matched`: ids of all word rules that fitted the text. No department: only the one
    complained about is left, or the operator has none.
    """

    department: Department | None
    rule: str
    why: str
    rules_matched: tuple[int, ...] = ()


class _Fit(Struct, frozen=True):
    """A rule that fits: how specific it is, its place among equals, where it leads."""

    rank: tuple[int, ...]
    department_id: int
    rule: str
    why: str


def route(snapshot: Snapshot, case: Unrouted) -> Routed:
    """Return where the rules lead.

    The more specific rule wins: category leaf, category, words, community, municipality, time, in
    this order; among equals the earlier one, a category's own department after them. Then the
    operator's default department. Never the department complained about.
    """
    chain = _chain(snapshot, case)
    matched = _matched(snapshot, case)
    fits = [
        *_routes(snapshot, case, chain, matched),
        *_categories(snapshot, chain),
    ]
    kept = tuple(sorted(matched))
    for fit in sorted(fits, key=lambda fit: fit.rank):
        department = snapshot.departments.get(fit.department_id)
        if department is not None and department.id != case.skip_department_id:
            return Routed(department=department, rule=fit.rule, why=fit.why, rules_matched=kept)
    last = snapshot.default_department(case.operator_id)
    if last is None:
        why = "У оператора нет ни одного ведомства."
    elif last.id == case.skip_department_id:
        why = "Остаётся только ведомство, на которое жалуются: решает модератор."
    else:
        why = "Ни одно правило не подошло: ведомство по умолчанию."
        return Routed(department=last, rule="default", why=why, rules_matched=kept)
    return Routed(department=None, rule="none", why=why, rules_matched=kept)


def words_fit(words: Collection[str], text: str) -> bool:
    """Say whether one of `words` (or phrases) stands in `text` as whole words, ё being е."""
    spoken = _plain(text)
    return any(f" {plain} " in f" {spoken} " for word in words if (plain := _plain(word)))


def hours_fit(hours: Mapping[str, Any], moment: datetime) -> bool:
    """Say whether a local `moment` is within `{"days": [1…7], "from": "08:00", "to": "20:00"}`.

    Any part may be missing. The end is not included; where it is before the start the time goes
    over midnight and belongs to the day on which it started.
    """
    days = hours.get("days") or range(1, 8)
    starts = time.fromisoformat(hours.get("from") or "00:00")
    end = hours.get("to") or "24:00"
    ends = None if end in {"24:00", "00:00"} else time.fromisoformat(end)
    at, day = moment.time(), moment.isoweekday()
    if ends is None or starts < ends:
        return day in days and starts <= at and (ends is None or at < ends)
    if at >= starts:
        return day in days
    return at < ends and (day - 2) % 7 + 1 in days


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower().replace("ё", "е")))


def _chain(snapshot: Snapshot, case: Unrouted) -> tuple[str, ...]:
    """Return the categories of the case, from the top one to the leaf that was chosen."""
    chain: list[str] = []
    code = case.topic or case.category
    while code is not None and code not in chain and len(chain) < _LEVELS:
        chain.append(code)
        category = snapshot.categories.get(code)
        code = None if category is None else category.parent
    if case.category is not None and case.category not in chain:
        chain.append(case.category)
    return tuple(reversed(chain))


def _matched(snapshot: Snapshot, case: Unrouted) -> frozenset[int]:
    return frozenset(
        row.id
        for row in snapshot.routes
        if row.kind == case.kind
        and row.words
        and (row.id in case.rules_matched or words_fit(row.words, case.text))
    )


def _routes(
    snapshot: Snapshot, case: Unrouted, chain: tuple[str, ...], matched: frozenset[int]
) -> list[_Fit]:
    return [
        _Fit(
            (*_specific(row, chain), 0, row.position, row.id),
            row.department_id,
            f"route:{row.id}",
            _why(snapshot, row),
        )
        for row in snapshot.routes
        if _fits(row, case, chain, matched)
    ]


def _fits(row: Route, case: Unrouted, chain: tuple[str, ...], matched: frozenset[int]) -> bool:
    return (
        row.kind == case.kind
        and (row.category is None or row.category in chain)
        and (not row.words or row.id in matched)
        and (row.community is None or row.community == case.community)
        and (row.municipality is None or _same_place(row.municipality, case.municipality))
        and (not row.hours or hours_fit(row.hours, case.moment))
    )


def _same_place(one: str, other: str | None) -> bool:
    return other is not None and one[:MUNICIPALITY_DIGITS] == other[:MUNICIPALITY_DIGITS]


def _specific(row: Route, chain: tuple[str, ...]) -> tuple[int, ...]:
    """Return how specific a rule is, the more the smaller; the leaf counts most."""
    depth = 0 if row.category is None else chain.index(row.category) + 1
    others = (row.words, row.community, row.municipality, row.hours)
    return (-depth, *(0 if condition else 1 for condition in others))


def _categories(snapshot: Snapshot, chain: tuple[str, ...]) -> list[_Fit]:
    fits: list[_Fit] = []
    for depth, code in enumerate(chain, start=1):
        category = snapshot.categories.get(code)
        if category is not None and category.department_id is not None:
            why = f"Ведомство категории «{category.title}»."
            rank = (-depth, 1, 1, 1, 1, 1, 0, 0)
            fits.append(_Fit(rank, category.department_id, f"category:{code}", why))
    return fits


def _why(snapshot: Snapshot, row: Route) -> str:
    parts: list[str] = []
    if row.category is not None:
        category = snapshot.categories.get(row.category)
        parts.append(f"категория «{row.category if category is None else category.title}»")
    if row.words:
        parts.append("слова в тексте")
    if row.community is not None:
        parts.append(f"сообщество {row.community}")
    if row.municipality is not None:
        parts.append(f"муниципальное образование {row.municipality}")
    if row.hours:
        parts.append("время обращения")
    return f"Правило {row.id}: {', '.join(parts) or 'для всего остального'}."
