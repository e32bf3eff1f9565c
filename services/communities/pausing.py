"""Stopping a page that cannot write any more; the others go on."""

from datetime import datetime

import structlog

from services.communities.state_queries import PAUSE
from services.db.query import Connection

log = structlog.get_logger()


async def pause_page(connection: Connection, community_id: int, reason: str, now: datetime) -> bool:
    """Stop a page for a reason (the channel's code); return whether it was not stopped already.

    What is to leave waits; it leaves when the page has a new token or an admin lets it go on.
    Said as an error once, for whoever watches the logs.
    """
    stopped = bool(await PAUSE.run(connection, community_id, reason, now))
    if stopped:
        log.error("page_paused", community=community_id, reason=reason)
    return stopped
