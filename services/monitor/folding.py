"""Folding what changed into the monitor's tables, so that reading them stays cheap."""

from datetime import datetime, timedelta

import asyncpg

from services.db.query import Query
from services.house import House

ROWS = 20_000  # of changes at a time
ROUNDS = 10
INBOX_KEPT = timedelta(days=30)
_LOCK = 0x6D6F6E69  # of pg_try_advisory_xact_lock: two that fold would wait for each other's rows

TRY_LOCK = Query(bool, "SELECT pg_try_advisory_xact_lock($1)")
# $1: the krai's zone, whose days are counted; $2: how many changes at most. The rows are written
# in the order of their keys.
FOLD = Query(
    int,
    """WITH taken AS (
        DELETE FROM monitor_deltas
        WHERE seq IN (SELECT seq FROM monitor_deltas ORDER BY seq LIMIT $2) RETURNING *
    ), standing AS (
        INSERT INTO monitor_standing AS s (department_id, operator_id, kind, state, due_at, n)
        SELECT department_id, operator_id, kind, state, due_at, sum(n) FROM taken
        WHERE measure = 'standing' GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0
        ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (department_id, operator_id, kind, state, due_at)
            DO UPDATE SET n = s.n + excluded.n
    ), areas AS (
        INSERT INTO monitor_areas AS a (operator_id, cell, n)
        SELECT operator_id, bucket, sum(n) FROM taken
        WHERE measure = 'area' GROUP BY 1, 2 HAVING sum(n) <> 0 ORDER BY 1, 2
        ON CONFLICT (operator_id, cell) DO UPDATE SET n = a.n + excluded.n
    ), stamped AS (
        SELECT (at AT TIME ZONE $1)::date AS day, measure, kind, operator_id, community_id,
            department_id, bucket, n,
            CASE measure WHEN 'filed' THEN extract(hour FROM at AT TIME ZONE $1)::integer
                ELSE bucket END AS fine
        FROM taken WHERE measure NOT IN ('standing', 'area')
    ), scoped AS (
        SELECT 0 AS page, 0 AS department, day, measure, kind, operator_id, fine AS bucket, n
        FROM stamped
        UNION ALL
        SELECT community_id, 0, day, measure, kind, operator_id, bucket, n
        FROM stamped WHERE community_id <> 0
        UNION ALL
        SELECT 0, department_id, day, measure, kind, operator_id, bucket, n
        FROM stamped WHERE department_id <> 0
    ), facts AS (
        INSERT INTO monitor_facts AS f
            (community_id, department_id, day, measure, kind, operator_id, bucket, n)
        SELECT page, department, day, measure, kind, operator_id, bucket, sum(n) FROM scoped
        GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
        ON CONFLICT (community_id, department_id, day, measure, kind, operator_id, bucket)
            DO UPDATE SET n = f.n + excluded.n
    )
    SELECT count(*)::integer FROM taken""",
)
DROP_EMPTY = Query(
    type(None),
    """WITH areas AS (DELETE FROM monitor_areas WHERE n = 0)
    DELETE FROM monitor_standing WHERE n = 0""",
)
# Only what came since the last look is read, with some minutes more for transactions that were
# still open then.
NOTE_PAGE_EVENTS = Query(
    type(None),
    """INSERT INTO monitor_page_events AS e (community_id, last_event_at)
    SELECT i.community_id, max(i.at)
    FROM inbox i JOIN communities c ON c.id = i.community_id
    WHERE i.at > $1 GROUP BY i.community_id ORDER BY i.community_id
    ON CONFLICT (community_id) DO UPDATE
        SET last_event_at = greatest(e.last_event_at, excluded.last_event_at)""",
)
LAST_PAGE_EVENT = Query(
    datetime,
    "SELECT max(last_event_at) - interval '5 minutes' FROM monitor_page_events",
)


async def note_page_events(pool: asyncpg.Pool, house: House) -> None:
    """Note when pages last sent an event, from what the inbox has taken since the last look."""
    async with pool.acquire() as connection, connection.transaction():
        since = await LAST_PAGE_EVENT.maybe(connection)
        await NOTE_PAGE_EVENTS.run(connection, since or house.now() - INBOX_KEPT)


async def fold(pool: asyncpg.Pool, house: House) -> int:
    """Fold what has changed since; return how many changes. May run anywhere, at any time."""
    done = 0
    for _ in range(ROUNDS):
        async with pool.acquire() as connection, connection.transaction():
            if not await TRY_LOCK.one(connection, _LOCK):
                break
            count = await FOLD.one(connection, str(house.zone), ROWS)
            if count:
                await DROP_EMPTY.run(connection)
        done += count
        if count < ROWS:
            break
    return done
