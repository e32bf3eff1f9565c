"""The wiring of Long Poll: pages that VK cannot call are followed inside the worker."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from gateway.chat import Chat, open_inbox
from gateway.parts import Parts
from integrations.vk.api import open_session
from integrations.vk.feed import VkFeed
from schemas.events import Pressed
from services.inbox.following import Follower
from services.inbox.sharing import PAGES_HELD, Sharing
from services.inbox.visits import Visit
from services.ports import Page

SPARE = 50  # connections beyond one a page: one that is being closed still counts


@asynccontextmanager
async def following(
    parts: Parts, chat: Chat, most: int = PAGES_HELD
) -> AsyncGenerator[Sharing, None]:
    """Follow this process's share of the long_poll pages until the end; then give it back."""
    async with (
        open_inbox(parts, chat) as inbox,
        open_session(most + SPARE) as session,
    ):

        async def take(page: Page, visit: Visit) -> None:
            await inbox.take(visit)
            if isinstance(visit.event, Pressed):
                chat.spinners.stop(page, visit.event)

        sharing = Sharing(parts.pool, parts.house, most)
        feed = VkFeed(chat.calls, session)
        follower = Follower(parts.pool, parts.house, feed, take, sharing.holder)
        task = asyncio.create_task(sharing.run(follower.follow), name="following")
        try:
            yield sharing
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
