"""/health/live, /health/ready, /metrics: for whoever runs the gateway."""

import asyncio
from typing import Literal

import asyncpg
from litestar import MediaType, Response, get
from msgspec import UNSET, Struct, UnsetType
from redis.exceptions import RedisError

from gateway.dependencies import WithParts
from gateway.metrics import CONTENT_TYPE
from gateway.parts import HEARTBEAT, Parts
from services.communities.communities import count_pages
from services.db.migrate import check_schema
from services.deliveries.lost import standing
from services.errors import ServiceError
from services.monitor.measuring import measure

SECONDS = 2.0  # a check that takes longer is a failed one
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Check(Struct, frozen=True, omit_defaults=True):
    """One part of the whole; `message` says what is wrong."""

    ok: bool
    message: str | UnsetType = UNSET


class Checks(Struct, frozen=True, omit_defaults=True):
    """All parts that readiness looks at; `process` is there when this one is about to end."""

    database: Check
    migrations: Check
    queue: Check
    worker: Check
    process: Check | UnsetType = UNSET


class Readiness(Struct, frozen=True):
    """`degraded`: events are still taken, but nothing leaves until Valkey and a worker are back."""

    status: Literal["ready", "degraded", "not_ready"]
    checks: Checks


@get("/health/live", opt={"public": True}, sync_to_thread=False)
def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "live"}


@get("/health/ready", opt={"public": True})
async def ready(parts: WithParts) -> Response[Readiness]:
    """Say whether events are taken (200) or not (503), and what is missing."""
    (database, migrations), (queue, worker) = await asyncio.gather(
        _check_database(parts), _check_queue(parts)
    )
    leaving = parts.leaving.is_set()
    process = Check(ok=False, message="Leaving: send nothing more here.") if leaving else UNSET
    checks = Checks(database, migrations, queue, worker, process)
    if leaving or not (database.ok and migrations.ok):
        return Response(Readiness("not_ready", checks), status_code=503)
    whole = queue.ok and worker.ok
    return Response(Readiness("ready" if whole else "degraded", checks), status_code=200)


@get("/metrics", opt={"public": True}, media_type=MediaType.TEXT)
async def metrics(parts: WithParts) -> Response[bytes]:
    """Answer all counters as Prometheus text."""
    try:
        async with parts.pool.acquire(timeout=SECONDS) as connection:
            by_state, oldest = await standing(connection, parts.house.now())
            parts.metrics.deliveries(by_state, oldest)
            parts.metrics.communities(*await count_pages(connection))
            measured = await measure(connection, parts.house)
            parts.metrics.cases(
                measured.counts.states,
                measured.counts.due_today,
                measured.counts.overdue,
                measured.unfolded,
            )
            parts.metrics.departments(measured.overdue, measured.dead)
            found = measured.lines
            parts.metrics.lines(found.places, found.waiting, found.offers, found.norms)
    except _AWAY:
        pass  # the counters of this process are worth most while the database is away
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE)


async def _check_database(parts: Parts) -> tuple[Check, Check]:
    unknown = Check(ok=False, message="Not known without the database.")
    try:
        async with asyncio.timeout(SECONDS), parts.pool.acquire() as connection:
            await check_schema(connection)
    except ServiceError as error:
        return Check(ok=True), Check(ok=False, message=error.message)
    except _AWAY:
        return Check(ok=False, message="The database does not answer."), unknown
    return Check(ok=True), Check(ok=True)


async def _check_queue(parts: Parts) -> tuple[Check, Check]:
    try:
        async with asyncio.timeout(SECONDS):
            beat = await parts.valkey.get(HEARTBEAT)
    except (RedisError, OSError, TimeoutError):
        unknown = Check(ok=False, message="Not known without Valkey.")
        return Check(ok=False, message="Valkey does not answer."), unknown
    if beat is None:
        return Check(ok=True), Check(ok=False, message="No worker has reported lately.")
    return Check(ok=True), Check(ok=True)
