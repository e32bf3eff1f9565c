"""Waits for events of pages that VK cannot call: Bots Long Poll (VK: "Bots Long Poll API").

The channel's side of `services.ports.Feed`. The key stands in the URL, as VK wants it, so no URL
is ever logged or kept in an error.
"""

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Raw, Struct

from integrations.vk import events
from integrations.vk.calling import UNREADABLE, Calls
from integrations.vk.errors import VkRefused
from integrations.vk.events import MalformedEvent
from services.ports import FeedAnswer, FeedPlace, Happening, Page, Verdict

log = structlog.get_logger()

WAIT = 25  # seconds that VK waits for an event, the most that it advises
TIMEOUT = ClientTimeout(total=WAIT + 15, sock_connect=5)
ANSWER_LIMIT = 4 * 1024 * 1024  # bytes; VK's answers hold some tens of events of some kilobytes


class _Server(Struct):
    key: str
    server: str
    ts: str | int


class _Answer(Struct):
    ts: str | int | None = None
    updates: list[Raw] = []
    failed: int = 0


_answer = msgspec.json.Decoder(_Answer)


class VkFeed:
    """Long Poll of every community, over one session with room for all that are followed."""

    def __init__(self, calls: Calls, session: ClientSession) -> None:
        """Take the way to call VK, and the session for waiting."""
        self._calls = calls
        self._session = session

    async def open(self, page: Page) -> FeedPlace:
        """Ask for the server, a key and the newest mark; raises VkRefused."""
        params = {"group_id": page.group_id}
        found = await self._calls.ask(page, "groups.getLongPollServer", params, _Server)
        return FeedPlace(found.server, found.key, str(found.ts))

    async def wait(self, place: FeedPlace, ts: str) -> FeedAnswer:
        """Wait for events after `ts`; raises VkRefused where VK does not answer readably."""
        params = {"act": "a_check", "key": place.key, "ts": ts, "wait": str(WAIT)}
        try:
            answer = _answer.decode(await self._get(place.server, params))
        except TimeoutError:
            raise VkRefused(Verdict(outcome="retry", code="timeout")) from None
        except (ClientError, OSError):
            raise VkRefused(Verdict(outcome="retry", code="connection")) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise VkRefused(UNREADABLE) from None
        return _read(answer)

    async def _get(self, server: str, params: dict[str, str]) -> bytes:
        async with self._session.get(
            server, params=params, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > ANSWER_LIMIT:
                    raise VkRefused(Verdict(outcome="retry", code="too_large"))
            return bytes(body)


def _read(answer: _Answer) -> FeedAnswer:
    ts = None if answer.ts is None else str(answer.ts)
    match answer.failed:  # VK: 1 take the new ts, 2 ask for a new key, 3 for key and ts
        case 0 if ts is not None:
            found = tuple(each for each in map(_happening, answer.updates) if each is not None)
            return FeedAnswer(happenings=found, ts=ts)
        case 1 if ts is not None:
            return FeedAnswer(ts=ts, gap=True)
        case 2:
            return FeedAnswer(stale=True)
        case 3:
            return FeedAnswer(stale=True, gap=True)
        case _:
            raise VkRefused(UNREADABLE)


def _happening(update: Raw) -> Happening | None:
    """Read one update; one that is not VK's usual shape must not hold up the page's others."""
    try:
        envelope = events.decode(bytes(update))
        return Happening(envelope.event_id, envelope.type, events.read(envelope))
    except MalformedEvent:
        log.warning("update_unreadable")
        return None
