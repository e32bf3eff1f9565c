"""Why a case is due when it is."""

from datetime import datetime, tzinfo
from typing import Literal
from uuid import UUID

from schemas.cases import ClockShown
from services.cases.clock_queries import CLOCKS, Clock
from services.cases.reading import find_case
from services.cases.viewing import own_assignment
from services.cases.wording import count, day_words
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House

_LAW = {
    "message": "срок категории, не больше 30 дней (практика ПОС)",
    "appeal_59fz": "59-ФЗ, статья 12, часть 1",
    "appeal_59fz_extended": "59-ФЗ, статья 12, часть 2: срок продлён один раз",
    "register": "59-ФЗ, статья 8, часть 2: регистрация",
    "forward": "передача тому, кто отвечает за вопрос",
    "return": "59-ФЗ, статья 11, часть 4: возврат, если суть непонятна",
    "reopened": "житель сообщил, что вопрос не решён",
}


async def list_clocks(
    connection: Connection, house: House, caller: Caller, case_id: UUID
) -> tuple[ClockShown, ...]:
    """Return the deadlines of a case with rule, calendar and reason, the earliest first.

    A department sees its own; others all, each with its department. Raises NotFound.
    """
    row = await find_case(connection, caller, case_id)
    own = own_assignment(caller, row)
    titles = {each.id: each.department for each in row.assignments}
    return tuple(
        _shown(house, clock, None if clock.assignment_id is None else titles[clock.assignment_id])
        for clock in await CLOCKS.all(connection, case_id)
        if own is None or clock.assignment_id in {None, own.id}
    )


def _shown(house: House, clock: Clock, department: str | None) -> ClockShown:
    paused_at = clock.paused_at
    return ClockShown(
        name=clock.name,
        department=department,
        rule=clock.rule,
        calendar=clock.calendar,
        starts_at=clock.starts_at.astimezone(house.zone),
        paused_at=None if paused_at is None else paused_at.astimezone(house.zone),
        due_at=clock.due_at.astimezone(house.zone),
        state=_state(clock, house.now()),
        why=_why(clock, house.zone),
    )


def _state(clock: Clock, now: datetime) -> Literal["running", "paused", "overdue", "met", "missed"]:
    if clock.ended_at is not None:
        return "met" if clock.ended_at <= clock.due_at else "missed"
    if clock.paused_at is not None:
        return "paused"
    return "overdue" if clock.due_at < now else "running"


def _why(clock: Clock, zone: tzinfo) -> str:
    """Say how the days were counted: `message.30_calendar`, `message.10_working`."""
    code, _, length = clock.rule.partition(".")
    days, _, unit = length.partition("_")
    number = int(days)
    if unit == "working":
        term = count(number, "рабочий день", "рабочих дня", "рабочих дней")
        rest = "выходные и праздники не считаются"
    else:
        term = count(number, "календарный день", "календарных дня", "календарных дней")
        rest = "если последний день нерабочий, срок истекает в рабочий день перед ним"
    law = f" ({_LAW[code]})" if code in _LAW else ""
    begins = (
        f"счёт идёт со следующего дня после даты: {day_words(clock.starts_at.astimezone(zone))}"
    )
    if code == "appeal_59fz_extended":
        begins = "добавлено к первому сроку"
    return f"{term}{law}; {begins}; {rest}."
