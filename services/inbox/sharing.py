"""Sharing the pages to follow among processes, by leases: a killed one's are taken over."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from services.db.ids import new_id
from services.db.trouble import DATABASE_TROUBLE
from services.house import House
from services.inbox.polling_queries import (
    FORGET_DEAD,
    GIVE_BACK,
    RENEW,
    SHARE,
    SIGN_IN,
    SIGN_OUT,
    TAKE,
    Held,
)

log = structlog.get_logger()

PAGES_HELD = 500  # by one process: each is an open connection and some kilobytes
TAKEN_AT_ONCE = 50  # so that processes that start together share, and VK is not stormed
LEASE = timedelta(seconds=20)
CANCEL_AGAIN_SECONDS = 1.0
ROUND_SECONDS = 4.0  # a lease is renewed four times before it ends

Follow = Callable[[Held], Coroutine[Any, Any, None]]


class Sharing:
    """The pages that this process follows; `follow` is run for each as long as it is held."""

    def __init__(self, pool: asyncpg.Pool, house: House, most: int = PAGES_HELD) -> None:
        """Take the database and how many pages this process may hold."""
        self._pool = pool
        self._house = house
        self._most = most
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.holder: UUID = new_id()

    @property
    def held(self) -> set[int]:
        """The communities that are followed here now."""
        return set(self._tasks)

    async def run(self, follow: Follow) -> None:
        """Hold this process's share of the pages until cancelled; then give them back."""
        try:
            while True:
                try:
                    await self.round(follow)
                except DATABASE_TROUBLE as error:
                    # Leases may end meanwhile, but nobody else can take them either.
                    log.warning("leases_not_renewed", error=type(error).__name__)
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            await self.leave()

    async def round(self, follow: Follow) -> None:
        """Renew what is held, give back what is too much, take what is free."""
        now = self._house.now()
        async with self._pool.acquire() as connection:
            await SIGN_IN.run(connection, self.holder, now + LEASE)
            await FORGET_DEAD.run(connection, now)
            renewed = await RENEW.all(connection, self.holder, now + LEASE)
            kept = {each.community_id: each for each in renewed}
            share = await SHARE.one(connection, now)
            fair = min(self._most, math.ceil(share.pages / max(1, share.holders)))
            surplus = sorted(kept)[fair:]
            await self._drop(self.held.difference(kept).union(surplus))
            if surplus:
                await GIVE_BACK.run(connection, self.holder, surplus)
            room = min(TAKEN_AT_ONCE, fair - len(kept))
            taken = await TAKE.all(connection, self.holder, now, now + LEASE, max(0, room))
        # A page that is held and not followed: its follower met something unforeseen.
        for held in (*[kept[each] for each in sorted(kept)[:fair]], *taken):
            self._start(held, follow)

    async def leave(self) -> None:
        """Follow nothing any more and give all pages back."""
        await self._drop(self.held)
        try:
            async with self._pool.acquire() as connection:
                await SIGN_OUT.run(connection, self.holder)
        except DATABASE_TROUBLE as error:
            log.warning("leases_not_given_back", error=type(error).__name__)

    def _start(self, held: Held, follow: Follow) -> None:
        if held.community_id in self._tasks:
            return
        task = asyncio.create_task(follow(held), name=f"follow-{held.community_id}")
        self._tasks[held.community_id] = task
        task.add_done_callback(lambda done: self._ended(held.community_id, done))

    def _ended(self, community_id: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(community_id) is task:
            del self._tasks[community_id]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("follower_ended", community=community_id, error=type(error).__name__)

    async def _drop(self, ids: set[int]) -> None:
        tasks = [self._tasks[each] for each in ids if each in self._tasks]
        while tasks:
            # Cancelled again and again: Python 3.11's `wait_for` may lose one cancellation.
            for task in tasks:
                task.cancel()
            _, pending = await asyncio.wait(tasks, timeout=CANCEL_AGAIN_SECONDS)
            tasks = list(pending)
