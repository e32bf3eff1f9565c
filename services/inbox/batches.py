"""Taking events in batches: whatever waits is loaded, stepped and written together.

Two batches at most are under way, at most one event a resident in both: while the database is at
one, the process is at the other (`deploy/benchmarks.md`). When nothing waits a batch is one event,
so nobody waits for company. An event is answered only when its effect is durable; what the guard
refused is done again, and a batch that fails is done one by one.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import structlog
from msgspec.structs import replace

from services.db.trouble import DATABASE_TROUBLE
from services.deliveries.inline import InlineSender
from services.deliveries.ringing import Ringing
from services.dialogs.step import Dialogues
from services.dialogs.world import NeedsDatabase
from services.errors import Unavailable
from services.house import House
from services.inbox.carrying import Carrying, Errands
from services.inbox.failing import note_failure
from services.inbox.line import Line, Waiting
from services.inbox.queries import Loaded
from services.inbox.stepping import is_quick, step
from services.inbox.visits import Visit, Written, open_talk
from services.inbox.writing import Reply, load, replies, write
from services.ports import Doorbell
from services.throttling import Allowance, Throttle

log = structlog.get_logger()

BATCH = 64
BATCHES = 2  # under way at once
ALONE_AT_ONCE = 8  # events of different residents, each in a transaction of its own
TRIES = 5  # of an event whose dialogue keeps moving under it
LEAVE_SECONDS = 20  # for what is under way at the end, should the database hang
INLINE_LEASE = timedelta(seconds=30)
FLOOD = Allowance(burst=40, per_second=1.0)
"""What one resident may do. Nobody presses faster for long; a form has a dozen steps."""
WARNING = Allowance(burst=1, per_second=1 / 30)
"""How often a resident who floods is told so."""


class Inbox:
    """The events of this process that wait, and the tasks that take them."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        house: House,
        dialogues: Dialogues,
        errands: Errands,
        doorbell: Doorbell,
        inline: InlineSender,
    ) -> None:
        """Take what a step needs; `start` begins to take events."""
        self._pool = pool
        self._house = house
        self._dialogues = dialogues
        self._errands = errands
        self._doorbell = doorbell
        self._inline = inline
        self._ringing = Ringing(doorbell)
        self._line = Line()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: set[asyncio.Future[None]] = set()
        self._leaving = False
        self._floods, self._warned = Throttle(FLOOD), Throttle(WARNING)

    def start(self) -> None:
        """Begin to take events."""
        self._tasks = [asyncio.create_task(self._run(), name="inbox") for _ in range(BATCHES)]

    async def stop(self) -> None:
        """Finish what was accepted, waiting or under way, then stop; take no more."""
        self._leaving = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LEAVE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ringing.stop()

    async def take(self, visit: Visit) -> bool:
        """Return True when the event's effect is durable.

        False: its resident floods the page, is told so once, and the event has no effect.

        Raises Unavailable when too much waits or the database is away, and whatever the step
        raised when it failed for the first or second time.
        """
        if self._leaving:
            raise Unavailable
        flooding = self._floods_page(visit)
        if flooding and self._warned.take(visit.user_key, time.monotonic()):
            return False
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.add(Waiting(replace(visit, hurried=True) if flooding else visit, done))
        self._under_way.add(done)
        done.add_done_callback(self._ended)
        self._wake.set()
        await asyncio.shield(done)  # who gives up waiting does not undo what is under way
        return not flooding

    def _floods_page(self, visit: Visit) -> bool:
        acts = visit.incoming is not None
        return acts and self._floods.take(visit.user_key, time.monotonic()) > 0

    def _ended(self, done: asyncio.Future[None]) -> None:
        self._under_way.discard(done)
        if not done.cancelled():
            done.exception()  # seen here where nobody waits for it any more

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            batch = self._line.take(BATCH)
            if not batch:
                self._wake.clear()
                continue
            try:
                await self._take_batch(batch)
            except Exception as error:
                log.exception("batch_failed", error=type(error).__name__, events=len(batch))
                for waiting in batch:
                    _fail(waiting, error)
            finally:
                self._line.free(batch)
                if self._line:
                    self._wake.set()

    async def _take_batch(self, batch: Sequence[Waiting]) -> None:
        try:
            left = await self._together(batch)
        except asyncpg.UniqueViolationError:
            left = list(batch)  # another process took a copy of one of them meanwhile
        except Exception as error:  # noqa: BLE001 - one may be poison, or the outcome is unknown
            log.warning("batch_split", error=type(error).__name__, events=len(batch))
            left = list(batch)
        room = asyncio.Semaphore(ALONE_AT_ONCE)
        await asyncio.gather(*(self._with_room(room, waiting) for waiting in left))

    async def _with_room(self, room: asyncio.Semaphore, waiting: Waiting) -> None:
        async with room:
            await self._alone(waiting)

    async def _together(self, batch: Sequence[Waiting]) -> list[Waiting]:
        """Take a batch the quick way; return those that must be done alone."""
        now = self._house.now()
        alone: list[Waiting] = []
        stepped: list[Waiting] = []
        written: list[Written] = []
        async with self._pool.acquire() as connection:
            known = await load(connection, [waiting.visit for waiting in batch])
            for waiting, loaded in zip(batch, known, strict=True):
                row = None if loaded.seen else self._step(waiting.visit, loaded, now)
                if loaded.seen:
                    _succeed(waiting)
                elif row is None:
                    alone.append(waiting)
                else:
                    stepped.append(waiting)
                    written.append(row)
            if not written:
                return alone
            told = replies(written, self._lease)
            taken = await write(connection, self._house, written, told, now)
        for waiting in stepped:
            if waiting.visit.key in taken:
                _succeed(waiting)
            else:
                alone.append(waiting)
        self._send(written, told, taken)
        return alone

    def _step(self, visit: Visit, loaded: Loaded, now: datetime) -> Written | None:
        talk = open_talk(self._house, loaded)
        if not is_quick(self._dialogues, visit, loaded, talk):
            return None
        try:
            return step(self._house, self._dialogues, visit, loaded, talk, now)
        except NeedsDatabase:
            return None

    async def _alone(self, waiting: Waiting) -> None:
        """Take one event in a transaction of its own."""
        for attempt in range(TRIES):
            try:
                await self._carry(waiting.visit)
            except (_Moved, asyncpg.UniqueViolationError):
                continue
            except DATABASE_TROUBLE as error:
                if attempt:
                    log.warning("database_trouble", error=type(error).__name__)
                    return _fail(waiting, Unavailable())
            except Exception as error:  # noqa: BLE001 - a bug in one step must not stop a community
                return await self._failed(waiting, error)
            else:
                return _succeed(waiting)
        return _fail(waiting, Unavailable())

    async def _carry(self, visit: Visit) -> None:
        now = self._house.now()
        async with self._pool.acquire() as connection, connection.transaction():
            loaded = (await load(connection, [visit]))[0]
            if loaded.seen:
                return
            carrying = Carrying(
                connection=connection,
                house=self._house,
                dialogues=self._dialogues,
                errands=self._errands,
                visit=visit,
                loaded=loaded,
                now=now,
            )
            row = await carrying.carry()
            told = replies([row], self._lease)
            taken = await write(connection, self._house, [row], told, now)
            if not taken:
                raise _Moved
        self._send([row], told, taken)
        if row.hands_off:
            await self._doorbell.ring("hand_off")
        if row.fetches:
            await self._doorbell.ring("fetch")

    async def _failed(self, waiting: Waiting, error: Exception) -> None:
        """Count a failure; the third time the event is kept as failed and answered."""
        visit = waiting.visit
        name = type(error).__name__
        where = (type(error), error, error.__traceback__)
        log.error("event_failed", community=visit.community.id, id=visit.event_id, exc_info=where)
        try:
            async with self._pool.acquire() as connection:
                given_up = await note_failure(connection, self._house, visit, name)
        except DATABASE_TROUBLE:
            return _fail(waiting, Unavailable())
        if not given_up:
            return _fail(waiting, error)
        await self._doorbell.ring("send", str(visit.community.id))
        return _succeed(waiting)

    def _lease(self, row: Written) -> datetime | None:
        """Return until when this process keeps a reply for itself, to send it at once."""
        if row.waits or not self._inline.has_room(row.visit.community):
            return None
        return self._house.now() + INLINE_LEASE

    def _send(
        self, written: Sequence[Written], told: Sequence[Reply], taken: set[tuple[int, str]]
    ) -> None:
        """After the commit: send what is ours to send, ring for the rest."""
        held = {row.dialog_id for row in written if row.visit.key in taken}
        ring: set[int] = set()
        ours: dict[int, list[Reply]] = {}
        for reply in told:
            if reply.dialog_id not in held:
                continue
            if reply.leased_until is None:
                ring.add(reply.community.id)
            else:
                ours.setdefault(reply.community.id, []).append(reply)
        for batch in ours.values():
            self._inline.submit(batch[0].community, [reply.leased for reply in batch])
        for community_id in ring:
            self._inline.queued(community_id)
            self._ringing.ring(community_id)


class _Moved(Exception):
    """The dialogue moved on since it was loaded: load it again."""


def _succeed(waiting: Waiting) -> None:
    if not waiting.done.done():
        waiting.done.set_result(None)


def _fail(waiting: Waiting, error: Exception) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
