"""«Мои заявки»: the resident's cases, and what can be done with each."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from schemas.forms import Choice, Consent, Form, Option, Photos, Text, When
from services.appeals.texts import APPEAL_MEANS, registering
from services.appeals.turning import turn_into_appeal
from services.cases.errors import IdentityRequired
from services.cases.holding import hold
from services.cases.messages import add_from_resident
from services.cases.moving import REOPEN_WITHIN, resident_move
from services.cases.personal import EVENT_PLACE, EventPersonal
from services.cases.rating import MARKS, can_rate, rate
from services.cases.telling import kind_of
from services.cases.transitions import FINAL, find
from services.cases.wording import (
    appointment_notice,
    day_words,
    enrolment_notice,
    notice,
    state_title,
    until,
)
from services.clubs.errors import EnrolmentRefused
from services.clubs.offering import accept, decline
from services.db.query import Connection
from services.dialogs.world import (
    Answers,
    Dialogue,
    Done,
    Finish,
    Visitor,
    World,
)
from services.doctors.booking import choose, reschedule
from services.doctors.errors import AppointmentRefused
from services.doctors.queries import OPEN_SLOTS, SlotRow
from services.doctors.wording import moment_words
from services.errors import TransitionNotAllowed
from services.files.limits import CASE_FILES
from services.files.taking import bind_files
from services.files.wording import files
from services.house import House
from services.residents.case_queries import MY_CASES, MyCase

NAME = "cases"


class Action(Struct, frozen=True):
    """What a resident can do with a case: its button, where it leads, for which kinds and states.

    Without `states` wherever the table of states allows the move.
    """

    code: str
    label: str
    target: str
    kinds: tuple[str, ...] = ("appeal", "enrolment", "appointment")
    states: tuple[str, ...] = ()


ACTIONS: tuple[Action, ...] = (
    Action("reply", "Ответить", "in_work", ("appeal",)),
    Action("reopen", "Не решено", "reopened", ("appeal",)),
    Action("accept", "Занять", "submitted", ("enrolment",), ("offered",)),
    Action("accept", "Занять", "booked", ("appointment",), ("offered",)),
    Action("decline", "Отказаться", "declined"),
    Action("leave", "Покинуть группу", "left", ("enrolment",)),
    Action("come", "Приду", "confirmed", ("appointment",)),
    Action("choose", "Выбрать другое время", "booked", ("appointment",), ("rebooking",)),
    Action("move", "Перенести", "booked", ("appointment",), ("booked", "confirmed")),
    Action("wait", "В лист ожидания", "waitlisted", ("appointment",)),
    Action("dispute", "Оспорить", "disputed", ("appointment",)),
    Action("cancel", "Отменить", "cancelled", ("appointment",)),
    Action("withdraw", "Отозвать", "withdrawn"),
)
CHOOSING = ("choose", "move")
"""Actions for which another time is chosen."""
ADD = Option("add", "Дополнить")
APPEAL = Option("appeal", "Подать как обращение")
RATE = {f"rate{mark}": mark for mark in MARKS}
LIST = Option("list", "Все заявки")
NONE_YET = "У вас пока нет заявок."
TOO_LATE = "Это уже нельзя сделать: заявка перешла в другое состояние."
ADDED = "Спасибо, дополнение к заявке {number} передано."
NOTHING_ADDED = "Вы ничего не добавили, заявка осталась как была."
RATED = "Спасибо! Ваша оценка ответа: {mark} из 5."
WORDS_LIMIT = 3500
TIMES_READ, TIMES_SHOWN = 300, 40
UNVERIFIED = (
    "Официальным обращением сообщение становится, только если подтверждена личность: это закон "
    "№ 547-ФЗ. Подтвердите её в системе оператора: {url}. После этого откройте заявку снова и "
    "нажмите «Подать как обращение»: писать заново ничего не придётся."
)
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

FORM = Form(
    NAME,
    2,
    "Мои заявки",
    (
        Choice(
            key="case",
            prompt="Ваши заявки. Нажмите на заявку или напишите её номер.",
            again="Такой заявки в списке нет. Нажмите кнопку или напишите номер заявки целиком.",
            empty=NONE_YET,
        ),
        Choice(key="action", prompt="{case}", again="Выберите кнопку или напишите её номер."),
        Consent(
            key="consent",
            prompt="",
            service="appeal",
            subject="self",
            when=When("action", ("reply", "reopen", ADD.code)),
        ),
        Text(
            key="words",
            prompt="{ask}",
            again="Напишите словами, например: «Фонарь у дома 10 так и не горит».",
            sensitivity="personal",
            longest=WORDS_LIMIT,
            when=When("action", ("reply", "reopen")),
        ),
        Text(
            key="addition",
            prompt="Напишите, что добавить. Если только файлы, пришлите их сразу.",
            again="Напишите словами, пришлите файлы или нажмите «Пропустить».",
            sensitivity="personal",
            optional=True,
            longest=WORDS_LIMIT,
            when=When("action", (ADD.code,)),
        ),
        Photos(
            key="photos",
            prompt="Пришлите фото или документы. Если файлов нет, нажмите «Готово».",
            again="Можно прислать ещё. Когда всё, нажмите «Готово».",
            sensitivity="personal",
            most=CASE_FILES,
            when=When("action", (ADD.code,)),
        ),
        Choice(
            key="slot",
            prompt="Выберите другое время. Прежнее останется за вами, пока новое не закреплено.",
            again="Такого времени в списке нет. Нажмите кнопку или напишите её номер.",
            when=When("action", CHOOSING),
        ),
        Choice(
            key="sure",
            prompt="{sure_of}",
            again="Ответьте, пожалуйста, «Да» или «Нет».",
            options=(Option("yes", "Да"), Option("no", "Нет")),
            when=When("sure_of"),
        ),
    ),
)


class Shown(Struct, frozen=True):
    """A case with the department's last words, opened."""

    row: MyCase
    words: str
    times: tuple[SlotRow, ...] = ()


async def load_cases(
    connection: Connection, house: House, visitor: Visitor | None, world: World
) -> dict[str, Shown]:
    """Read the resident's newest cases, by id."""
    if visitor is None:
        return {}
    rows = await MY_CASES.all(connection, visitor.account_id)
    return {
        str(row.id): Shown(row, _words(house, row), await _times(connection, visitor, world, row))
        for row in rows
    }


async def _times(
    connection: Connection, visitor: Visitor, world: World, row: MyCase
) -> tuple[SlotRow, ...]:
    """Return the times that an appointment can be moved to: of the same clinic and speciality."""
    if row.kind != "appointment" or row.state not in {"booked", "confirmed", "rebooking"}:
        return ()
    found = await OPEN_SLOTS.all(
        connection, world.now, None, visitor.account_id, row.speciality, TIMES_READ
    )
    return tuple(slot for slot in found if slot.clinic_id == row.clinic_id)[:TIMES_SHOWN]


def _words(house: House, row: MyCase) -> str:
    if row.event_id is None or row.event_personal is None:
        return ""
    return house.sealer.open_value(
        EVENT_PLACE, row.event_id, row.event_personal, EventPersonal
    ).message


def _loaded(world: World) -> Mapping[str, Shown]:
    return world.read(NAME)


def _options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    cases = _loaded(world)
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
            Option(str(slot.id), moment_words(slot.starts_at, world.zone)) for slot in shown.times
        )
    allowed = [Option(each.code, each.label) for each in _actions(world, shown)]
    if shown.row.kind == "appeal" and _can_add(shown.row):
        allowed.insert(sum(each.code == "reply" for each in allowed), ADD)
    if _can_turn(world, shown.row):
        allowed.append(APPEAL)
    return (*_marks(shown.row), *allowed, LIST)


def _marks(row: MyCase) -> tuple[Option, ...]:
    """Return the marks of an answer; they come first, so that a typed number is the mark."""
    if not can_rate(row.state, row.answered_at, row.rated_at):
        return ()
    return tuple(Option(code, str(mark)) for code, mark in RATE.items())


def _can_add(row: MyCase) -> bool:
    """Tell whether somebody is at work on the case who can use what is added."""
    done = {"answered", *FINAL[kind_of(row.kind)]}
    return any(state not in done for state in row.states or [row.state])


def _can_turn(world: World, row: MyCase) -> bool:
    """Tell whether a message can become an appeal: the operator has a system for those."""
    system = world.operator.appeal_system_url
    return row.legal_kind == "message" and not row.turned and system is not None


def _actions(world: World, shown: Shown) -> list[Action]:
    """Return what can be done with a case now, besides what needs no move."""
    row = shown.row
    return [
        each
        for each in ACTIONS
        if row.kind in each.kinds
        and (not each.states or row.state in each.states)
        and (each.code == "move" or _allowed(world, row, each.target))
        and (each.code not in CHOOSING or shown.times)
    ]


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
    shown = _loaded(world).get(answers.get("case", ""))
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
        ends = row.offer_until.astimezone(world.zone)
        lines.append(f"Ответьте до {ends:%H:%M} {day_words(ends.date())}")
    if row.place is not None:
        rule = "Очередь идёт по времени" if row.kind == "appointment" else _LINE_RULE
        lines.append(f"Ваше место в очереди: {row.place}. {rule}")
        lines += [_PASSED_OVER[row.passed_over]] if row.passed_over in _PASSED_OVER else []
    return lines


def _title(row: MyCase) -> str:
    return state_title(kind_of(row.kind), row.state)


async def act(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """Do what the resident chose with a case; the list and a «Нет» lead back to it."""
    code, action = finish.answers["case"], finish.answers["action"]
    if action == LIST.code:
        return Done("", begin=NAME)
    if finish.answers.get("sure") == "no":
        return Done("", begin=NAME, answers={"case": code})
    shown = _loaded(world).get(code) if NAME in (world.loaded or {}) else None
    if shown is None:
        rows = await load_cases(connection, house, visitor, world)
        shown = rows.get(code)
    if shown is None:
        return Done(TOO_LATE)
    try:
        async with connection.transaction():
            return await _carry_out(connection, house, visitor, world, shown.row, finish.answers)
    except TransitionNotAllowed:
        return Done(TOO_LATE)
    except (EnrolmentRefused, AppointmentRefused) as refusal:
        return Done(refusal.message)


async def _carry_out(
    connection: Connection,
    house: House,
    visitor: Visitor,
    world: World,
    row: MyCase,
    answers: Answers,
) -> Done:
    """Rate, add or move; raises TransitionNotAllowed when the case has moved on meanwhile."""
    action = answers["action"]
    if action in RATE:
        await rate(connection, house, row.id, RATE[action])
        return Done(RATED.format(mark=RATE[action]))
    if action == ADD.code:
        return await _add(connection, house, visitor, row, answers)
    if action == APPEAL.code:
        return await _turn(connection, house, world, row)
    if action == "move":
        held = await hold(connection, row.id)
        await reschedule(connection, house, held, UUID(answers["slot"]), "resident")
        return Done("Запись перенесена, новый талон придёт следующим сообщением.")
    target = next(each.target for each in ACTIONS if each.code == action and row.kind in each.kinds)
    if row.kind == "appointment":
        slot = answers.get("slot")
        chosen = None if slot is None else UUID(slot)
        await choose(connection, house, row.id, target, chosen)
        return Done("\n\n".join(appointment_notice(target, row.number)))
    if action in {"accept", "decline"}:
        await (accept if action == "accept" else decline)(connection, house, row.id)
    else:
        await resident_move(connection, house, row.id, target, answers.get("words"))
    if row.kind == "enrolment":
        return Done("\n\n".join(enrolment_notice(target, row.number)))
    return Done("\n\n".join(notice(row.state, target, row.number)))


async def _turn(connection: Connection, house: House, world: World, row: MyCase) -> Done:
    """File the appeal that a message becomes, or say how to have one's identity verified."""
    try:
        filed = await turn_into_appeal(connection, house, row.id)
    except IdentityRequired:
        return Done(UNVERIFIED.format(url=world.operator.appeal_system_url))
    due = None if filed.due_at is None else filed.due_at.astimezone(house.zone).date()
    return Done(registering(filed.number, filed.department_title, due), filed.number)


async def _add(
    connection: Connection, house: House, visitor: Visitor, row: MyCase, answers: Answers
) -> Done:
    """Add words and files to a case; departments at work hear of them at once."""
    words = answers.get("addition") or ""
    await hold(connection, row.id)  # before its files: their numbers go on from the last
    bound = await bind_files(connection, visitor.account_id, row.id, answers.get("photos"))
    if not words and not bound:
        return Done(NOTHING_ADDED)
    if not _can_add(row):
        raise TransitionNotAllowed
    await add_from_resident(connection, house, row.id, words or f"Приложено: {files(bound)}.")
    return Done(ADDED.format(number=row.number))


CASES_DIALOGUE = Dialogue(form=FORM, options=_options, facts=_facts, loads=True, one_shot=True)
