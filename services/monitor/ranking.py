"""The ranking of pages for a period: five marks of 0 to 100 and their weights, in plain sight."""

from msgspec import Struct

from services.monitor.pages import PageLine

DAY_SECONDS = 24 * 60 * 60
SLOWEST_DAYS = 10  # a median answer as slow as that has no marks left
BEST_MARK, WORST_MARK = 5, 1
BUSY = 5.0  # cases to a thousand followers that have all marks
STEADY, PER_PERCENT = 50.0, 10.0  # an audience that stays, and what a percent adds
FEWEST_ANSWERS = 3  # with less a page is listed without a place: chance would decide

WEIGHTS: dict[str, int] = {
    "speed": 30,
    "in_time": 30,
    "satisfaction": 20,
    "activity": 10,
    "audience": 10,
}
TITLES = {
    "speed": "Скорость",
    "in_time": "В срок",
    "satisfaction": "Удовлетворённость",
    "activity": "Активность",
    "audience": "Аудитория",
}
FORMULA = (
    "Итог = (30 × Скорость + 30 × В срок + 20 × Удовлетворённость + 10 × Активность "
    "+ 10 × Аудитория) / сумма весов показателей, по которым есть данные. "
    f"Скорость = 100 × (1 − медиана ответа в днях / {SLOWEST_DAYS}), не меньше 0. "
    "В срок = доля первых ответов, данных в срок, × 100. "
    "Удовлетворённость = (средняя оценка − 1) / 4 × 100. "
    f"Активность = 100 × обращений на 1000 подписчиков / {BUSY:.0f}, не больше 100. "
    f"Аудитория = {STEADY:.0f} + {PER_PERCENT:.0f} × прирост подписчиков в процентах, от 0 до 100. "
    f"Место присваивается странице, у которой за период не меньше {FEWEST_ANSWERS} ответов."
)
NOTICE = "Справочно, решение принимает комиссия."


class Ranked(Struct, frozen=True, kw_only=True):
    """A page with its marks; `place` is None where there is too little to tell by."""

    line: PageLine
    place: int | None
    marks: dict[str, float | None]
    total: float | None


def marks_of(line: PageLine) -> dict[str, float | None]:
    """Return the five marks of a page, each 0 to 100 or None where there are no data."""
    period, members = line.period, line.page.members
    answer, rating, growth = period.answer_median, period.rating, line.growth
    return {
        "speed": None if answer is None else _mark(100 * (1 - answer / DAY_SECONDS / SLOWEST_DAYS)),
        "in_time": None if period.in_time is None else _mark(100 * period.in_time),
        "satisfaction": None
        if rating is None
        else _mark(100 * (rating - WORST_MARK) / (BEST_MARK - WORST_MARK)),
        "activity": None if not members else _mark(100 * period.filed / members * 1000 / BUSY),
        "audience": None if growth is None else _mark(STEADY + PER_PERCENT * growth * 100),
    }


def total_of(marks: dict[str, float | None]) -> float | None:
    """Return the weighted mean of the marks there are; None without any."""
    known = {name: mark for name, mark in marks.items() if mark is not None}
    weight = sum(WEIGHTS[name] for name in known)
    if not weight:
        return None
    return sum(WEIGHTS[name] * mark for name, mark in known.items()) / weight


def ranking(lines: list[PageLine]) -> list[Ranked]:
    """Return the pages by their totals, equal ones on one place; those without a place last."""
    scored = [(line, marks := marks_of(line), total_of(marks)) for line in lines]
    placed = [each for each in scored if each[2] is not None and _enough(each[0])]
    placed.sort(key=lambda each: (-round(each[2] or 0, 1), each[0].page.title.casefold()))
    found: list[Ranked] = []
    place, last = 0, None
    for number, (line, marks, total) in enumerate(placed, start=1):
        shown = round(total or 0, 1)
        place, last = (place, last) if shown == last else (number, shown)
        found.append(Ranked(line=line, place=place, marks=marks, total=total))
    taken = {each.line.page.id for each in found}
    rest = [each for each in scored if each[0].page.id not in taken]
    return found + [
        Ranked(line=line, place=None, marks=marks, total=total) for line, marks, total in rest
    ]


def _enough(line: PageLine) -> bool:
    return line.period.answered >= FEWEST_ANSWERS


def _mark(value: float) -> float:
    return min(max(value, 0.0), 100.0)
