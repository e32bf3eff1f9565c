"""Enrolling one child or several together: all or none, never more than there are places."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.cases.clocks import ClockRule
from services.cases.filing import Filed, NewCase, file_case
from services.cases.personal import EnrolmentPersonal
from services.cases.phones import normal_phone
from services.clubs.errors import refused
from services.clubs.places import HOLDS, count, lock_groups
from services.clubs.queries import ADD_ENROLMENT, CLASHES, TRIES, GroupRow
from services.db.ids import new_id
from services.db.query import Connection
from services.house import House
from services.residents.children import Child, child_key

DECISION = ClockRule(code="enrolment", days=7, unit="working")
DECISION_AFTER_TEST = ClockRule(code="enrolment", days=45, unit="working")
MOST_TRIES = 5
"""Clashes with other people's cases that one account may cause in a day."""
LAST_RANK = 1000

Conditions = Literal["no", "yes", "discuss"]
IfFull = Literal["refuse", "wait"]


class Guardian(Struct, frozen=True):
    """Who asks for the child, in their own words, and where to call."""

    name: str
    phone: str


class Wish(Struct, frozen=True, kw_only=True):
    """One child for one group."""

    group_id: int
    child: Child
    certificate: str | None = None
    priority: str | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """All that is asked for in one go. Without an account it came by phone."""

    wishes: tuple[Wish, ...]
    guardian: Guardian
    conditions: Conditions | None
    if_full: IfFull
    operator_id: int
    account_id: UUID | None = None
    community_id: int | None = None
    by: Literal["resident", "department", "admin"] = "resident"
    actor: str | None = None


class Enrolled(Struct, frozen=True):
    """What was filed, in the order of the wishes, in which state, and what joins it."""

    bundle: UUID | None
    filed: tuple[Filed, ...]
    state: Literal["submitted", "waitlisted", "review"]


async def enrol(connection: Connection, house: House, asked: Asked) -> Enrolled:
    """File all wishes in the caller's transaction, or none.

    Raises EnrolmentRefused with the first reason that stands against one of them. A clash with
    somebody else's case takes no place and is looked at by a person: whoever asks must not learn
    that the child is known there.
    """
    groups = await lock_groups(connection, [wish.group_id for wish in asked.wishes])
    keys = [child_key(house, wish.child) for wish in asked.wishes]
    for wish in asked.wishes:
        _check(house, groups[wish.group_id], wish)
    clash = await _clash(connection, house, asked, keys)
    state = "review" if clash else _state(groups, asked)
    bundle = new_id() if len(asked.wishes) > 1 else None
    filed: list[Filed] = []
    for wish, key in zip(asked.wishes, keys, strict=True):
        group = groups[wish.group_id]
        case = await file_case(connection, house, _case(asked, wish, group, state))
        holds = HOLDS.get(state)
        await ADD_ENROLMENT.run(
            connection,
            case.id,
            group.id,
            key,
            bundle,
            holds,
            wish.priority,
            _rank(group, wish.priority),
            house.now() if holds == "waiting" else None,
        )
        await count(connection, group.id, None, holds)
        filed.append(case)
    return Enrolled(bundle, tuple(filed), state)


def fits_age(group: GroupRow, born: date) -> bool:
    """Tell whether a child is as old as the group wants on the day that it names."""
    had_birthday = (group.age_on.month, group.age_on.day) >= (born.month, born.day)
    age = group.age_on.year - born.year - (not had_birthday)
    return group.age_from <= age <= group.age_to


def stands_against(group: GroupRow, now: datetime) -> str | None:
    """Return why nobody can be enrolled in a group at present, or None."""
    if not group.active or group.closed_at is not None:
        return "group_closed"
    return None if group.enrol_from <= now <= group.enrol_until else "window_closed"


def _check(house: House, group: GroupRow, wish: Wish) -> None:
    reason = stands_against(group, house.now())
    if reason is not None:
        raise refused(reason)
    if not fits_age(group, wish.child.birth_date):
        raise refused("age_out_of_range")


async def _clash(connection: Connection, house: House, asked: Asked, keys: Sequence[bytes]) -> bool:
    """Tell whether somebody else's case stands in the way; raises EnrolmentRefused for one's own.

    Whoever enters for the organiser sees the group's children anyway and is told outright.
    """
    wanted = [(wish.group_id, key) for wish, key in zip(asked.wishes, keys, strict=True)]
    if len(set(wanted)) < len(wanted):
        raise refused("already_enrolled")
    found = await CLASHES.all(connection, [group for group, _ in wanted], list(keys))
    if not found:
        return False
    if asked.account_id is None or any(row.account_id == asked.account_id for row in found):
        raise refused("already_enrolled")
    since = house.now() - timedelta(days=1)
    if await TRIES.one(connection, asked.account_id, since) >= MOST_TRIES:
        raise refused("too_many_tries")
    return True


def _state(groups: Mapping[int, GroupRow], asked: Asked) -> Literal["submitted", "waitlisted"]:
    """Return how all of it is filed; raises EnrolmentRefused where there is no room."""
    wanted = Counter(wish.group_id for wish in asked.wishes)
    if all(groups[each].free >= number for each, number in wanted.items()):
        return "submitted"
    if asked.if_full == "refuse":
        raise refused("group_full")
    if any(groups[each].room < number for each, number in wanted.items()):
        raise refused("waiting_list_full")
    return "waitlisted"


def _case(asked: Asked, wish: Wish, group: GroupRow, state: str) -> NewCase:
    return NewCase(
        kind="enrolment",
        operator_id=asked.operator_id,
        community_id=asked.community_id,
        account_id=asked.account_id,
        department_id=group.department_id,
        municipality=group.municipality,
        subject=f"{group.programme_title}: {group.title}",
        phone=normal_phone(asked.guardian.phone),
        clock=DECISION_AFTER_TEST if group.entrance_test else DECISION,
        state=state,
        by=asked.by,
        actor=asked.actor,
        personal=EnrolmentPersonal(
            child_name=wish.child.name,
            child_birth_date=wish.child.birth_date,
            guardian_name=asked.guardian.name,
            guardian_phone=asked.guardian.phone,
            certificate=wish.certificate,
            conditions=asked.conditions,
        ),
    )


def _rank(group: GroupRow, priority: str | None) -> int:
    ranks = {row["code"]: int(row["rank"]) for row in group.priorities}
    return LAST_RANK if priority is None else ranks.get(priority, LAST_RANK)
