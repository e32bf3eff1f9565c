"""What a described back end may be told of a case: opened, and noted as read by it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.cases.personal import CASE_PLACE, EVENT_PLACE, AppealPersonal, EventPersonal
from services.cases.view_queries import CASES, NOTE_READS, CaseRow
from services.db.ids import new_id
from services.db.query import Connection
from services.deliveries.queries import LAST_WORDS, ClaimedHandOff
from services.house import House

HANDED = "Передача в систему ведомства"


async def fields_of(
    connection: Connection, house: House, rows: Sequence[ClaimedHandOff]
) -> dict[UUID, Mapping[str, Any]]:
    """Return what may stand in braces, by the note's id; `schemas.backends.FIELDS` names it all.

    The read is noted in the caller's transaction, for each case and department.
    """
    ids = [row.case_id for row in rows if row.case_id is not None]
    cases = {case.id: case for case in await CASES.all(connection, list(dict.fromkeys(ids)))}
    words = {
        found.case_id: house.sealer.open_value(
            EVENT_PLACE, found.event_id, found.personal, EventPersonal
        ).message
        for found in await LAST_WORDS.all(connection, ids)
    }
    for department_id in sorted({row.department_id for row in rows}):
        own = [row.case_id for row in rows if row.department_id == department_id]
        await NOTE_READS.run(
            connection,
            [new_id() for _ in own],
            own,
            f"backend:{department_id}",
            None,
            HANDED,
            house.now(),
        )
    return {
        row.id: _fields(house, cases[row.case_id], row, words.get(row.case_id))
        for row in rows
        if row.case_id is not None
    }


def _fields(
    house: House, case: CaseRow, row: ClaimedHandOff, words: str | None
) -> Mapping[str, Any]:
    own = next((each for each in case.assignments if each.department_id == row.department_id), None)
    personal = None
    if case.personal is not None and case.kind == "appeal":
        personal = house.sealer.open_value(CASE_PLACE, case.id, case.personal, AppealPersonal)
    due_at = case.due_at if own is None else own.due_at
    return {
        "id": str(case.id),
        "number": case.number,
        "kind": case.kind,
        "state": case.state if own is None else own.state,
        "subject": case.subject,
        "category": case.category,
        "topic": case.topic,
        "municipality": case.municipality,
        "urgent": case.urgent,
        "created_at": case.created_at.astimezone(house.zone).isoformat(),
        "due_at": None if due_at is None else due_at.astimezone(house.zone).isoformat(),
        "department": None if own is None else own.department,
        "text": None if personal is None else personal.text,
        "address": None if personal is None else personal.address,
        "latitude": None if personal is None else personal.latitude,
        "longitude": None if personal is None else personal.longitude,
        "name": None if personal is None else personal.name,
        "contact": None if personal is None else personal.contact,
        "message": words,
    }
