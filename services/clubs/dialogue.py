"""What an enrolment says on its way: the group, what does not fit, the summary."""

from collections.abc import Mapping
from typing import Any

from services.cases.wording import count, day_words
from services.clubs import texts
from services.clubs.choosing import (
    Chosen,
    chosen,
    of_direction,
    options,
    priorities,
    waits,
    why_not,
)
from services.clubs.form import CONDITIONS, FORM, NOBODY, keys
from services.clubs.queries import GroupRow
from services.dialogs.world import Answers, Dialogue, World
from services.residents.children import Child


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    if answers.get("direction") is None:
        return {}
    all_chosen = chosen(world, answers)
    last = all_chosen[-1]
    facts = {
        "group": "" if last.group is None else _described(last.group),
        "unfit": _unfit(world, answers, last.child, None),
        "unfit_groups": _unfit(
            world, answers, last.child, answers.get(keys(len(all_chosen))["programme"])
        ),
        "priorities": "yes" if waits(answers) and priorities(world, answers) else "",
    }
    for number, one in enumerate(all_chosen, 1):
        full = one.group is not None and one.group.free < _wanted(all_chosen[:number], one.group)
        facts[f"full_{number}"] = "yes" if full else ""
    return facts


def _wanted(before: tuple[Chosen, ...], group: GroupRow) -> int:
    return sum(one.group is not None and one.group.id == group.id for one in before)


def _unfit(world: World, answers: Answers, child: Child | None, programme: Any) -> str:
    """Name some of what is not offered to this child, and why."""
    if child is None:
        return ""
    lines: list[str] = []
    for row in of_direction(world, answers):
        why = why_not(world, row, child)
        if why is not None and programme in {None, row.programme}:
            lines.append(f"• {row.programme_title}, {row.title}: {why}")
    if not lines:
        return ""
    more = f"\n• и ещё {len(lines) - texts.UNFIT_SHOWN}" if len(lines) > texts.UNFIT_SHOWN else ""
    return "\n\nСейчас не подходит:\n" + "\n".join(lines[: texts.UNFIT_SHOWN]) + more


def _described(row: GroupRow) -> str:
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
    known = {option.code: option.label for option in priorities(world, answers)}
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
        lines.append(("Льгота", known.get(answers["priority"], "")))
    lines += [
        ("Законный представитель", answers["guardian"]),
        ("Телефон", answers["phone"]),
        ("Сертификат", answers.get("certificate") or "не указан"),
        ("Особые условия", titles[answers["conditions"]].lower()),
    ]
    return texts.summary(tuple(lines))


ENROLMENT_DIALOGUE = Dialogue(
    form=FORM, options=options, facts=_facts, summary=_summary, loads=True
)
