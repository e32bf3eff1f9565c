"""Hand-offs: notes to departments' back ends, claimed in batches and called side by side."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from services.db.query import Connection
from services.deliveries.backoff import next_hand_off_try
from services.deliveries.queries import (
    CLAIM_HAND_OFFS,
    DISABLE_WEBHOOK,
    HAND_OFF_CASES,
    WEBHOOK_TARGETS,
    ClaimedHandOff,
    HandOffCase,
    WebhookTarget,
)
from services.deliveries.settling import judge, settle
from services.house import House
from services.ports import Backend, HandOff, HandOffTarget, Verdict

log = structlog.get_logger()

BATCH = 100
CALLS_AT_ONCE = 64
LEASE = timedelta(seconds=120)  # a call is given up after 15 s; a batch is two rounds of calls
SECRET = "webhooks.secret"  # noqa: S105 - the column's name
PREVIOUS_SECRET = "webhooks.previous_secret"  # noqa: S105 - the column's name
UNCONFIGURED = Verdict(outcome="dead", code="no_webhook")


class _Job(Struct, frozen=True):
    row: ClaimedHandOff
    target: HandOffTarget | None
    note: HandOff


async def hand_off(pool: asyncpg.Pool, house: House, backend: Backend, seconds: float) -> bool:
    """Hand off what is due; return False if there was more than `seconds` allowed.

    Claim, call and settle are apart: no connection is held while a back end is called.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        jobs = await _claim(pool, house)
        if not jobs:
            return True
        room = asyncio.Semaphore(CALLS_AT_ONCE)
        verdicts = await asyncio.gather(*(_call(backend, job, room) for job in jobs))
        await _settle(pool, house, jobs, verdicts)
    return False


async def _claim(pool: asyncpg.Pool, house: House) -> list[_Job]:
    now = house.now()
    async with pool.acquire() as connection, connection.transaction():
        rows = await CLAIM_HAND_OFFS.all(connection, now, BATCH, now + LEASE)
        if not rows:
            return []
        departments = sorted({row.department_id for row in rows})
        found = await WEBHOOK_TARGETS.all(connection, departments, now)
        cases = await _cases(connection, rows)
    known = {row.department_id: _target(house, row) for row in found}
    return [_Job(row, known.get(row.department_id), _note(row, cases)) for row in rows]


async def _cases(
    connection: Connection, rows: Sequence[ClaimedHandOff]
) -> dict[tuple[UUID | None, int], HandOffCase]:
    found = await HAND_OFF_CASES.all(
        connection, [row.case_id for row in rows], [row.department_id for row in rows]
    )
    return {(case.case_id, case.department_id): case for case in found}


def _target(house: House, row: WebhookTarget) -> HandOffTarget:
    newest = house.sealer.open(SECRET, row.department_id, row.secret)
    secrets = [newest.decode()]
    if row.previous_secret is not None:
        previous = house.sealer.open(PREVIOUS_SECRET, row.department_id, row.previous_secret)
        secrets.append(previous.decode())
    return HandOffTarget(row.url, tuple(secrets))


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
    return HandOff(str(row.id), row.type, row.created_at, data)


async def _call(backend: Backend, job: _Job, room: asyncio.Semaphore) -> Verdict:
    if job.target is None:
        return UNCONFIGURED
    async with room:
        return await backend.hand_off(job.target, job.note)


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
        for department_id in gone:
            await DISABLE_WEBHOOK.run(connection, department_id, now)
            log.warning("webhook_disabled", department=department_id)
