"""SQL of how pages stand at their channel: state, pauses, secrets, counts of members."""

from msgspec import Struct

from services.db.query import Query


class PausedCount(Struct, frozen=True):
    """How many pages are paused for a reason (`admin`: one that a person gave)."""

    reason: str
    count: int


class StatusCount(Struct, frozen=True):
    """How many pages have a status at their channel."""

    status: str
    count: int


PAUSE = Query(
    type(None),
    """UPDATE communities SET paused = $2, paused_at = $3, paused_by = 'gateway'
    WHERE id = $1 AND paused IS NULL""",
)
# Only what the gateway itself had stopped; what a person stopped a person starts.
RESUME = Query(
    type(None),
    """UPDATE communities SET paused = NULL, paused_at = NULL, paused_by = NULL
    WHERE id = ANY ($1::int[]) AND paused_by = 'gateway'""",
)
CONNECTED = Query(
    int,
    """SELECT community_id FROM community_states
    WHERE community_id = ANY ($1::int[]) AND server_id IS NOT NULL""",
)
# One statement for many pages: each one that changes `communities` makes every process read
# the reference data again.
KEEP_CONFIRMATIONS = Query(
    type(None),
    """UPDATE communities c SET confirmation = n.code
    FROM unnest($1::int[], $2::text[]) AS n(id, code)
    WHERE c.id = n.id AND c.confirmation IS DISTINCT FROM n.code""",
)
# A rotation that VK has not heard of yet is finished, not begun anew: the old secret is still
# the one that VK sends.
ROTATE = Query(
    int,
    """UPDATE communities c SET previous_secret = c.secret, previous_until = NULL, secret = n.secret
    FROM unnest($1::int[], $2::bytea[]) AS n(id, secret)
    WHERE c.id = n.id AND (c.previous_secret IS NULL OR c.previous_until IS NOT NULL)
    RETURNING c.id""",
)
END_ROTATION = Query(
    type(None),
    """UPDATE communities SET previous_until = $2
    WHERE id = ANY ($1::int[]) AND previous_secret IS NOT NULL AND previous_until IS NULL""",
)
KEEP_STATES = Query(
    type(None),
    """INSERT INTO community_states (community_id, status, server_id, api_version, troubles,
        checked_at)
    SELECT n.id, n.status, n.server_id, n.api_version,
        CASE n.troubles WHEN '' THEN '{}' ELSE string_to_array(n.troubles, ' ') END, $1
    FROM unnest($2::int[], $3::text[], $4::bigint[], $5::text[], $6::text[])
        AS n(id, status, server_id, api_version, troubles)
    ON CONFLICT (community_id) DO UPDATE SET status = excluded.status,
        server_id = coalesce(excluded.server_id, community_states.server_id),
        api_version = excluded.api_version,
        troubles = excluded.troubles, checked_at = excluded.checked_at""",
)

# What was last looked at before $1 is due, so many at a time that the last argument times of this
# are enough for all pages. One that the gateway stopped is left alone until somebody mended it.
DUE_CHECKS = Query(
    int,
    """SELECT c.id FROM communities c LEFT JOIN community_states s ON s.community_id = c.id
    WHERE c.channel = 'vk' AND c.paused_by IS DISTINCT FROM 'gateway'
        AND coalesce(greatest(s.checked_at, s.check_tried_at), c.created_at) <= $1
    ORDER BY coalesce(greatest(s.checked_at, s.check_tried_at), c.created_at), c.id
    LIMIT (SELECT count(*) / $2::int + 1 FROM communities)""",
)
TRY_CHECKS = Query(
    type(None),
    """INSERT INTO community_states (community_id, status, check_tried_at)
    SELECT id, 'unknown', $2 FROM unnest($1::int[]) AS n(id)
    ON CONFLICT (community_id) DO UPDATE SET check_tried_at = excluded.check_tried_at""",
)
DUE_COUNTS = Query(
    int,
    """SELECT c.id FROM communities c LEFT JOIN community_states s ON s.community_id = c.id
    WHERE c.channel = 'vk' AND c.paused_by IS DISTINCT FROM 'gateway'
        AND coalesce(s.count_tried_at, c.created_at) <= $1
        AND NOT EXISTS (SELECT FROM community_counts n WHERE n.community_id = c.id AND n.day = $2)
    ORDER BY s.count_tried_at NULLS FIRST, c.id
    LIMIT (SELECT count(*) / $3::int + 1 FROM communities)""",
)
TRY_COUNTS = Query(
    type(None),
    """INSERT INTO community_states (community_id, status, count_tried_at)
    SELECT id, 'unknown', $2 FROM unnest($1::int[]) AS n(id)
    ON CONFLICT (community_id) DO UPDATE SET count_tried_at = excluded.count_tried_at""",
)
KEEP_COUNTS = Query(
    type(None),
    """INSERT INTO community_counts (community_id, day, members)
    SELECT n.id, $1, n.members FROM unnest($2::int[], $3::int[]) AS n(id, members)
    ON CONFLICT DO NOTHING""",
)

PAUSED_COUNTS = Query(
    PausedCount,
    """SELECT CASE paused_by WHEN 'gateway' THEN paused ELSE 'admin' END AS reason,
        count(*) AS count
    FROM communities WHERE paused IS NOT NULL GROUP BY 1""",
)
STATUS_COUNTS = Query(
    StatusCount,
    """SELECT coalesce(s.status, 'unknown') AS status, count(*) AS count
    FROM communities c LEFT JOIN community_states s ON s.community_id = c.id
    GROUP BY 1""",
)
