"""Approval of an answer: the draft, and four eyes where a department wants them."""

from schemas.cases import MoveRequest
from services.cases.errors import ApprovalRequired, SamePerson
from services.cases.holding import Held, acting
from services.cases.personal import EVENT_PLACE, EventPersonal
from services.cases.queries import LAST_DRAFT, Draft
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest
from services.house import House

DRAFTED = "on_approval"


async def answer_words(
    connection: Connection, house: House, held: Held, caller: Caller, wish: MoveRequest
) -> str | None:
    """Return the words of a move that the table allows: the message, else the approved draft.

    Raises:
        ApprovalRequired: four eyes are on, and the answer was not sent to approval.
        InvalidRequest: four eyes are on, and no person is named in `Gateway-Actor`.
        SamePerson: four eyes are on, and the one who approves wrote the draft.
    """
    row = acting(held, caller, wish.department)
    approved = row is not None and row.state == DRAFTED
    if row is None or wish.to not in {DRAFTED, "answered"} or not (row.four_eyes or approved):
        return wish.message
    if wish.to == "answered" and not approved:
        raise ApprovalRequired
    if row.four_eyes and not (caller.actor or "").strip():
        raise InvalidRequest(FieldError("Gateway-Actor", "say in this header which person acts"))
    if wish.to == DRAFTED:
        return wish.message
    draft = await LAST_DRAFT.maybe(connection, held.case.id, row.department_id)
    if row.four_eyes and draft is not None and _same(draft.actor, caller.actor):
        raise SamePerson
    return wish.message if (wish.message or "").strip() else _text(house, draft)


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and _name(one) == _name(other)


def _name(actor: str) -> str:
    return " ".join(actor.casefold().split())


def _text(house: House, draft: Draft | None) -> str | None:
    if draft is None or draft.personal is None:
        return None
    place = EVENT_PLACE
    return house.sealer.open_value(place, draft.id, draft.personal, EventPersonal).message
