"""How many members each page has, once a day: who could be reached by it, over the years."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import structlog

from services.communities import state_queries as states
from services.communities.pausing import pause_page
from services.communities.queries import COMMUNITIES_BY_ID, Community
from services.communities.secrets import page_of
from services.house import House
from services.ports import PageOffice, Refused
from services.privacy.errors import Unreadable

log = structlog.get_logger()

CALLS_AT_ONCE = 8
AGAIN = timedelta(hours=1)  # after a count that failed, and after a page was added
PARTS = 120  # runs over which all pages are spread


async def count_members(pool: asyncpg.Pool, house: House, office: PageOffice) -> int:
    """Count the members of some pages that have no count of this day yet; return how many.

    Meant to be run every minute: each run takes its share of the pages, so that they are spread
    over two hours. The day is the region's.
    """
    now = house.now()
    day = now.astimezone(house.zone).date()
    async with pool.acquire() as connection:
        ids = await states.DUE_COUNTS.all(connection, now - AGAIN, day, PARTS)
        if not ids:
            return 0
        await states.TRY_COUNTS.run(connection, ids, now)
        communities = await COMMUNITIES_BY_ID.all(connection, ids)
    counts = await _ask(pool, house, office, communities)
    async with pool.acquire() as connection:
        await states.KEEP_COUNTS.run(connection, day, list(counts), list(counts.values()))
    return len(counts)


async def _ask(
    pool: asyncpg.Pool, house: House, office: PageOffice, communities: Sequence[Community]
) -> dict[int, int]:
    room = asyncio.Semaphore(CALLS_AT_ONCE)
    counts: dict[int, int] = {}

    async def one(community: Community) -> None:
        async with room:
            try:
                counts[community.id] = await office.members(page_of(house.sealer, community))
            except Unreadable:
                log.warning("token_unreadable", community=community.id)
            except Refused as error:
                log.warning("members_unknown", community=community.id, code=error.verdict.code)
                if error.verdict.stops_page:
                    async with pool.acquire() as connection:
                        code = error.verdict.code
                        await pause_page(connection, community.id, code, house.now())

    await asyncio.gather(*map(one, communities))
    return counts
