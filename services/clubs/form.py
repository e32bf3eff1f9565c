"""The form of an enrolment: which club, which child, who asks; up to three children in one go."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from schemas.forms import (
    Certificate,
    Child,
    Choice,
    Consent,
    Form,
    Option,
    Phone,
    Review,
    Step,
    Text,
    When,
)
from services.cases.wording import count, day_words
from services.clubs import texts
from services.clubs.enrolling import fits_age, stands_against
from services.clubs.queries import GroupRow
from services.dialogs.world import Answers, Dialogue, World
from services.residents.children import Child as Person

NAME = "enrolment"
MOST_CHILDREN = 3
OLDEST = 19
"""Years; clubs are for children and young people up to 18."""
GO_ON, ANOTHER, WAIT = "go_on", "another", "wait"
NOBODY = "none"
CONDITIONS = (
    Option("no", "Не нужны"),
    Option("yes", "Нужны"),
    Option("discuss", "Обсудить с организатором"),
)


class Shelf(Struct, frozen=True):
    """What the form reads: groups of the page's municipality, and the resident's children."""

    groups: Mapping[str, GroupRow]
    children: Mapping[str, Person]


class Chosen(Struct, frozen=True):
    """A child and the group chosen for it, so far as they are known."""

    child: Person | None
    group: GroupRow | None


def keys(number: int) -> dict[str, str]:
    """Return the keys of the steps of a child: those of the second end with `_2`."""
    tail = "" if number == 1 else f"_{number}"
    return {name: f"{name}{tail}" for name in ("child", "programme", "group", "wait", "more")}


def _steps(number: int) -> Iterator[Step]:
    """Return what is asked of each child."""
    key = keys(number)
    when = None if number == 1 else When(keys(number - 1)["more"], (ANOTHER,))
    yield Child(
        key=key["child"],
        prompt=texts.CHILD.ask if number == 1 else texts.NEXT_CHILD,
        again=texts.CHILD.again,
        example=texts.CHILD.example,
        sensitivity="personal",
        when=when,
    )
    yield Choice(
        key=key["programme"],
        prompt=texts.PROGRAMME.ask + "{unfit}",
        again=texts.PROGRAMME.again,
        empty=texts.NO_PROGRAMME,
        search=True,
        when=when,
    )
    yield Choice(
        key=key["group"],
        prompt=texts.GROUP.ask + "{unfit_groups}",
        again=texts.GROUP.again,
        empty=texts.NO_PROGRAMME,
        search=True,
        when=when,
    )
    yield Choice(
        key=key["wait"],
        prompt="{group}\n\n" + texts.FULL,
        again=texts.FULL_AGAIN,
        empty=texts.NO_ROOM,
        when=When(f"full_{number}"),
    )
    if number < MOST_CHILDREN:
        yield Choice(
            key=key["more"],
            prompt="{group}\n\n" + texts.MORE,
            again=texts.MORE_AGAIN,
            options=(Option(GO_ON, "Продолжить"), Option(ANOTHER, "Ещё один ребёнок")),
            when=when,
        )


FORM = Form(
    NAME,
    1,
    "Запись в кружок",
    (
        Choice(
            key="direction",
            prompt=texts.DIRECTION.ask,
            again=texts.DIRECTION.again,
            empty=texts.NOTHING,
        ),
        Consent(key="consent", prompt="", service="enrolment", subject="children"),
        *(step for number in range(1, MOST_CHILDREN + 1) for step in _steps(number)),
        Choice(
            key="priority",
            prompt=texts.PRIORITY,
            again=texts.PRIORITY_AGAIN,
            when=When("priorities"),
        ),
        Text(
            key="guardian",
            prompt=texts.GUARDIAN.ask,
            again=texts.GUARDIAN.again,
            example=texts.GUARDIAN.example,
            sensitivity="personal",
            shortest=2,
            longest=120,
            format="name",
        ),
        Phone(
            key="phone",
            prompt=texts.PHONE.ask,
            again=texts.PHONE.again,
            example=texts.PHONE.example,
            sensitivity="personal",
        ),
        Certificate(
            key="certificate",
            prompt=texts.CERTIFICATE.ask,
            again=texts.CERTIFICATE.again,
            example=texts.CERTIFICATE.example,
            sensitivity="personal",
            optional=True,
        ),
        Choice(
            key="conditions",
            prompt=texts.CONDITIONS.ask,
            again=texts.CONDITIONS.again,
            options=CONDITIONS,
            sensitivity="health",
        ),
        Review(key="review", prompt="", again=texts.REVIEW_AGAIN),
    ),
)


def shelf(world: World) -> Shelf:
    """Return what was read; raises NeedsDatabase."""
    return world.read(NAME)


def chosen(world: World, answers: Answers) -> tuple[Chosen, ...]:
    """Return the children with their groups, in the order in which they were named."""
    found: list[Chosen] = []
    for number in range(1, MOST_CHILDREN + 1):
        if number > 1 and answers.get(keys(number - 1)["more"]) != ANOTHER:
            break
        key = keys(number)
        group = shelf(world).groups.get(str(answers.get(key["group"])))
        found.append(Chosen(_child(world, answers.get(key["child"])), group))
    return tuple(found)


def waits(answers: Answers) -> bool:
    """Tell whether the resident will wait for one of the places: then all are waited for."""
    return any(answers.get(keys(number)["wait"]) == WAIT for number in range(1, MOST_CHILDREN + 1))


def _child(world: World, answer: Any) -> Person | None:
    if isinstance(answer, Mapping):
        return Person(str(answer["name"]), date.fromisoformat(str(answer["birth_date"])))
    return shelf(world).children.get(str(answer))


def _options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    name, _, tail = key.partition("_")
    number = int(tail or 1)
    match name:
        case "direction":
            found = sorted({row.direction for row in shelf(world).groups.values()})
            return tuple(
                Option(texts.DIRECTIONS[each], each.capitalize())
                for each in found
                if each in texts.DIRECTIONS
            )
        case "child":
            return _children(world)
        case "programme":
            rows = _offered(world, answers, number)
            titles = {row.programme: row.programme_title for row in rows}
            return _unique(titles)
        case "group":
            programme = answers.get(keys(number)["programme"])
            rows = [row for row in _offered(world, answers, number) if row.programme == programme]
            return _unique({row.code: f"{row.title} · {_places(row)}" for row in rows})
        case "wait":
            one = chosen(world, answers)[number - 1].group
            return (Option(WAIT, "В лист ожидания"),) if one is not None and one.room else ()
        case "priority":
            return _priorities(world, answers)
        case _:
            return ()


def _children(world: World) -> tuple[Option, ...]:
    """Offer the children the resident has named; adults were named at the doctor's."""
    grown_up = world.now.astimezone(world.zone).year - OLDEST
    return _unique(
        {
            code: child.name
            for code, child in shelf(world).children.items()
            if child.birth_date.year > grown_up
        }
    )


def _unique(titles: Mapping[str, str]) -> tuple[Option, ...]:
    """Return options whose labels are told apart, as every label of a step must be."""
    seen: dict[str, int] = {}
    options: list[Option] = []
    for code, title in titles.items():
        seen[title] = seen.get(title, 0) + 1
        label = title if seen[title] == 1 else f"{title} ({seen[title]})"
        options.append(Option(code, label))
    return tuple(options)


def _offered(world: World, answers: Answers, number: int) -> list[GroupRow]:
    """Return the groups of the direction that take this child now, places or not."""
    child = chosen(world, answers)[number - 1].child
    return [row for row in _of_direction(world, answers) if _why_not(world, row, child) is None]


def _of_direction(world: World, answers: Answers) -> list[GroupRow]:
    direction = answers.get("direction")
    return [
        row
        for row in shelf(world).groups.values()
        if texts.DIRECTIONS.get(row.direction) == direction
    ]


def _why_not(world: World, row: GroupRow, child: Person | None) -> str | None:
    reason = stands_against(row, world.now)
    if reason is not None:
        opens = row.enrol_from.astimezone(world.zone)
        if reason == "window_closed" and row.enrol_from > world.now:
            return f"приём с {day_words(opens.date())}"
        return "приём закрыт"
    if child is not None and not fits_age(row, child.birth_date):
        return f"возраст {row.age_from}–{row.age_to}"
    return None


def _places(row: GroupRow) -> str:
    return f"мест: {row.free}" if row.free else "нет мест"


def _priorities(world: World, answers: Answers) -> tuple[Option, ...]:
    titles = {
        each["code"]: each["title"]
        for one in chosen(world, answers)
        if one.group is not None
        for each in one.group.priorities
    }
    return (*_unique(titles), Option(NOBODY, "Нет льготы")) if titles else ()


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    if answers.get("direction") is None:
        return {}
    all_chosen = chosen(world, answers)
    last = all_chosen[-1]
    facts = {
        "group": "" if last.group is None else described(last.group),
        "unfit": _unfit(world, answers, last.child, None),
        "unfit_groups": _unfit(
            world, answers, last.child, answers.get(keys(len(all_chosen))["programme"])
        ),
        "priorities": "yes" if waits(answers) and _priorities(world, answers) else "",
    }
    for number, one in enumerate(all_chosen, 1):
        full = one.group is not None and one.group.free < _wanted(all_chosen[:number], one.group)
        facts[f"full_{number}"] = "yes" if full else ""
    return facts


def _wanted(before: tuple[Chosen, ...], group: GroupRow) -> int:
    return sum(one.group is not None and one.group.id == group.id for one in before)


def _unfit(world: World, answers: Answers, child: Person | None, programme: Any) -> str:
    """Name some of what is not offered to this child, and why."""
    if child is None:
        return ""
    lines: list[str] = []
    for row in _of_direction(world, answers):
        why = _why_not(world, row, child)
        if why is not None and programme in {None, row.programme}:
            lines.append(f"• {row.programme_title}, {row.title}: {why}")
    if not lines:
        return ""
    more = f"\n• и ещё {len(lines) - texts.UNFIT_SHOWN}" if len(lines) > texts.UNFIT_SHOWN else ""
    return "\n\nСейчас не подходит:\n" + "\n".join(lines[: texts.UNFIT_SHOWN]) + more


def described(row: GroupRow) -> str:
    """Return what a resident should know of a group."""
    lines = [f"{row.programme_title}, {row.title}"]
    lines += [row.schedule] * bool(row.schedule)
    lines += [f"Где: {row.address}"] * bool(row.address)
    lines.append(f"Занятия с {day_words(row.starts_on)} до {day_words(row.ends_on)}")
    lines.append(f"Возраст: {row.age_from}–{row.age_to}")
    if row.entrance_test:
        lines.append("Есть вступительное испытание")
    lines.append(
        f"Свободно: {count(row.free, 'место', 'места', 'мест')}"
        if row.free
        else f"Нет мест, ждут: {row.waiting}"
    )
    return "\n".join(lines)


def _summary(world: World, answers: Answers) -> str:
    titles = {option.code: option.label for option in CONDITIONS}
    priorities = {option.code: option.label for option in _priorities(world, answers)}
    lines: list[tuple[str, str]] = []
    for one in chosen(world, answers):
        if one.child is not None and one.group is not None:
            born = f"{one.child.birth_date:%d.%m.%Y}"
            lines.append(("Ребёнок", f"{one.child.name}, {born}"))
            lines.append(("Группа", f"{one.group.programme_title}, {one.group.title}"))
            organiser = world.snapshot.departments.get(one.group.department_id)
            if organiser is not None:
                lines.append(("Организатор", organiser.title))
    if waits(answers):
        lines.append(("Место", "в листе ожидания"))
    if answers.get("priority") not in {None, NOBODY}:
        lines.append(("Льгота", priorities.get(answers["priority"], "")))
    lines += [
        ("Законный представитель", answers["guardian"]),
        ("Телефон", answers["phone"]),
        ("Сертификат", answers.get("certificate") or "не указан"),
        ("Особые условия", titles[answers["conditions"]].lower()),
    ]
    return texts.summary(tuple(lines))


ENROLMENT_DIALOGUE = Dialogue(
    form=FORM, options=_options, facts=_facts, summary=_summary, loads=True
)
