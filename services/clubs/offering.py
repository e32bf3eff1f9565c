"""The waiting list: a freed place becomes an offer, an offer that is not taken moves on."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.cases.applying import Change, Moved, apply
from services.cases.holding import Held, hold
from services.cases.ringing import ring_for
from services.clubs.places import lock_groups
from services.clubs.queries import (
    BUNDLE,
    ENROLMENT,
    GROUPS_OVER,
    GROUPS_TO_OFFER,
    LINE,
    OFFERS_OVER,
    OFFERS_UNREACHED,
    PASS_OVER,
    EnrolmentRow,
    GroupRow,
)
from services.db.query import Connection
from services.errors import TransitionNotAllowed
from services.house import House
from services.ports import Doorbell

AT_ONCE = 100
NEEDS_MORE = "bundle_needs_more"
UNREACHABLE = "unreachable"
ENDS = {"enrolled": "completed", "waitlisted": "expired", "offered": "expired"}
"""State → what becomes of an enrolment when its group is over."""


async def sweep_clubs(pool: asyncpg.Pool, house: House, doorbell: Doorbell) -> None:
    """End the offers whose time is over, then offer every free place to who waits for it."""
    moved = await end_offers(pool, house)
    async with pool.acquire() as connection:
        groups = await GROUPS_TO_OFFER.all(connection, AT_ONCE)
    for group_id in groups:
        while (found := await offer_next(pool, house, group_id)) is not None:
            moved += found
    await ring_for(doorbell, moved)


async def end_offers(pool: asyncpg.Pool, house: House) -> list[Moved]:
    """End offers that are over, and those that cannot reach anybody; bundles end together."""
    async with pool.acquire() as connection:
        over = await OFFERS_OVER.all(connection, house.now(), AT_ONCE)
        unreached = await OFFERS_UNREACHED.all(connection, AT_ONCE)
    moved: list[Moved] = []
    for case_id in dict.fromkeys((*over, *unreached)):
        async with pool.acquire() as connection, connection.transaction():
            rows = await hold_bundle(connection, case_id)
            if case_id in unreached:
                await PASS_OVER.run(connection, case_id, house.now(), UNREACHABLE)
            moved += await move_all(connection, house, rows, "expired", "offered")
    return moved


async def end_groups(pool: asyncpg.Pool, house: House) -> list[Moved]:
    """Complete the enrolments of groups that are over, the day after `ends_on`."""
    today = house.now().astimezone(house.zone).date()
    async with pool.acquire() as connection:
        cases = await GROUPS_OVER.all(connection, today, list(ENDS), AT_ONCE)
    moved: list[Moved] = []
    for case_id in cases:
        async with pool.acquire() as connection, connection.transaction():
            held = await hold(connection, case_id)
            target = ENDS.get(held.case.state)
            if target is not None:
                moved.append(await _move(connection, house, held, target, None))
    return moved


async def offer_next(pool: asyncpg.Pool, house: House, group_id: int) -> list[Moved] | None:
    """Offer a free place of a group to the first of its line who can take it; None if nobody can.

    A bundle is passed over, with the reason, until all its places are free.
    """
    async with pool.acquire() as connection:
        line = await LINE.all(connection, group_id)
    for row in line:
        async with pool.acquire() as connection, connection.transaction():
            rows = await hold_bundle(connection, row.case_id)
            moved = await _offer(connection, house, rows)
            if moved is not None:
                return moved
            if row.bundle is None:
                return None  # it was about this group alone, and there is no place any more
            await PASS_OVER.run(connection, row.case_id, house.now(), NEEDS_MORE)
    return None


async def hold_bundle(connection: Connection, case_id: UUID) -> list[tuple[Held, EnrolmentRow]]:
    """Lock a case with all that was asked for together with it, in the order of their ids."""
    row = await ENROLMENT.one(connection, case_id)
    rows = [row] if row.bundle is None else await BUNDLE.all(connection, row.bundle)
    held = [await hold(connection, each.case_id) for each in rows]
    # Read again: only now does it stay as it is.
    fresh = [await ENROLMENT.one(connection, each.case_id) for each in rows]
    return list(zip(held, fresh, strict=True))


async def move_all(
    connection: Connection,
    house: House,
    rows: Sequence[tuple[Held, EnrolmentRow]],
    target: str,
    source: str,
    *,
    told: bool = True,
) -> list[Moved]:
    """Move those of a bundle that are in `source`; their groups are locked first, in order."""
    await lock_groups(connection, [row.group_id for _, row in rows])
    return [
        await _move(connection, house, held, target, None, told=told)
        for held, _ in rows
        if held.case.state == source
    ]


async def accept(connection: Connection, house: House, case_id: UUID) -> list[Moved]:
    """Take what is offered, with all that was asked for together; raises TransitionNotAllowed."""
    return await _decide(connection, house, case_id, "submitted")


async def decline(connection: Connection, house: House, case_id: UUID) -> list[Moved]:
    """Leave what is offered to the next, together with the rest; raises TransitionNotAllowed."""
    return await _decide(connection, house, case_id, "declined")


async def _decide(connection: Connection, house: House, case_id: UUID, target: str) -> list[Moved]:
    rows = await hold_bundle(connection, case_id)
    if not any(held.case.id == case_id and held.case.state == "offered" for held, _ in rows):
        raise TransitionNotAllowed
    await lock_groups(connection, [row.group_id for _, row in rows])
    return [
        await _move(connection, house, held, target, None, by="resident", told=False)
        for held, _ in rows
        if held.case.state == "offered"
    ]


async def _offer(
    connection: Connection, house: House, rows: Sequence[tuple[Held, EnrolmentRow]]
) -> list[Moved] | None:
    waiting = [(held, row) for held, row in rows if held.case.state == "waitlisted"]
    groups = await lock_groups(connection, [row.group_id for _, row in waiting])
    wanted = Counter(row.group_id for _, row in waiting)
    if not waiting or any(_free(groups[each]) < number for each, number in wanted.items()):
        return None
    # Together they are decided about, so they have one deadline.
    minutes = min(groups[row.group_id].offer_minutes for _, row in waiting)
    until = house.now() + timedelta(minutes=minutes)
    return [await _move(connection, house, held, "offered", until) for held, _ in waiting]


def _free(group: GroupRow) -> int:
    return 0 if group.closed_at is not None else group.places - group.taken - group.offered


async def _move(
    connection: Connection,
    house: House,
    held: Held,
    target: str,
    until: datetime | None,
    *,
    by: str = "gateway",
    told: bool = True,
) -> Moved:
    change = Change(
        target=target,
        rows=held.assignments,
        by="resident" if by == "resident" else "gateway",
        until=until,
        told=told,
    )
    return await apply(connection, house, held, change)
