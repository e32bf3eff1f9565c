"""What organisers do with their groups: entries by phone, closing."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from services.cases.applying import Change, Moved, apply
from services.cases.holding import hold
from services.cases.transitions import find
from services.clubs.enrolling import Asked, Enrolled, Guardian, Wish, enrol
from services.clubs.queries import (
    CLOSE_GROUP,
    CONCERNED,
    GROUP,
    LOCK_GROUP_BY_CODE,
    REVIEWED,
    GroupRow,
)
from services.communities.consents_given import ConsentGiven, agreed, note_agreed
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_owner
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.intake import Code
from services.residents.children import Child

CLOSED = "group_closed"


class ChildBody(Struct, frozen=True):
    """A child by name and birth date."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    birth_date: date


class ItemBody(Struct, frozen=True, kw_only=True):
    """One child for one group."""

    group: Code
    child: ChildBody
    certificate: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    priority: Code | None = None


class GuardianBody(Struct, frozen=True):
    """Who asks for the child."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    phone: Annotated[str, msgspec.Meta(min_length=5, max_length=30)]


class EnrolmentsBody(Struct, frozen=True, kw_only=True):
    """What came by phone: all of it is filed, or none."""

    items: Annotated[list[ItemBody], msgspec.Meta(min_length=1, max_length=10)]
    guardian: GuardianBody
    consent: ConsentGiven
    if_full: Literal["refuse", "wait"] = "refuse"


class CloseBody(Struct, frozen=True):
    """What everybody concerned reads."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=16_384)]


async def enter(
    connection: Connection, house: House, caller: Caller, body: EnrolmentsBody
) -> Enrolled:
    """File what came by phone, on the same code as the chat; the consent is kept with each case.

    Raises InvalidRequest for unknown groups, several operators' or an unknown consent, NotOwner,
    Forbidden, EnrolmentRefused.
    """
    groups = await _groups(connection, caller, body)
    operator_id = groups[body.items[0].group].operator_id
    document = await agreed(connection, house, (operator_id, "enrolment", "children"), body.consent)
    wishes = tuple(
        Wish(
            group_id=groups[item.group].id,
            child=Child(item.child.name, item.child.birth_date),
            certificate=item.certificate,
            priority=item.priority,
        )
        for item in body.items
    )
    asked = Asked(
        wishes=wishes,
        guardian=Guardian(body.guardian.name, body.guardian.phone),
        conditions=None,
        if_full=body.if_full,
        operator_id=operator_id,
        by=caller.by,
        actor=caller.actor,
    )
    enrolled = await enrol(connection, house, asked)
    for filed in enrolled.filed:
        await note_agreed(connection, house, caller, filed.id, document, body.consent)
    return enrolled


async def close(
    pool: asyncpg.Pool, house: House, caller: Caller, code: str, message: str
) -> list[Moved]:
    """Close a group: nobody is enrolled any more, and everybody concerned is told and let go.

    Children who are enrolled stay until the group ends. That the caller may (`own_group`) is
    known already.
    """
    async with pool.acquire() as connection, connection.transaction():
        group = await LOCK_GROUP_BY_CODE.one(connection, code)
        await CLOSE_GROUP.run(connection, group.id, house.now())
        cases = [
            *await CONCERNED.all(connection, group.id),
            *await REVIEWED.all(connection, group.id),
        ]
    moved: list[Moved] = []
    for case_id in cases:
        async with pool.acquire() as connection, connection.transaction():
            found = await _let_go(connection, house, caller, case_id, message)
        moved += [] if found is None else [found]
    return moved


async def _let_go(
    connection: Connection, house: House, caller: Caller, case_id: UUID, message: str
) -> Moved | None:
    held = await hold(connection, case_id)
    if find("enrolment", held.case.state, "rejected") is None:
        return None
    row = held.lead()
    change = Change(
        target="rejected",
        rows=held.assignments,
        by=caller.by,
        actor=caller.actor,
        department=None if row is None else row.department_title,
        message=message,
        reason=CLOSED,
        caller_department_id=caller.department_id,
    )
    return await apply(connection, house, held, change)


async def _groups(
    connection: Connection, caller: Caller, body: EnrolmentsBody
) -> dict[str, GroupRow]:
    found: dict[str, GroupRow] = {}
    errors: list[FieldError] = []
    for number, item in enumerate(body.items):
        row = found.get(item.group) or await GROUP.maybe(connection, item.group)
        where = f"items.{number}.group"
        if row is None:
            errors.append(FieldError(where, "There is no such group."))
            continue
        found[item.group] = row
        # A consent is given to one operator, and does not reach another's group.
        if row.operator_id != next(iter(found.values())).operator_id:
            errors.append(FieldError(where, "It is another operator's: enter it by itself."))
    for row in found.values():
        check_owner(caller, row.department_id, row.operator_id)
    if errors:
        raise InvalidRequest(*errors)
    return found
