"""What a resident does with a case from «Мои заявки»."""

from uuid import UUID

from services.appeals.texts import registering
from services.appeals.turning import turn_into_appeal
from services.cases.errors import IdentityRequired
from services.cases.holding import hold
from services.cases.messages import add_from_resident
from services.cases.moving import resident_move
from services.cases.rating import rate
from services.cases.wording import notice, placed_notice
from services.clubs.errors import EnrolmentRefused
from services.clubs.offering import accept, decline
from services.db.query import Connection
from services.dialogs.world import Answers, Done, Finish, Visitor, World
from services.doctors.appointment_queries import APPOINTMENT
from services.doctors.errors import AppointmentRefused
from services.doctors.rescheduling import choose, reschedule
from services.errors import TransitionNotAllowed
from services.files.taking import bind_files
from services.files.wording import files
from services.house import House
from services.residents.case_form import ACTIONS, ADD, APPEAL, LIST, NAME, RATE
from services.residents.case_queries import MyCase
from services.residents.case_view import can_add, known_cases, load_cases

MOVED_TO = "Запись перенесена, новый талон придёт следующим сообщением."
MOVE_ASKED = "Хорошо, спросим поликлинику."
TOO_LATE = "Это уже нельзя сделать: заявка перешла в другое состояние."
ADDED = "Спасибо, дополнение к заявке {number} передано."
NOTHING_ADDED = "Вы ничего не добавили, заявка осталась как была."
RATED = "Спасибо! Ваша оценка ответа: {mark} из 5."
UNVERIFIED = (
    "Официальным обращением сообщение становится, только если подтверждена личность: это закон "
    "№ 547-ФЗ. Подтвердите её в системе оператора: {url}. После этого откройте заявку снова и "
    "нажмите «Подать как обращение»: писать заново ничего не придётся."
)


async def act(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """Do what the resident chose with a case; the list and a «Нет» lead back to it."""
    code, action = finish.answers["case"], finish.answers["action"]
    if action == LIST.code:
        return Done("", begin=NAME)
    if finish.answers.get("sure") == "no":
        return Done("", begin=NAME, answers={"case": code})
    shown = known_cases(world).get(code) if NAME in (world.loaded or {}) else None
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
        asked = (await APPOINTMENT.one(connection, row.id)).wanted_slot_id is not None
        return Done(MOVE_ASKED if asked else MOVED_TO)
    target = next(each.target for each in ACTIONS if each.code == action and row.kind in each.kinds)
    if row.kind == "appointment":
        slot = answers.get("slot")
        chosen = None if slot is None else UUID(slot)
        moved = await choose(connection, house, row.id, target, chosen)
        return Done("\n\n".join(placed_notice("appointment", moved.state, row.number)))
    if action in {"accept", "decline"}:
        await (accept if action == "accept" else decline)(connection, house, row.id)
    else:
        await resident_move(connection, house, row.id, target, answers.get("words"))
    if row.kind == "enrolment":
        return Done("\n\n".join(placed_notice("enrolment", target, row.number)))
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
    if not can_add(row):
        raise TransitionNotAllowed
    await add_from_resident(connection, house, row.id, words or f"Приложено: {files(bound)}.")
    return Done(ADDED.format(number=row.number))
