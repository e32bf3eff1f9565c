"""Why a case is due when it is."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.cases import ClockShown
from services.cases.reading import find_case
from services.cases.transitions import FINAL
from services.cases.view_queries import LAST_ENTERED, CaseRow
from services.cases.viewing import own_assignment
from services.cases.wording import count, day_words
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House

ANSWER = "answer"
_REOPENED = "reopened"
_LAW = {
    "message": "срок категории, не больше 30 дней (практика ПОС)",
    "appeal_59fz": "59-ФЗ, статья 12",
    _REOPENED: "житель сообщил, что вопрос не решён",
}


async def list_clocks(
    connection: Connection, house: House, caller: Caller, case_id: UUID
) -> tuple[ClockShown, ...]:
    """Return the deadline of a case with its rule, calendar and reason; raises NotFound."""
    row = await find_case(connection, caller, case_id)
    if row.due_at is None or row.due_rule is None or row.due_calendar is None:
        return ()
    starts = row.created_at
    code, _, length = row.due_rule.partition(".")
    if code == _REOPENED:
        starts = await LAST_ENTERED.maybe(connection, row.id, _REOPENED) or starts
    starts = starts.astimezone(house.zone)
    return (
        ClockShown(
            name=ANSWER,
            rule=row.due_rule,
            calendar=row.due_calendar,
            starts_at=starts,
            paused_at=None,
            due_at=row.due_at.astimezone(house.zone),
            state=_state(house, caller, row, row.due_at),
            why=_why(code, length, starts),
        ),
    )


def _state(
    house: House, caller: Caller, row: CaseRow, due_at: datetime
) -> Literal["running", "met", "overdue"]:
    own = own_assignment(caller, row)
    state = row.state if own is None else own.state
    over = {"answered", *(each for states in FINAL.values() for each in states)}
    if state in over:
        return "met"
    return "overdue" if due_at < house.now() else "running"


def _why(code: str, length: str, starts: datetime) -> str:
    """Say how the days were counted: `30_calendar`, `10_working`."""
    days, _, unit = length.partition("_")
    number = int(days)
    if unit == "working":
        term = count(number, "рабочий день", "рабочих дня", "рабочих дней")
        rest = "выходные и праздники не считаются"
    else:
        term = count(number, "календарный день", "календарных дня", "календарных дней")
        rest = "если последний день нерабочий, срок истекает в рабочий день перед ним"
    law = f" ({_LAW[code]})" if code in _LAW else ""
    return f"{term}{law}; счёт идёт со следующего дня после даты: {day_words(starts)}; {rest}."
