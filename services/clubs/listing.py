"""Who is in a group and who waits for it, as its organiser and those who oversee it see them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.cases.personal import CASE_PLACE, EnrolmentPersonal
from services.cases.reading import note_reads
from services.clubs.catalogue import own_group
from services.clubs.organising import ChildBody, GuardianBody
from services.clubs.queries import CHILDREN_OF, PASSED, WAITING_OF, GroupRow, Waiting
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import NotFound, NotOwner
from services.house import House

LISTED = "Список группы"
EXPORTED = "Выгрузка группы"


class PassedOver(Struct, frozen=True):
    """When and why somebody was passed over."""

    at: datetime
    why: str


class OneOfGroup(Struct, frozen=True, kw_only=True):
    """A child of a group, or of its line, as the organiser sees it."""

    case: UUID
    number: str
    state: str
    child: ChildBody | None
    guardian: GuardianBody | None
    certificate: str | None
    conditions: str | None
    priority: str | None
    place: int | None
    offer_until: datetime | None
    passed_over: tuple[PassedOver, ...]


async def children(
    connection: Connection, house: House, caller: Caller, code: str, why: str | None = LISTED
) -> list[OneOfGroup]:
    """Return the children who have or are offered a place; every one is noted as read.

    Without a `why` nothing personal is opened, and nothing noted. Raises NotFound, Forbidden.
    """
    group = await group_seen(connection, caller, code)
    rows = await CHILDREN_OF.all(connection, group.id)
    return await _shown(connection, house, caller, rows, why)


async def waiting(
    connection: Connection, house: House, caller: Caller, code: str, why: str | None = LISTED
) -> list[OneOfGroup]:
    """Return the line of a group in its order, with why anybody was passed over; noted as read.

    Without a `why` nothing personal is opened, and nothing noted. Raises NotFound, Forbidden.
    """
    group = await group_seen(connection, caller, code)
    rows = await WAITING_OF.all(connection, group.id)
    return await _shown(connection, house, caller, rows, why)


async def group_seen(connection: Connection, caller: Caller, code: str) -> GroupRow:
    """Return a group whose children the caller may see; raises NotFound, Forbidden."""
    try:
        return await own_group(connection, caller, code)
    except NotOwner:
        raise NotFound from None


async def _shown(
    connection: Connection,
    house: House,
    caller: Caller,
    rows: Sequence[Waiting],
    why: str | None,
) -> list[OneOfGroup]:
    ids = [row.case_id for row in rows]
    if ids and why is not None:
        await note_reads(connection, house, caller, ids, why)
    passed: dict[UUID, list[PassedOver]] = {}
    for each in await PASSED.all(connection, ids):
        at = each.at.astimezone(house.zone)
        passed.setdefault(each.case_id, []).append(PassedOver(at, each.why))
    return [
        _one(house, row, tuple(passed.get(row.case_id, ())), opened=why is not None) for row in rows
    ]


def _one(house: House, row: Waiting, passed: tuple[PassedOver, ...], *, opened: bool) -> OneOfGroup:
    personal = None
    if opened and row.personal is not None:
        personal = house.sealer.open_value(CASE_PLACE, row.case_id, row.personal, EnrolmentPersonal)
    until = row.offer_until
    return OneOfGroup(
        case=row.case_id,
        number=row.number,
        state=row.state,
        child=None
        if personal is None
        else ChildBody(personal.child_name, personal.child_birth_date),
        guardian=None
        if personal is None
        else GuardianBody(personal.guardian_name, personal.guardian_phone),
        certificate=None if personal is None else personal.certificate,
        conditions=None if personal is None else personal.conditions,
        priority=row.priority,
        place=row.place,
        offer_until=None if until is None else until.astimezone(house.zone),
        passed_over=passed,
    )
