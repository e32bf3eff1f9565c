"""What «Мои заявки» shows of a case, and what it offers to do with it."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from schemas.forms import Option
from services.appeals.texts import APPEAL_MEANS
from services.cases.moving import REOPEN_WITHIN
from services.cases.personal import EVENT_PLACE, EventPersonal
from services.cases.rating import can_rate
from services.cases.telling import kind_of
from services.cases.transitions import AT_REST, find
from services.cases.wording import answer_by, state_title, until
from services.db.query import Connection
from services.dialogs.world import Answers, Dialogue, Visitor, World
from services.doctors.slot_queries import OTHER_TIMES, OtherTime
from services.doctors.wording import moment_words
from services.files.wording import files
from services.house import House
from services.residents.case_form import (
    ACTIONS,
    ADD,
    APPEAL,
    CHOOSING,
    FORM,
    LIST,
    MOVED,
    NAME,
    RATE,
    Action,
)
from services.residents.case_queries import MY_CASES, MyCase

TIMES = "times"
TIMES_SHOWN = 40
_SURE = {
    "withdraw": "Отозвать заявку {number}? Вернуть её потом нельзя.",
    "decline": "Отказаться от места по заявке {number}? Его сразу предложат следующему.",
    "cancel": "Отменить запись {number}? Время сразу предложат другим.",
    "leave": "Покинуть группу по заявке {number}? Место сразу предложат следующему.",
}
_LINE_RULE = "Сначала идут льготы, потом время подачи"
_PASSED_OVER = {
    "bundle_needs_more": "Место освобождалось, но на всех детей из заявления его не хватило. "
    "Как только хватит, вам предложат первыми.",
    "unreachable": "Место предлагали, но сообщение до вас не дошло.",
}
_ASK = {
    "reply": "Напишите ответ на вопрос. Его сразу получит ведомство.",
    "reopen": "Напишите, что осталось не решено. Заявка вернётся в ведомство, "
    "срок будет короче первого.",
}


class Shown(Struct, frozen=True):
    """A case with the department's last words, opened."""

    row: MyCase
    words: str


async def load_cases(
    connection: Connection, house: House, visitor: Visitor | None, _: World
) -> dict[str, Shown]:
    """Read the resident's newest cases, by id."""
    if visitor is None:
        return {}
    rows = await MY_CASES.all(connection, visitor.account_id)
    return {str(row.id): Shown(row, _words(house, row)) for row in rows}


async def load_times(
    connection: Connection, _: House, visitor: Visitor | None, world: World
) -> dict[UUID, list[OtherTime]]:
    """Read the times that the resident's appointments can be moved to, by case."""
    found: dict[UUID, list[OtherTime]] = {}
    if visitor is not None:
        for row in await OTHER_TIMES.all(
            connection, world.now, visitor.account_id, TIMES_SHOWN, list(MOVED)
        ):
            found.setdefault(row.case_id, []).append(row)
    return found


def _words(house: House, row: MyCase) -> str:
    if row.event_id is None or row.event_personal is None:
        return ""
    return house.sealer.open_value(
        EVENT_PLACE, row.event_id, row.event_personal, EventPersonal
    ).message


def known_cases(world: World) -> Mapping[str, Shown]:
    """Return what was read; raises NeedsDatabase."""
    return world.read(NAME)


def _options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    cases = known_cases(world)
    if key == "case":
        return tuple(
            Option(code, f"{shown.row.number} · {_title(shown.row)}", shown.row.number)
            for code, shown in cases.items()
        )
    shown = cases.get(answers.get("case", ""))
    if shown is None:
        return ()
    if key == "slot":
        return tuple(
            Option(str(slot.id), moment_words(slot.starts_at, world.zone))
            for slot in _times(world, shown.row)
        )
    allowed = [Option(each.code, each.label) for each in _actions(world, shown.row)]
    if shown.row.kind == "appeal" and can_add(shown.row):
        allowed.insert(sum(each.code == "reply" for each in allowed), ADD)
    if _can_turn(world, shown.row):
        allowed.append(APPEAL)
    return (*_marks(shown.row), *allowed, LIST)


def _marks(row: MyCase) -> tuple[Option, ...]:
    """Return the marks of an answer; they come first, so that a typed number is the mark."""
    if not can_rate(row.state, row.answered_at, row.rated_at):
        return ()
    return tuple(Option(code, str(mark)) for code, mark in RATE.items())


def can_add(row: MyCase) -> bool:
    """Tell whether somebody is at work on the case who can use what is added."""
    return any(state not in AT_REST for state in row.states or [row.state])


def _can_turn(world: World, row: MyCase) -> bool:
    """Tell whether a message can become an appeal: the operator has a system for those."""
    system = world.operator.appeal_system_url
    return row.legal_kind == "message" and not row.turned and system is not None


def _actions(world: World, row: MyCase) -> list[Action]:
    """Return what can be done with a case now, besides what needs no move."""
    return [
        each
        for each in ACTIONS
        if row.kind in each.kinds
        and (not each.states or row.state in each.states)
        and (each.code == "move" or _allowed(world, row, each.target))
        and (each.code not in CHOOSING or _times(world, row))
    ]


def _times(world: World, row: MyCase) -> list[OtherTime]:
    """Return the times to move an appointment to; raises NeedsDatabase until they are read."""
    movable = row.kind == "appointment" and row.state in MOVED
    return world.read(TIMES).get(row.id, []) if movable else []


def _allowed(world: World, row: MyCase, target: str) -> bool:
    if (
        target == "reopened"
        and row.answered_at is not None
        and world.now - row.answered_at > REOPEN_WITHIN
    ):
        return False
    steps = [find(kind_of(row.kind), state, target) for state in row.states or [row.state]]
    return any(step is not None and "resident" in step.by for step in steps)


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    shown = known_cases(world).get(answers.get("case", ""))
    ask = _ASK.get(answers.get("action", ""), "")
    if shown is None:
        return {"case": "", "number": "", "ask": ask, "sure_of": "", "attached": ""}
    return {
        "case": _describe(world, shown),
        "number": shown.row.number,
        "ask": ask,
        "sure_of": _sure(answers.get("action", ""), shown.row),
        "attached": str(shown.row.files),
    }


def _sure(action: str, row: MyCase) -> str:
    """Return the question that comes before what cannot be undone; nothing for all else."""
    if action == APPEAL.code and row.verified:
        return (
            f"Подать заявку {row.number} как официальное обращение? Ваши слова перейдут в новую "
            f"заявку, а эта останется как есть.\n\n{APPEAL_MEANS}"
        )
    asked = _SURE.get(action, "")
    return asked.format(number=row.number)


def _describe(world: World, shown: Shown) -> str:
    row = shown.row
    lines = [f"Заявка {row.number}", row.subject, f"Состояние: {_title(row)}"]
    if row.department is not None:
        lines.append(f"Ведомство: {row.department}")
    if row.due_at is not None and not row.final and row.state != "answered":
        registering = row.legal_kind == "appeal_59fz" and row.state == "submitted"
        what = "Регистрация" if registering else "Ответ"
        lines.append(f"{what} — {until(row.due_at.astimezone(world.zone).date())}")
    lines += _line_words(world, row)
    if row.files:
        lines.append(f"Приложено: {files(row.files)}")
    if shown.words:
        lines.append(f"\nВам писали:\n{shown.words}")
    if _marks(row):
        lines.append("\nОцените ответ от 1 до 5 или выберите, что сделать.")
    return "\n".join(lines)


def _line_words(world: World, row: MyCase) -> list[str]:
    """Return what is to be known of an offer, or of one's place in the line."""
    lines: list[str] = []
    if row.kind == "appointment" and row.starts_at is not None:
        lines.append(f"Когда: {moment_words(row.starts_at, world.zone)}")
        lines.append(f"Врач: {row.doctor}, {row.speciality}\nГде: {row.where}")
    if row.state == "offered" and row.offer_until is not None:
        lines.append(answer_by(row.offer_until.astimezone(world.zone)))
    if row.place is not None:
        rule = "Очередь идёт по времени" if row.kind == "appointment" else _LINE_RULE
        lines.append(f"Ваше место в очереди: {row.place}. {rule}")
        lines += [_PASSED_OVER[row.passed_over]] if row.passed_over in _PASSED_OVER else []
    return lines


def _title(row: MyCase) -> str:
    return state_title(kind_of(row.kind), row.state)


CASES_DIALOGUE = Dialogue(form=FORM, options=_options, facts=_facts, loads=True, one_shot=True)
