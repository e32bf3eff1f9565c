"""Sending a reply at once from the process that wrote it, so that the chat feels instant.

Only when nothing of that page is queued here and its pace allows a call soon; all else is done by
the workers. What this process leased and could not send goes back to the queue.
"""

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import structlog

from services.communities.queries import Community
from services.deliveries.leased import Leased
from services.deliveries.queries import RELEASE
from services.deliveries.sending import CALL_LIMIT, send_batch
from services.house import House
from services.ports import Doorbell, Messenger, Pace

log = structlog.get_logger()

CALLS = 48  # calls under way at once in one process
QUIET_SECONDS = 1.0  # after something was queued the workers have the page for so long
PATIENCE = 0.25  # seconds to wait for the page's pace; longer, and a worker does it
PAGES_REMEMBERED = 4096


class InlineSender:
    """The calls under way in this process, and the pages that are left to the workers."""

    def __init__(
        self, pool: asyncpg.Pool, house: House, messenger: Messenger, pace: Pace, doorbell: Doorbell
    ) -> None:
        """Take the way out and the pace that all processes share."""
        self._pool = pool
        self._house = house
        self._messenger = messenger
        self._pace = pace
        self._doorbell = doorbell
        self._tasks: set[asyncio.Task[None]] = set()
        self._calling: set[int] = set()
        self._queued: dict[int, float] = {}

    def has_room(self, community: Community) -> bool:
        """Tell whether a message of this page could leave at once."""
        return (
            community.paused is None
            and len(self._tasks) < CALLS
            and community.id not in self._calling
            and self._queued.get(community.id, 0.0) < time.monotonic()
        )

    def queued(self, community_id: int) -> None:
        """Leave a page to the workers for a while: something of it waits in the queue."""
        if len(self._queued) > PAGES_REMEMBERED:
            self._queued.clear()
        self._queued[community_id] = time.monotonic() + QUIET_SECONDS

    def submit(self, community: Community, batch: Sequence[Leased]) -> None:
        """Send messages that this process has leased, in their order; returns at once."""
        self._calling.add(community.id)
        task = asyncio.create_task(self._send(community, batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Wait for the calls under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def _send(self, community: Community, batch: Sequence[Leased]) -> None:
        left = list(batch)
        try:
            while left:
                wait = await self._pace.reserve(community.group_id, PATIENCE)
                if wait is None:
                    break
                await asyncio.sleep(wait)
                call, later = _one_each(left)
                settled = await send_batch(
                    self._pool, self._house, self._messenger, self._pace, community, call
                )
                left = later if settled else []  # what could not be sent is waited for in order
                if not settled and later:
                    await self._release(community, later)
        except Exception as error:  # noqa: BLE001 - the lease runs out and a worker does it
            log.warning("inline_failed", community=community.id, error=type(error).__name__)
        else:
            if left:
                await self._release(community, left)
        finally:
            self._calling.discard(community.id)

    async def _release(self, community: Community, left: Sequence[Leased]) -> None:
        self.queued(community.id)
        async with self._pool.acquire() as connection:
            await RELEASE.run(connection, [item.id for item in left])
        await self._doorbell.ring("send", str(community.id))


def _one_each(batch: Sequence[Leased]) -> tuple[list[Leased], list[Leased]]:
    """Split a batch into one call, at most one message a person and 25 in all, and the rest."""
    call: list[Leased] = []
    later: list[Leased] = []
    people: set[object] = set()
    for item in batch:
        fits = item.account_id not in people and len(call) < CALL_LIMIT
        (call if fits else later).append(item)
        people.add(item.account_id)
    return call, later
