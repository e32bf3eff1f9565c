"""The overview, and the stream that keeps pages up to date."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get
from litestar.response import ServerSentEvent
from msgspec import Struct

from gateway.admin.access import EVERYBODY, session_of
from gateway.admin.rendering import Asked, back, page
from gateway.dependencies import Db, InHouse, Who
from gateway.parts import Parts, parts_of
from services.departments.callers import Caller
from services.errors import Unauthorized
from services.monitor.overview import overview
from services.monitor.streaming import Glance, glance

LOOK_SECONDS = 2.0
QUIET_LOOKS = 10  # after which something is sent all the same, so that nobody thinks it is dead
STREAMS = 200  # open at once in one process


class Streams:
    """How many streams are open in this process."""

    def __init__(self) -> None:
        """Start with none."""
        self.open = 0


STREAMING = Streams()


class Told(Struct, frozen=True):
    """What is sent: ids and counts, nothing of what a case is about."""

    counts: dict[str, int]
    cases: list[str]


@get("/", guards=[EVERYBODY])
async def show_overview(
    request: Asked, connection: Db, caller: Who, house: InHouse
) -> Response[Any]:
    """Show what is wrong and where; a department is led to its queue."""
    if caller.role == "department":
        return back("/admin/queue")
    found = await overview(connection, house, caller)
    return page(request, "overview.html", found=found)


@get("/live", guards=[EVERYBODY])
async def follow(request: Asked) -> Response[Any]:
    """Send counts whenever they change, and the ids of cases that arrive."""
    if STREAMING.open >= STREAMS:
        return Response(b"", status_code=503, headers={"Retry-After": "30"})
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return ServerSentEvent(_stream(request), headers=headers)


async def _stream(request: Asked) -> AsyncGenerator[dict[str, Any], None]:
    parts = parts_of(request)
    STREAMING.open += 1
    try:
        yield {"event": "hello", "data": "{}", "retry": int(LOOK_SECONDS * 1000)}
        async for told in _looks(request, parts):
            yield {"event": "change", "data": msgspec.json.encode(told).decode()}
    finally:
        STREAMING.open -= 1


async def _looks(request: Asked, parts: Parts) -> AsyncGenerator[Told, None]:
    """Look again and again until the session is over or the process leaves."""
    last: Glance | None = None
    since, quiet = parts.house.now(), 0
    while not parts.leaving.is_set():
        try:
            session = await session_of(request, touch=False)
        except Unauthorized:
            return
        seen = await _look(parts, session.caller, since)
        quiet += 1
        if last is None or seen.counts != last.counts or seen.cases or quiet >= QUIET_LOOKS:
            yield Told(seen.counts, [str(case) for case in seen.cases])
            quiet = 0
        last, since = seen, seen.until
        await asyncio.sleep(LOOK_SECONDS)


async def _look(parts: Parts, caller: Caller, since: datetime) -> Glance:
    async with parts.pool.acquire() as connection, connection.transaction():
        return await glance(connection, parts.house, caller, since)


HANDLERS = [show_overview, follow]
