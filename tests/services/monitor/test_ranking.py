"""The ranking of pages."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.monitor.figures import figures
from services.monitor.page_queries import PageRow
from services.monitor.pages import PageLine, arranged
from services.monitor.ranking import WEIGHTS, marks_of, ranking, total_of

counts = st.integers(0, 40)


@st.composite
def lines(draw: st.DrawFn) -> PageLine:
    answers = draw(counts)
    late = draw(st.integers(0, answers))
    members, before = draw(st.none() | st.integers(0, 9999)), draw(st.none() | st.integers(0, 9999))
    group_id = draw(st.integers(1, 10**6))
    page = PageRow(
        id=group_id,
        group_id=group_id,
        title=draw(st.sampled_from(["Город", "", "Ёлки"])),
        municipality=None,
        transport="callback",
        paused=None,
        status=draw(st.sampled_from(["ok", "failed"])),
        troubles=[],
        last_event_at=None,
        members=members,
        members_before=before,
        administrator=None,
    )
    happened = [
        ("filed", 0, draw(counts)),
        ("answered", draw(st.integers(0, 130)), answers),
        ("in_time", 0, answers - late),
        ("late", 0, late),
        ("rated", draw(st.integers(1, 5)), draw(counts)),
    ]
    silent = draw(st.none() | st.integers(0, 100))
    return PageLine(
        page=page,
        period=figures(happened),
        silent=None if silent is None else timedelta(days=silent),
    )


pages = st.lists(lines(), max_size=5, unique_by=lambda line: line.page.id)


@given(pages)
def test_every_page_stands_once_and_in_order(given_pages: list[PageLine]) -> None:
    """Better totals stand higher, equal ones share a place, and no page is lost."""
    found = ranking(given_pages)
    assert sorted(each.line.page.id for each in found) == sorted(p.page.id for p in given_pages)
    placed = [each for each in found if each.place is not None]
    assert found[: len(placed)] == placed
    totals = [round(each.total or 0, 1) for each in placed]
    assert totals == sorted(totals, reverse=True)
    for number, each in enumerate(placed):
        assert each.place == totals.index(totals[number]) + 1
        assert each.line.period.answered >= 3


@given(lines())
def test_marks_stay_between_nothing_and_all(line: PageLine) -> None:
    """What is not known has no mark and no weight."""
    marks = marks_of(line)
    assert set(marks) == set(WEIGHTS)
    assert all(mark is None or 0 <= mark <= 100 for mark in marks.values())
    total = total_of(marks)
    known = [mark for mark in marks.values() if mark is not None]
    assert (total is None) == (not known)
    if total is not None:
        assert min(known) - 1e-9 <= total <= max(known) + 1e-9


def test_the_weights_make_a_hundred() -> None:
    """As the formula says."""
    assert sum(WEIGHTS.values()) == 100


@given(pages, st.sampled_from([None, "title", "filed", "answer", "members"]), st.booleans())
def test_sorting_loses_no_page(given_pages: list[PageLine], column: str | None, down: bool) -> None:
    """By whatever column."""
    found = arranged(given_pages, column, down=down)
    assert sorted(line.page.id for line in found) == sorted(p.page.id for p in given_pages)
    if column is None:
        troubles = [len(line.troubles) for line in found]
        assert troubles == sorted(troubles, reverse=True)
