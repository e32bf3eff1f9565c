"""When pages last sent an event."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from services.monitor.folding import note_page_events

LAST = "SELECT community_id, last_event_at FROM monitor_page_events"


async def test_the_latest_event_is_noted(pool: Any) -> None:
    """Of each page, again and again, never going back; what is no page is left out."""
    async with pool.acquire() as connection:
        page = await connection.fetchval(
            """INSERT INTO communities (group_id, operator_id, title, token, secret)
            VALUES (101, 1, 'Хабаровск', '', '') RETURNING id"""
        )
        now: datetime = await connection.fetchval("SELECT now()")
    house: Any = SimpleNamespace(now=lambda: now)
    for number, (ago, latest) in enumerate(((9, 9), (2, 2), (4, 2), (1, 1))):
        async with pool.acquire() as connection:
            await connection.executemany(
                "INSERT INTO inbox (community_id, event_id, type, at) VALUES ($1, $2, 'x', $3)",
                [(each, str(number), now - timedelta(minutes=ago)) for each in (page, 10**6)],
            )
        await note_page_events(pool, house)
        async with pool.acquire() as connection:
            rows = await connection.fetch(LAST)
        assert [tuple(row) for row in rows] == [(page, now - timedelta(minutes=latest))]
