"""Comparing both sides: what we think a back end has against what it says that it has.

Once a day and on demand. What is missing there is handed over anew; a state that the table allows
is taken over; all else is shown.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from services.backends.polling import Backends
from services.backends.queries import (
    DIFFERENCES,
    END_RECONCILIATION,
    FORGET_THERE,
    KEEP_DIFFERENCES,
    KNOWN,
    NEWEST_SEQUENCE,
    NUMBERS,
    OPEN_DAILY,
    OPEN_RECONCILIATION,
    RECONCILIATION,
    TAKE_RECONCILIATION,
    Difference,
    Known,
    Reconciliation,
)
from services.backends.reporting import UpdateRequest, report
from services.backends.targets import Reached, targets
from services.cases.holding import hold
from services.cases.transitions import AT_REST
from services.db.ids import new_id
from services.db.query import Connection
from services.deliveries.outbox import write_hand_off
from services.departments.callers import Caller
from services.errors import NotFound
from services.house import House
from services.ports import Doorbell, Holding, Holdings, Report, Verdict

log = structlog.get_logger()

EVERY = timedelta(hours=24)
ABANDONED = timedelta(minutes=30)
SETTLING = timedelta(minutes=5)
"""A case that was taken so shortly ago may not be in the other side's list yet."""
ASSIGNED = "case.assigned"
ON_THE_WAY = ("waiting", "leased")


class ReconciliationShown(Struct, frozen=True, kw_only=True):
    """A comparison and what it found; `items` are complete when `state` is `done`."""

    id: UUID
    department: str
    state: Literal["waiting", "running", "done", "failed"]
    error: str | None
    asked_at: datetime
    finished_at: datetime | None
    items: tuple[Difference, ...]


async def ask_for(connection: Connection, house: House, department_id: int) -> UUID:
    """Ask for a comparison; one that is waiting or running already is returned instead."""
    return await OPEN_RECONCILIATION.one(connection, new_id(), department_id, house.now())


async def ask_daily(pool: asyncpg.Pool, house: House) -> None:
    """Ask for a comparison with every back end that has had none for a day."""
    now = house.now()
    async with pool.acquire() as connection:
        await OPEN_DAILY.run(connection, now, now - EVERY)


async def show_reconciliation(
    connection: Connection, house: House, caller: Caller, reconciliation_id: UUID
) -> ReconciliationShown:
    """Return a comparison; raises NotFound for another department's or operator's."""
    row = await RECONCILIATION.one(connection, reconciliation_id)
    if caller.role == "department" and caller.department_id != row.department_id:
        raise NotFound
    if caller.operator_id not in {None, row.operator_id}:
        raise NotFound
    found = await DIFFERENCES.all(connection, reconciliation_id)
    return _shown(house, row, tuple(found))


async def reconcile(
    pool: asyncpg.Pool, house: House, backends: Backends, doorbell: Doorbell
) -> int:
    """Make every comparison that waits; return how many there were.

    One that a killed process had begun is begun anew; what it had repaired stays repaired.
    """
    made = 0
    while True:
        now = house.now()
        async with pool.acquire() as connection:
            found = await TAKE_RECONCILIATION.maybe(connection, now, now - ABANDONED)
        if found is None:
            return made
        made += 1
        try:
            error = await _compare(pool, house, backends, found)
        except Exception as trouble:
            log.exception("reconciliation_failed", reconciliation=str(found))
            error = type(trouble).__name__
        async with pool.acquire() as connection:
            state = "done" if error is None else "failed"
            await END_RECONCILIATION.run(connection, found, state, error, house.now())
        await doorbell.ring("hand_off")


async def _compare(
    pool: asyncpg.Pool, house: House, backends: Backends, reconciliation_id: UUID
) -> str | None:
    """Compare one department's; return what kept us from it, or None."""
    async with pool.acquire() as connection:
        row = await RECONCILIATION.one(connection, reconciliation_id)
        reached = (await targets(connection, house, [row.department_id], house.now())).get(
            row.department_id
        )
        known = await KNOWN.all(connection, row.department_id, sorted(AT_REST))
    there: dict[str, Holding] | None = None
    if reached is not None and reached.type == "json_rest":
        answer = await _ask(backends, reached, known)
        if isinstance(answer, Verdict):
            return answer.code
        there = {held.number: held for held in answer.items}
    found = await _differences(pool, house, row.department_id, known, there)
    async with pool.acquire() as connection:
        await KEEP_DIFFERENCES.run(
            connection,
            reconciliation_id,
            [each.kind for each in found],
            [each.case for each in found],
            [each.external_id for each in found],
            [each.state_here for each in found],
            [each.state_there for each in found],
            [each.repaired for each in found],
        )
    return None


async def _ask(backends: Backends, reached: Reached, known: list[Known]) -> Holdings | Verdict:
    """Return the back end's list; one that has none is asked case by case."""
    backend = backends[reached.type]
    listed = await backend.holdings(reached.target)
    if isinstance(listed, Holdings) or listed.code != "cannot_say":
        return listed
    items: list[Holding] = []
    for row in known:
        if row.external_id is None:
            continue
        answer = await backend.ask(reached.target, row.external_id)
        if isinstance(answer, Report):
            state, number = answer.state, row.number
            items.append(Holding(external_id=row.external_id, number=number, state=state))
        elif answer.code == "unknown_state":
            items.append(Holding(external_id=row.external_id, number=row.number, state=None))
        elif answer.code not in {"http_404", "http_410"}:
            return answer
    return Holdings(tuple(items))


async def _differences(
    pool: asyncpg.Pool,
    house: House,
    department_id: int,
    known: list[Known],
    there: Mapping[str, Holding] | None,
) -> list[Difference]:
    found: list[Difference] = []
    for row in known:
        async with pool.acquire() as connection, connection.transaction():
            held = None if there is None else there.get(row.number)
            difference = await _difference(connection, house, department_id, row, held, there)
        found += [] if difference is None else [difference]
    if there is not None:
        async with pool.acquire() as connection:
            ours = set(await NUMBERS.all(connection, department_id, list(there)))
        found += [
            Difference(
                kind="missing_here",
                case=None,
                external_id=held.external_id,
                state_here=None,
                state_there=held.state,
                repaired=False,
            )
            for number, held in there.items()
            if number not in ours
        ]
    return found


async def _difference(
    connection: Connection,
    house: House,
    department_id: int,
    row: Known,
    there: Holding | None,
    listed: Mapping[str, Holding] | None,
) -> Difference | None:
    """Return in what the two sides differ about a case, repaired where that is safe."""
    if there is None:
        if _may_be_missing(house, row, told=listed is None):
            return None
        await FORGET_THERE.run(connection, row.assignment_id)
        note = await write_hand_off(connection, house.now(), row.case_id, department_id, ASSIGNED)
        return _of("missing_there", row, None, repaired=note is not None)
    if there.state == row.state:
        return None
    return _of(
        "state_differs", row, there, repaired=await _taken_over(connection, house, row, there)
    )


def _may_be_missing(house: House, row: Known, *, told: bool) -> bool:
    """Tell whether it is all right that the other side does not have a case.

    `told`: the other side has no list; what it acknowledged, it has.
    """
    if row.delivery in ON_THE_WAY or (told and row.delivery == "sent"):
        return True
    return row.taken_at is not None and house.now() - row.taken_at < SETTLING


async def _taken_over(connection: Connection, house: House, row: Known, there: Holding) -> bool:
    """Take the other side's state over if the table allows it; return whether it did."""
    if there.state is None:
        return False
    held = await hold(connection, row.case_id)
    own = next((each for each in held.assignments if each.id == row.assignment_id), None)
    if own is None:
        return False
    last = await NEWEST_SEQUENCE.maybe(connection, row.assignment_id)
    update = UpdateRequest(
        external_id=there.external_id,
        sequence=(last or 0) + 1,
        state=there.state,
        at=house.now(),
    )
    return (await report(connection, house, held, own, update)).moved is not None


def _of(
    kind: Literal["missing_there", "state_differs"],
    row: Known,
    there: Holding | None,
    *,
    repaired: bool,
) -> Difference:
    return Difference(
        kind=kind,
        case=row.case_id,
        external_id=row.external_id if there is None else there.external_id,
        state_here=row.state,
        state_there=None if there is None else there.state,
        repaired=repaired,
    )


def _shown(house: House, row: Reconciliation, items: tuple[Difference, ...]) -> ReconciliationShown:
    return ReconciliationShown(
        id=row.id,
        department=row.department,
        state=row.state,
        error=row.error,
        asked_at=row.asked_at.astimezone(house.zone),
        finished_at=None if row.finished_at is None else row.finished_at.astimezone(house.zone),
        items=items,
    )
