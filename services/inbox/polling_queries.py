"""SQL of Long Poll: which process follows which page, and up to where."""

from msgspec import Struct

from services.db.query import Query


class Held(Struct, frozen=True):
    """A page that a process follows now; `ts` is the mark behind what has had its effect."""

    community_id: int
    ts: str | None


class Share(Struct, frozen=True):
    """How many pages there are to follow, and how many processes that follow."""

    pages: int
    holders: int


# Nothing is waited for at a page whose token is dead; an admin's pause only stops what leaves.
_FOLLOWED = "c.transport = 'long_poll' AND c.paused_by IS DISTINCT FROM 'gateway'"

# $1 the process, $2 now, $3 until when it is taken to live.
SIGN_IN = Query(
    type(None),
    """INSERT INTO long_poll_holders (holder, seen_until) VALUES ($1, $2)
    ON CONFLICT (holder) DO UPDATE SET seen_until = excluded.seen_until""",
)
FORGET_DEAD = Query(type(None), "DELETE FROM long_poll_holders WHERE seen_until <= $1")
SHARE = Query(
    Share,
    f"""SELECT (SELECT count(*) FROM communities c WHERE {_FOLLOWED}) AS pages,
        (SELECT count(*) FROM long_poll_holders WHERE seen_until > $1) AS holders""",
)
# $1 the process, $2 the lease's end. What is not to be followed any more is not kept.
RENEW = Query(
    Held,
    f"""UPDATE long_polls l SET leased_until = $2 FROM communities c
    WHERE l.holder = $1 AND c.id = l.community_id AND {_FOLLOWED}
    RETURNING l.community_id, l.ts""",
)
# $1 the process, $2 now, $3 the lease's end, $4 how many.
TAKE = Query(
    Held,
    f"""WITH free AS (
        SELECT c.id FROM communities c LEFT JOIN long_polls l ON l.community_id = c.id
        WHERE {_FOLLOWED} AND (l.leased_until IS NULL OR l.leased_until <= $2)
        ORDER BY c.id LIMIT $4
    )
    INSERT INTO long_polls AS l (community_id, holder, leased_until)
    SELECT id, $1, $3 FROM free
    ON CONFLICT (community_id) DO UPDATE SET holder = $1, leased_until = $3
        WHERE l.leased_until IS NULL OR l.leased_until <= $2
    RETURNING l.community_id, l.ts""",
)
GIVE_BACK = Query(
    type(None),
    """UPDATE long_polls SET holder = NULL, leased_until = NULL
    WHERE holder = $1 AND community_id = ANY ($2::int[])""",
)
SIGN_OUT = Query(
    type(None),
    """WITH gone AS (DELETE FROM long_poll_holders WHERE holder = $1)
    UPDATE long_polls SET holder = NULL, leased_until = NULL WHERE holder = $1""",
)
# By whoever still holds the page: another process may have gone further already.
KEEP_MARK = Query(
    type(None), "UPDATE long_polls SET ts = $3 WHERE community_id = $1 AND holder = $2"
)
