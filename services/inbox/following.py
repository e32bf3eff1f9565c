"""Following pages that their channel cannot call: waiting for events, taking them, in order.

The mark behind an answer is kept only when all its events have had their effect, so a process
that is killed costs nothing: the next one asks from the same mark, and the inbox knows what it
has seen.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import structlog

from schemas.events import Ignored
from services.communities.pausing import pause_page
from services.communities.queries import Community
from services.communities.secrets import page_of
from services.db.trouble import DATABASE_TROUBLE
from services.errors import Unavailable
from services.house import House
from services.inbox.polling_queries import KEEP_MARK, Held
from services.inbox.visits import Visit, user_key
from services.ports import Feed, FeedAnswer, FeedPlace, Happening, Page, Refused, Verdict
from services.privacy.errors import Unreadable

log = structlog.get_logger()

# In seconds.
AGAIN = 1.0  # after a failed event or call; doubled with each
LONGEST = 60.0
EVENTS_AT_ONCE = 256  # of all pages of a process; the inbox takes 64 at a time

Take = Callable[[Page, Visit], Awaitable[None]]


class Follower:
    """Follows pages for one process, `holder`. `take` makes an event's effect durable."""

    def __init__(
        self, pool: asyncpg.Pool, house: House, feed: Feed, take: Take, holder: object
    ) -> None:
        """Take the channel's feed and the inbox."""
        self._pool = pool
        self._house = house
        self._feed = feed
        self._take = take
        self._holder = holder
        self._room = asyncio.Semaphore(EVENTS_AT_ONCE)

    async def follow(self, held: Held) -> None:
        """Follow one page until cancelled; returns when its token is dead or it is gone."""
        place: FeedPlace | None = None
        ts, failures = held.ts, 0
        while True:
            try:
                community = await self._community(held.community_id)
                if community is None:
                    return None
                page = page_of(self._house.sealer, community)
                if place is None:
                    place = await self._feed.open(page)
                    if ts is None:
                        ts = await self._keep(held, place.ts)
                answer = await self._feed.wait(place, ts or place.ts)
                place, ts = await self._heed(held, community, page, place, ts, answer)
                failures = 0
            except Refused as error:
                if error.verdict.stops_page:
                    return await self._stop(held, error.verdict.code)
                log.info("feed_refused", community=held.community_id, code=error.verdict.code)
                place = None
                failures += 1
                await asyncio.sleep(_pause(failures, error.verdict))
            except Unreadable:
                return await self._stop(held, "token_unreadable")
            except DATABASE_TROUBLE as error:
                failures += 1
                log.warning("feed_trouble", error=type(error).__name__)
                await asyncio.sleep(_pause(failures))

    async def _heed(
        self,
        held: Held,
        community: Community,
        page: Page,
        place: FeedPlace,
        ts: str | None,
        answer: FeedAnswer,
    ) -> tuple[FeedPlace | None, str | None]:
        """Take what happened; return where to go on from, and with what mark."""
        if answer.gap:
            log.error("feed_gap", community=held.community_id)
        if answer.stale:
            return None, None if answer.gap else ts
        await self._take_all(community, page, answer.happenings)
        if answer.ts is not None and answer.ts != ts:
            ts = await self._keep(held, answer.ts)
        return place, ts

    async def _keep(self, held: Held, ts: str) -> str:
        async with self._pool.acquire() as connection:
            await KEEP_MARK.run(connection, held.community_id, self._holder, ts)
        return ts

    async def _community(self, community_id: int) -> Community | None:
        directory = self._house.directory
        known = directory.kept_by_id(community_id)
        if known is not None and known.operator_id in directory.snapshot.operators:
            return known
        async with self._pool.acquire() as connection:
            await directory.refresh(connection)
            return await directory.page_by_id(connection, community_id)

    async def _take_all(
        self, community: Community, page: Page, happenings: Sequence[Happening]
    ) -> None:
        """Take events; those of one person one after the other, in their order."""
        house = self._house
        by_person: dict[object, list[Visit]] = {}
        for each in happenings:
            event = each.event
            visit = Visit(
                community=community,
                event_id=each.id,
                type=each.type,
                event=event,
                user_key=None if isinstance(event, Ignored) else user_key(house, event.user_id),
            )
            by_person.setdefault(visit.user_key or each.id, []).append(visit)
        await asyncio.gather(*[self._take_in_turn(page, visits) for visits in by_person.values()])

    async def _take_in_turn(self, page: Page, visits: Sequence[Visit]) -> None:
        for visit in visits:
            failures = 0
            while True:
                try:
                    async with self._room:
                        await self._take(page, visit)
                    break
                except Unavailable:
                    failures += 1
                except Exception as error:  # noqa: BLE001 - the inbox gives it up at the third try
                    failures += 1
                    name = type(error).__name__
                    log.warning("event_again", community=visit.community.id, error=name)
                await asyncio.sleep(_pause(failures))

    async def _stop(self, held: Held, reason: str) -> None:
        async with self._pool.acquire() as connection:
            await pause_page(connection, held.community_id, reason, self._house.now())


def _pause(failures: int, verdict: Verdict | None = None) -> float:
    """Return the seconds before the next try: longer each time, and never all pages at once."""
    asked = (verdict.retry_after if verdict else None) or 0.0
    grown = min(LONGEST, AGAIN * 2 ** min(failures - 1, 6))
    return max(asked, grown) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter needs no secrecy
