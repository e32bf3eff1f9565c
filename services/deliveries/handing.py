"""Hand-offs: notes to departments' back ends, claimed in batches and called side by side."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog
from msgspec import Struct

from services.backends.polling import Backends
from services.backends.queries import EXTERNAL_IDS, TAKEN
from services.backends.targets import Reached, targets
from services.db.query import Connection
from services.deliveries.backoff import next_hand_off_try
from services.deliveries.queries import (
    CLAIM_HAND_OFFS,
    DISABLE_WEBHOOK,
    HAND_OFF_CASES,
    ClaimedHandOff,
    HandOffCase,
)
from services.deliveries.settling import judge, settle
from services.deliveries.telling import fields_of
from services.house import House
from services.ports import HandOff, Verdict

log = structlog.get_logger()

BATCH = 64  # calls side by side
BATCHES_AT_ONCE = 2
LEASE = timedelta(seconds=120)  # a call is given up after 15 s, and a batch is one round of calls
UNCONFIGURED = Verdict(outcome="dead", code="no_backend")
ASSIGNED, REOPENED = "case.assigned", "case.reopened"


class _Job(Struct, frozen=True):
    row: ClaimedHandOff
    reached: Reached | None
    note: HandOff


async def hand_off(pool: asyncpg.Pool, house: House, backends: Backends, seconds: float) -> bool:
    """Hand off what is due; return False if there was more than `seconds` allowed.

    Claim, call and settle are apart: no connection is held while a back end is called. The next
    batch is claimed while the one before it is called, so that neither side waits for the other.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    batches: set[asyncio.Task[None]] = set()
    try:
        while loop.time() < until:
            jobs = await _claim(pool, house)
            if not jobs:
                return True
            batches.add(asyncio.create_task(_deliver(pool, house, backends, jobs)))
            if len(batches) == BATCHES_AT_ONCE:
                done, batches = await asyncio.wait(batches, return_when=asyncio.FIRST_COMPLETED)
                _note_failures(done)
    except asyncio.CancelledError:
        for batch in batches:
            batch.cancel()
        raise
    else:
        return False
    finally:
        if batches:
            done, _ = await asyncio.wait(batches)
            _note_failures(done)


def _note_failures(done: Iterable[asyncio.Task[None]]) -> None:
    """Log a batch that could not be settled: its lease runs out, and it is handed off again."""
    for batch in done:
        if not batch.cancelled() and (error := batch.exception()) is not None:
            log.warning("hand_offs_not_settled", error=type(error).__name__)


async def _deliver(
    pool: asyncpg.Pool, house: House, backends: Backends, jobs: Sequence[_Job]
) -> None:
    verdicts = await asyncio.gather(*(_call(backends, job) for job in jobs))
    await _settle(pool, house, jobs, verdicts)


async def _claim(pool: asyncpg.Pool, house: House) -> list[_Job]:
    now = house.now()
    async with pool.acquire() as connection, connection.transaction():
        rows = await CLAIM_HAND_OFFS.all(connection, now, BATCH, now + LEASE)
        if not rows:
            return []
        departments = sorted({row.department_id for row in rows})
        found = await targets(connection, house, departments, now)
        cases = await _cases(connection, rows)
        notes = {row.id: _note(row, cases) for row in rows}
        described = [row for row in rows if row.case_id is not None and _is_described(found, row)]
        if described:
            notes.update(await _filled(connection, house, described, notes))
    return [_Job(row, found.get(row.department_id), notes[row.id]) for row in rows]


def _is_described(found: Mapping[int, Reached], row: ClaimedHandOff) -> bool:
    reached = found.get(row.department_id)
    return reached is not None and reached.type == "json_rest"


async def _filled(
    connection: Connection,
    house: House,
    rows: Sequence[ClaimedHandOff],
    notes: Mapping[UUID, HandOff],
) -> dict[UUID, HandOff]:
    """Return the notes with all that a described back end may be given; noted as reads."""
    cases = [row.case_id for row in rows]
    known = await EXTERNAL_IDS.all(connection, cases, [row.department_id for row in rows])
    fields = await fields_of(connection, house, rows)
    return {
        row.id: msgspec.structs.replace(
            notes[row.id],
            fields=fields[row.id],
            external_id=there.external_id,
            again=row.attempts > 1,
        )
        for row, there in zip(rows, known, strict=True)
    }


async def _cases(
    connection: Connection, rows: Sequence[ClaimedHandOff]
) -> dict[tuple[UUID | None, int], HandOffCase]:
    found = await HAND_OFF_CASES.all(
        connection, [row.case_id for row in rows], [row.department_id for row in rows]
    )
    return {(case.case_id, case.department_id): case for case in found}


def _note(row: ClaimedHandOff, cases: dict[tuple[UUID | None, int], HandOffCase]) -> HandOff:
    case = cases.get((row.case_id, row.department_id))
    data: dict[str, object] = {}
    if case is not None:
        data = {
            "case_id": str(case.case_id),
            "number": case.number,
            "kind": case.kind,
            "state": case.state,
            "version": case.version,
            "department": case.department,
        }
    return HandOff(id=str(row.id), type=row.type, at=row.created_at, data=data)


async def _call(backends: Backends, job: _Job) -> Verdict:
    if job.reached is None:
        return UNCONFIGURED
    return await backends[job.reached.type].hand_off(job.reached.target, job.note)


async def _settle(
    pool: asyncpg.Pool, house: House, jobs: Sequence[_Job], verdicts: Sequence[Verdict]
) -> None:
    now = house.now()
    settled = [
        judge(job.row.id, job.row.attempts, verdict, next_hand_off_try, now)
        for job, verdict in zip(jobs, verdicts, strict=True)
    ]
    gone = {
        job.row.department_id
        for job, verdict in zip(jobs, verdicts, strict=True)
        if verdict.code == "gone"
    }
    async with pool.acquire() as connection, connection.transaction():
        await settle(connection, now, settled)
        await _taken(connection, now, jobs, verdicts)
        for department_id in gone:
            await DISABLE_WEBHOOK.run(connection, department_id, now)
            log.warning("webhook_disabled", department=department_id)


async def _taken(
    connection: Connection, now: datetime, jobs: Sequence[_Job], verdicts: Sequence[Verdict]
) -> None:
    """Remember what described back ends took over, and when to ask after it."""
    taken = [
        (job.row, verdict.external_id, _first_poll(now, job))
        for job, verdict in zip(jobs, verdicts, strict=True)
        if verdict.outcome == "sent"
        and job.reached is not None
        and job.reached.type == "json_rest"
        and job.row.type in {ASSIGNED, REOPENED}
    ]
    if taken:
        await TAKEN.run(
            connection,
            now,
            [row.case_id for row, _, _ in taken],
            [row.department_id for row, _, _ in taken],
            [external_id for _, external_id, _ in taken],
            [poll_at for _, _, poll_at in taken],
        )


def _first_poll(now: datetime, job: _Job) -> datetime | None:
    described = None if job.reached is None else job.reached.target.description
    if described is None or described.status is None:
        return None
    return now + timedelta(minutes=described.poll_minutes)
