"""Posts events to a community's servers as VK does, in order, again and again until `ok`."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

import aiohttp
import structlog

from integrations.demo.vk.world import CallbackServer, Community, World, envelope

log = structlog.get_logger()

# Seconds before the next try of an event; the last one repeats.
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 10.0)
# So many refusals in a row and VK calls the server failed.
FAILED_AFTER = 5
# An event that a living server refuses so often is given up.
GIVE_UP_AFTER = 12
ANSWER_WITHIN = 10.0
LONGEST_PAUSE = 3 * 3600.0
PAUSING = frozenset({410, 429, 503})
LONGEST_ANSWER = 1024


class Answer(NamedTuple):
    """What a server said: status 0 when it could not be reached; seconds it asks to wait."""

    status: int
    body: str
    pause: float | None = None


class Courier:
    """Runs one task for each callback server. `start` and `stop` belong to the app's life."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.back_off: tuple[float, ...] = BACK_OFF
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Begin to deliver to the servers that are there already."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN),
            connector=aiohttp.TCPConnector(limit=0),
        )
        for community in self.world.communities.values():
            for server in community.servers.values():
                self.attach(server)

    async def stop(self) -> None:
        """End the tasks; what is still queued is lost, as the stand-in keeps nothing."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._session:
            await self._session.close()

    def tasks(self) -> list[asyncio.Task[None]]:
        """List the tasks that deliver now."""
        return list(self._tasks.values())

    def attach(self, server: CallbackServer) -> None:
        """Deliver to one more server; known ones are left alone."""
        key = (server.group_id, server.id)
        if self._session and key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._deliver(server))

    def detach(self, community: Community, server: CallbackServer) -> None:
        """Forget a server and its queue."""
        community.servers.pop(server.id, None)
        task = self._tasks.pop((server.group_id, server.id), None)
        if task and task is not asyncio.current_task():
            task.cancel()

    async def confirm(self, community: Community, server: CallbackServer) -> bool:
        """Ask a server for the community's code; it is ok only when it knows it."""
        answer = await self.post(server, _question(server))
        known = answer.status == HTTPStatus.OK and answer.body == community.confirmation
        server.status = "ok" if known else "failed"
        return known

    async def post(self, server: CallbackServer, body: bytes, retry: int = 0) -> Answer:
        """Post one body; a retry says in `X-Retry-Counter` which it is."""
        if self._session is None:
            return Answer(0, "not started")
        headers = {"Content-Type": "application/json"}
        if retry:
            headers["X-Retry-Counter"] = str(retry)
        try:
            async with self._session.post(
                server.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                words = await response.content.read(LONGEST_ANSWER)
                pause = _pause(response.headers.get("Retry-After"), self.world.now())
                return Answer(response.status, words.decode(errors="replace"), pause)
        except (aiohttp.ClientError, TimeoutError) as error:
            return Answer(0, type(error).__name__)

    async def _deliver(self, server: CallbackServer) -> None:
        retry = 0
        while True:
            if not server.queue:
                server.wake.clear()
                await server.wake.wait()
                continue
            kind, body = server.queue[0]
            answer = await self.post(server, body, retry)
            if answer.status == HTTPStatus.OK and answer.body == "ok":
                self._settle(server, kind, "ok")
                server.status, retry = "ok", 0
            elif answer.body == "remove":
                self.detach(self.world.community(server.group_id), server)
                return
            elif answer.status and retry + 1 >= GIVE_UP_AFTER:
                self._settle(server, kind, "given_up")
                retry = 0
            else:
                await self._wait(server, answer, retry)
                retry += 1

    def _settle(self, server: CallbackServer, kind: str, outcome: str) -> None:
        if server.queue:
            server.queue.popleft()
        self.world.counters.events[outcome] += 1
        self.world.counters.events[kind] += outcome == "ok"

    async def _wait(self, server: CallbackServer, answer: Answer, retry: int) -> None:
        self.world.counters.events["refused"] += 1
        if retry + 1 >= FAILED_AFTER:
            server.status = "failed"
        log.info("callback_refused", status=answer.status, retry=retry, group_id=server.group_id)
        pause = answer.pause if answer.status in PAUSING else None
        if pause is None:
            pause = self.back_off[min(retry, len(self.back_off) - 1)]
        await asyncio.sleep(pause)


def _question(server: CallbackServer) -> bytes:
    return envelope(server.group_id, server.secret, "confirmation", "confirmation")


def _pause(header: str | None, now: float) -> float | None:
    """Read `Retry-After` as VK does: an HTTP-date less than three hours away, else nothing."""
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.fromtimestamp(now, UTC)).total_seconds()
    return max(seconds, 0.0) if seconds < LONGEST_PAUSE else None
