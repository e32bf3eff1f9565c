"""What an enrolment offers to choose from, and what was chosen."""

from collections.abc import Mapping

from msgspec import Struct

from schemas.forms import Option
from services.cases.wording import day_words
from services.clubs import texts
from services.clubs.enrolling import fits_age, stands_against
from services.clubs.form import ANOTHER, MOST_CHILDREN, NAME, NOBODY, WAIT, keys
from services.clubs.queries import GroupRow
from services.dialogs.options import told_apart
from services.dialogs.world import Answers, World
from services.residents.children import Child, named

OLDEST = 19
"""Years; clubs are for children and young people up to 18."""


class Shelf(Struct, frozen=True):
    """What the form reads: groups of the page's municipality, and the resident's children."""

    groups: Mapping[str, GroupRow]
    children: Mapping[str, Child]


class Chosen(Struct, frozen=True):
    """A child and the group chosen for it, so far as they are known."""

    child: Child | None
    group: GroupRow | None


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
        found.append(Chosen(named(answers.get(key["child"]), shelf(world).children), group))
    return tuple(found)


def waits(answers: Answers) -> bool:
    """Tell whether the resident will wait for one of the places: then all are waited for."""
    return any(answers.get(keys(number)["wait"]) == WAIT for number in range(1, MOST_CHILDREN + 1))


def options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    """Return what a step offers."""
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
            return told_apart(titles)
        case "group":
            programme = answers.get(keys(number)["programme"])
            rows = [row for row in _offered(world, answers, number) if row.programme == programme]
            return told_apart({row.code: f"{row.title} · {_places(row)}" for row in rows})
        case "wait":
            one = chosen(world, answers)[number - 1].group
            return (Option(WAIT, "В лист ожидания"),) if one is not None and one.room else ()
        case "priority":
            return priorities(world, answers)
        case _:
            return ()


def _children(world: World) -> tuple[Option, ...]:
    """Offer the children the resident has named; adults were named at the doctor's."""
    grown_up = world.now.astimezone(world.zone).year - OLDEST
    return told_apart(
        {
            code: child.name
            for code, child in shelf(world).children.items()
            if child.birth_date.year > grown_up
        }
    )


def _offered(world: World, answers: Answers, number: int) -> list[GroupRow]:
    """Return the groups of the direction that take this child now, places or not."""
    child = chosen(world, answers)[number - 1].child
    return [row for row in of_direction(world, answers) if why_not(world, row, child) is None]


def of_direction(world: World, answers: Answers) -> list[GroupRow]:
    """Return the groups of the direction that was chosen."""
    direction = answers.get("direction")
    return [
        row
        for row in shelf(world).groups.values()
        if texts.DIRECTIONS.get(row.direction) == direction
    ]


def why_not(world: World, row: GroupRow, child: Child | None) -> str | None:
    """Return why a group does not take a child now; None where it does."""
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


def priorities(world: World, answers: Answers) -> tuple[Option, ...]:
    """Return the priorities that the chosen groups know."""
    titles = {
        each["code"]: each["title"]
        for one in chosen(world, answers)
        if one.group is not None
        for each in one.group.priorities
    }
    return (*told_apart(titles), Option(NOBODY, "Нет льготы")) if titles else ()
