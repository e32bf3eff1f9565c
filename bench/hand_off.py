"""hand_off: hand-offs a second, from committed to acknowledged by a local back end, by one worker.

Thousands of cases each have a signed webhook in the queue; then a worker starts. The limit is arq
alone: jobs a second that do nothing, by one worker with the same settings. After the clock has
stopped every note was acknowledged once and every delivery is settled.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import uvloop
from arq.worker import func

from bench.house import House, open_house
from bench.quiet import quiet
from bench.report import Measured, note
from bench.work import working
from gateway.parts import open_queue
from integrations.queue.settings import WORKER_OPTIONS
from integrations.queue.worker import Worker
from services.backends.targets import SECRET
from services.db.ids import new_id
from services.db.query import Query

PAIRS = 3
NOTES = 5000  # in one run: a second or two
NOOPS = 5000
CASE = """id number kind state operator_id community_id department_id subject
    created_at updated_at"""
WEBHOOK = Query(
    type(None),
    """INSERT INTO webhooks (department_id, url, secret) VALUES ($1, $2, $3)
    ON CONFLICT (department_id) DO UPDATE SET url = $2""",
)
LEFT = Query(int, "SELECT count(*) FROM deliveries WHERE kind = 'hand_off' AND state <> 'sent'")


class BackEnd:
    """Acknowledges notes; remembers when each came, by its id."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.url = ""
        self.notes: dict[str, list[float]] = {}
        self._news = asyncio.Event()

    def take(self, note_id: str) -> None:
        """Remember a note that has arrived whole."""
        self.notes.setdefault(note_id, []).append(time.monotonic())
        self._news.set()

    async def has(self, count: int) -> None:
        """Wait for so many notes."""
        while len(self.notes) < count:
            self._news.clear()
            await self._news.wait()


class Line(asyncio.Protocol):
    """One connection to the back end: no web framework, so that the worker is what is measured."""

    def __init__(self, back_end: BackEnd) -> None:
        """Take where the notes go."""
        self._back_end = back_end
        self._got = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Acknowledge each note as soon as it is whole."""
        self._got += data
        while (whole := _whole(self._got)) is not None:
            note_id, length = whole
            self._got = self._got[length:]
            self._back_end.take(note_id)
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


def _whole(got: bytes) -> tuple[str, int] | None:
    """Return the id of the first request and its length, if all of it has arrived."""
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return None
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(fields[b"content-length"])
    if len(body) < length:
        return None
    return fields[b"webhook-id"].decode(), len(head) + len(end) + length


def measure() -> dict[str, Measured]:
    """Measure the figure."""
    return uvloop.run(_measure())


async def _measure() -> dict[str, Measured]:
    rates: list[float] = []
    limits: list[float] = []
    async with open_house(1) as house:
        for pair in range(PAIRS):
            await _fill(house, pair * NOTES)
            await quiet()
            rates.append(await _worker(house))
            await quiet()
            limits.append(await _noops(house))
            note(f"  hand-offs: {rates[-1]:.0f}/s, jobs that do nothing {limits[-1]:.0f}/s")
    return {"hand_off": Measured(rates, limits)}


async def _fill(house: House, first: int) -> None:
    """Write cases with an assignment and a note each."""
    now = house.parts.house.now()
    page = house.pages[0]
    department = next(iter(house.parts.house.directory.snapshot.departments.values())).id
    ids = [(new_id(), new_id(), new_id()) for _ in range(NOTES)]
    described = ("appeal", "registered", page.operator_id, page.id, department, "Дороги")
    tables: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "cases": (
            CASE,
            [
                (case, f"27-26-{first + number:07}-0", *described, now, now)
                for number, (case, _, _) in enumerate(ids)
            ],
        ),
        "assignments": (
            "id case_id department_id kind state workable created_at updated_at",
            [
                (assignment, case, department, "appeal", "registered", True, now, now)
                for case, assignment, _ in ids
            ],
        ),
        "deliveries": (
            "id kind type department_id case_id next_at created_at",
            [
                (delivery, "hand_off", "case.assigned", department, case, now, now)
                for case, _, delivery in ids
            ],
        ),
    }
    async with house.parts.pool.acquire() as connection, connection.transaction():
        for table, (columns, rows) in tables.items():
            await connection.copy_records_to_table(table, records=rows, columns=columns.split())


async def _worker(house: House) -> float:
    """Let a worker hand off what waits; return notes a second, from the first to the last."""
    async with _back_end() as back_end:
        await _listen(house, back_end)
        with working(house):
            await back_end.has(NOTES)
    assert await _left(house) == 0, "something acknowledged is not settled"
    times = [each for note_times in back_end.notes.values() for each in note_times]
    assert len(times) == NOTES, "a note was sent twice"
    return NOTES / (max(times) - min(times))


async def _listen(house: House, back_end: BackEnd) -> None:
    department = next(iter(house.parts.house.directory.snapshot.departments.values())).id
    secret = house.parts.house.sealer.seal(SECRET, department, b"whsec_" + b"A" * 32)
    async with house.parts.pool.acquire() as connection:
        await WEBHOOK.run(connection, department, back_end.url, secret)


async def _left(house: House) -> int:
    async with house.parts.pool.acquire() as connection:
        return await LEFT.one(connection)


async def _noops(house: House) -> float:
    """Let arq run jobs that do nothing; return jobs a second."""

    async def nothing(_: dict[Any, Any], *_numbers: int) -> None:
        """Do nothing."""

    queue = open_queue(house.parts.settings.redis_url or "")
    try:
        await queue.flushdb()
        for number in range(NOOPS):
            await queue.enqueue_job("nothing", number)
        # A cast, for arq's type asks for more arguments than its jobs must take.
        jobs = [func(cast("Any", nothing), name="nothing")]
        worker = Worker(jobs, redis_pool=queue, burst=True, handle_signals=False, **WORKER_OPTIONS)
        begun = time.monotonic()
        await worker.async_run()
        seconds = time.monotonic() - begun
        assert worker.jobs_complete == NOOPS
    finally:
        await queue.aclose()
    return NOOPS / seconds


@asynccontextmanager
async def _back_end() -> AsyncGenerator[BackEnd]:
    back_end = BackEnd()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(back_end), "127.0.0.1", 0)
    back_end.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield back_end
    finally:
        server.close()
