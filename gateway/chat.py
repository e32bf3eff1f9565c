"""The wiring of the chat: VK's way out, and the inbox that takes what comes in."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from msgspec import Struct

from gateway.parts import Parts
from integrations.vk.api import Apis, open_session
from integrations.vk.calling import Calls
from integrations.vk.limiter import VkPace
from integrations.vk.messenger import VkMessenger
from integrations.vk.office import VkOffice
from schemas.events import Pressed
from services.communities.connecting import Connector
from services.communities.pausing import pause_page
from services.deliveries.inline import InlineSender
from services.dialogs.registry import DIALOGUES, ERRANDS
from services.inbox.batches import Inbox
from services.ports import Page

log = structlog.get_logger()

CALLBACK_PATH = "/vk/callback"
SPINNER_SECONDS = 50.0  # VK takes the answer for 60
SPINNERS = 1000  # answers under way at once; more only keep spinning


class Spinners:
    """The answers to callback buttons that are under way."""

    def __init__(self, parts: Parts, messenger: VkMessenger, pace: VkPace) -> None:
        """Take the way out."""
        self._parts = parts
        self._messenger = messenger
        self._pace = pace
        self._answers: set[asyncio.Task[None]] = set()

    def stop(self, page: Page, event: Pressed) -> None:
        """Answer a callback button, ahead of deliveries; the effect never depends on it."""
        if len(self._answers) >= SPINNERS:
            return
        task = asyncio.create_task(self._answer(page, event))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, page: Page, event: Pressed) -> None:
        wait = await self._pace.reserve(page.group_id, SPINNER_SECONDS)
        if wait is None:
            return
        await asyncio.sleep(wait)
        verdict = await self._messenger.answer_event(
            page, event.token, event.peer_id, event.user_id
        )
        if verdict.outcome != "sent":
            log.info("spinner_not_stopped", community=page.id, code=verdict.code)
        if verdict.stops_page:
            async with self._parts.pool.acquire() as connection:
                await pause_page(connection, page.id, verdict.code, self._parts.house.now())


class Chat(Struct, frozen=True):
    """What a process needs to write to residents and to set pages up."""

    messenger: VkMessenger
    pace: VkPace
    calls: Calls
    office: VkOffice
    spinners: Spinners


@asynccontextmanager
async def open_chat(parts: Parts) -> AsyncGenerator[Chat, None]:
    """Open VK's way out."""
    async with open_session() as session:
        apis, pace = Apis(session, parts.settings.vk_api_url), VkPace(parts.valkey)
        calls, messenger = Calls(apis, pace), VkMessenger(apis)
        spinners = Spinners(parts, messenger, pace)
        yield Chat(messenger, pace, calls, VkOffice(calls), spinners)


@asynccontextmanager
async def open_inbox(parts: Parts, chat: Chat) -> AsyncGenerator[Inbox, None]:
    """Take events until the end; then finish what was accepted and the calls under way."""
    inline = InlineSender(parts.pool, parts.house, chat.messenger, chat.pace, parts.doorbell)
    inbox = Inbox(parts.pool, parts.house, DIALOGUES, ERRANDS, parts.doorbell, inline)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(inline.stop)
        inbox.start()
        stack.push_async_callback(inbox.stop)
        yield inbox


def make_connector(parts: Parts, chat: Chat) -> Connector:
    """Return what sets pages up at VK to call this gateway."""
    url = f"{parts.settings.public_url}{CALLBACK_PATH}"
    return Connector(parts.pool, parts.house, chat.office, url)
