"""Ringing for pages beside the work."""

import asyncio

from services.ports import Doorbell


class Ringing:
    """Rings for the pages named since the last ring, all in one: nobody waits for the bell."""

    def __init__(self, doorbell: Doorbell) -> None:
        """Take the bell."""
        self._doorbell = doorbell
        self._pages: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def ring(self, community_id: int) -> None:
        """Have a worker look at what waits for a page; returns at once."""
        self._pages.add(community_id)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Wait for the ring under way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._pages:
            pages, self._pages = self._pages, set()
            await self._doorbell.ring_each("send", [str(page) for page in sorted(pages)])
        self._task = None
