"""SQL of the table of pages: a row a page, however many cases there are."""

from datetime import datetime

from msgspec import Struct

from services.db.query import Query


class PageRow(Struct, frozen=True, kw_only=True):
    """A page as it stands: at its channel, in the gateway, with its audience over a period."""

    id: int
    group_id: int
    title: str
    municipality: str | None
    transport: str
    paused: str | None
    status: str
    troubles: list[str]
    last_event_at: datetime | None
    members: int | None
    members_before: int | None
    administrator: bytes | None


# $1: the operator, null: all; $2, $3: first and last day of the period.
PAGES = Query(
    PageRow,
    """SELECT c.id, c.group_id, c.title, c.municipality, c.transport, c.paused,
        coalesce(s.status, 'unknown') AS status, coalesce(s.troubles, '{}') AS troubles,
        e.last_event_at, late.members,
        CASE WHEN early.day < late.day THEN early.members END AS members_before,
        a.personal AS administrator
    FROM communities c
    LEFT JOIN community_states s ON s.community_id = c.id
    LEFT JOIN monitor_page_events e ON e.community_id = c.id
    LEFT JOIN monitor_administrators a ON a.community_id = c.id
    LEFT JOIN LATERAL (SELECT day, members FROM community_counts n
        WHERE n.community_id = c.id AND n.day <= $3::date ORDER BY n.day DESC LIMIT 1
    ) AS late ON true
    LEFT JOIN LATERAL (SELECT day, members FROM community_counts n
        WHERE n.community_id = c.id AND n.day BETWEEN $2::date AND $3::date
        ORDER BY n.day LIMIT 1
    ) AS early ON true
    WHERE $1::integer IS NULL OR c.operator_id = $1
    ORDER BY c.title, c.group_id""",
)
KEEP_ADMINISTRATOR = Query(
    type(None),
    """INSERT INTO monitor_administrators (community_id, personal) VALUES ($1, $2)
    ON CONFLICT (community_id) DO UPDATE SET personal = excluded.personal""",
)
DROP_ADMINISTRATOR = Query(type(None), "DELETE FROM monitor_administrators WHERE community_id = $1")
PAGE_ID = Query(
    int,
    """SELECT id FROM communities
    WHERE channel = 'vk' AND group_id = $1 AND ($2::integer IS NULL OR operator_id = $2)""",
)
NOTE_NAMES = Query(
    type(None),
    "INSERT INTO reads (id, who, actor, why, at) VALUES ($1, $2, $3, $4, $5)",
)
