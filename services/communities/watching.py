"""Looking after pages unasked: what VK switched off is on again within the hour."""

from datetime import timedelta

import asyncpg
import structlog

from services.communities.connecting import Connector
from services.communities.state_queries import DUE_CHECKS, TRY_CHECKS
from services.house import House

log = structlog.get_logger()

EVERY = timedelta(hours=1)
PARTS = 50  # runs over which all pages are spread: within the hour, with some to spare


async def watch_pages(pool: asyncpg.Pool, house: House, connector: Connector) -> int:
    """Mend what has come apart at pages that were not looked at for an hour; return how many.

    Meant to be run every minute: each run takes its share. A page is first looked at an hour
    after it was added, so that whoever adds it can set it up in peace.
    """
    now = house.now()
    async with pool.acquire() as connection:
        ids = await DUE_CHECKS.all(connection, now - EVERY, PARTS)
        if ids:
            await TRY_CHECKS.run(connection, ids, now)
    for report in await connector.look_after(ids, "watch"):
        if report.troubles:
            log.warning("page_needs_person", group_id=report.group_id, troubles=report.troubles)
        elif report.done:
            log.warning("page_mended", group_id=report.group_id, done=report.done)
    return len(ids)
