"""SQL of slots: whose they are changes hands by compare and set."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class SlotRow(Struct, frozen=True, kw_only=True):
    """A slot with what is asked of its practitioner and clinic.

    `decided_there`: the clinic's own system is the master of it.
    """

    id: UUID
    practitioner_id: int
    practitioner: str
    practitioner_name: str
    speciality: str
    room: str
    needs_referral: bool
    clinic_id: int
    clinic: str
    clinic_title: str
    clinic_address: str
    municipality: str | None
    department_id: int
    operator_id: int
    decided_there: bool
    cancel_until_minutes: int
    hold_seconds: int
    offer_minutes: int
    no_show_limit: int | None
    starts_at: datetime
    ends_at: datetime
    release_at: datetime
    freed_at: datetime | None
    state: str
    held_by: UUID | None
    held_until: datetime | None
    case_id: UUID | None


class OtherTime(Struct, frozen=True):
    """A time that an appointment can be moved to."""

    case_id: UUID
    id: UUID
    starts_at: datetime


class ToClose(Struct, frozen=True):
    """A slot that a request to close means, and whose it is."""

    id: UUID
    practitioner: str


class Put(Struct, frozen=True):
    """A slot that was posted: whether it is new."""

    id: UUID
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    state: str
    created: bool


_SLOT = """SELECT s.id, s.practitioner_id, p.code AS practitioner, p.name AS practitioner_name,
        p.speciality, p.room, p.needs_referral, p.clinic_id, c.code AS clinic,
        c.title AS clinic_title, c.address AS clinic_address, c.municipality, c.department_id,
        d.operator_id, m.department_id IS NOT NULL AS decided_there, c.cancel_until_minutes,
        c.hold_seconds, c.offer_minutes, c.no_show_limit, s.starts_at, s.ends_at, s.release_at,
        s.freed_at, s.state, s.held_by, s.held_until, s.case_id
    FROM slots s JOIN practitioners p ON p.id = s.practitioner_id
    JOIN clinics c ON c.id = p.clinic_id JOIN departments d ON d.id = c.department_id
    LEFT JOIN backends m ON m.department_id = d.id AND m.type = 'mis'"""
SLOT = Query(SlotRow, _SLOT + " WHERE s.id = $1")
SLOTS_LISTED = Query(
    SlotRow,
    _SLOT
    + """
    WHERE ($1::text IS NULL OR p.code = $1) AND ($2::timestamptz IS NULL OR s.starts_at >= $2)
        AND ($3::timestamptz IS NULL OR s.starts_at < $3) AND ($4::text IS NULL OR s.state = $4)
        AND ($5::timestamptz IS NULL OR (s.starts_at, s.id) > ($5, $6::uuid))
        AND ($7::integer IS NULL OR c.department_id = $7)
    ORDER BY s.starts_at, s.id LIMIT $8""",
)

# What the public sees: free ones, and those whose hold ran out or is one's own. $1 now, $2 who.
_OPEN = """p.active AND c.active AND s.starts_at > $1 AND (s.state = 'free'
            OR (s.state = 'held' AND (s.held_until <= $1 OR s.held_by = $2::uuid)))"""
OPEN_SLOTS = Query(
    SlotRow,
    _SLOT
    + f"""
    WHERE {_OPEN} AND ($3::text IS NULL OR c.municipality IS NULL
            OR left(c.municipality, 8) = left($3, 8))
    ORDER BY s.starts_at, s.id LIMIT $4""",
)
# Of each appointment that can be moved, the next $3 times at its clinic and speciality.
OTHER_TIMES = Query(
    OtherTime,
    f"""SELECT a.case_id, o.id, o.starts_at
    FROM cases k JOIN appointments a ON a.case_id = k.id CROSS JOIN LATERAL (
        SELECT s.id, s.starts_at FROM slots s JOIN practitioners p ON p.id = s.practitioner_id
        JOIN clinics c ON c.id = p.clinic_id
        WHERE c.id = a.clinic_id AND p.speciality = a.speciality AND {_OPEN}
        ORDER BY s.starts_at, s.id LIMIT $3) o
    WHERE k.account_id = $2 AND k.kind = 'appointment' AND k.state = ANY ($4::text[])
    ORDER BY a.case_id, o.starts_at, o.id""",
)
PUT_SLOTS = Query(
    Put,
    """WITH wanted AS (
        SELECT e.id, p.id AS practitioner_id, p.code, e.starts_at, e.ends_at, e.release_at
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[],
            $5::timestamptz[]) AS e (id, code, starts_at, ends_at, release_at)
        JOIN practitioners p ON p.code = e.code
    ), made AS (
        INSERT INTO slots (id, practitioner_id, starts_at, ends_at, release_at)
        SELECT id, practitioner_id, starts_at, ends_at, release_at FROM wanted
        ON CONFLICT (practitioner_id, starts_at) DO NOTHING
        RETURNING id, practitioner_id, starts_at, ends_at, state
    )
    SELECT m.id, w.code AS practitioner, m.starts_at, m.ends_at, m.state, true AS created
    FROM made m JOIN wanted w ON w.practitioner_id = m.practitioner_id
        AND w.starts_at = m.starts_at
    UNION ALL
    SELECT s.id, w.code, s.starts_at, s.ends_at, s.state, false
    FROM wanted w JOIN slots s ON s.practitioner_id = w.practitioner_id
        AND s.starts_at = w.starts_at
    ORDER BY starts_at, id""",
)
SLOTS_TO_CLOSE = Query(
    ToClose,
    """SELECT s.id, p.code AS practitioner
    FROM slots s JOIN practitioners p ON p.id = s.practitioner_id
    WHERE s.state <> 'closed' AND (s.id = ANY ($1::uuid[])
        OR (p.code = $2 AND s.starts_at >= $3 AND s.starts_at < $4))
    ORDER BY s.id""",
)
# Compare and set: $2 has it, or nobody; else whoever took or left it meanwhile would not be told.
CLOSE_SLOT = Query(
    UUID,
    """UPDATE slots SET state = 'closed', case_id = NULL, held_by = NULL, held_until = NULL
    WHERE id = $1 AND case_id IS NOT DISTINCT FROM $2::uuid RETURNING id""",
)

# $2 who, $3 now, $4 until. Taken from nobody but oneself.
HOLD_SLOT = Query(
    UUID,
    """UPDATE slots SET state = 'held', held_by = $2, held_until = $4
    WHERE id = $1 AND starts_at > $3 AND (state = 'free'
        OR (state = 'held' AND (held_until <= $3 OR held_by = $2)))
    RETURNING id""",
)
LET_GO = Query(
    type(None),
    """UPDATE slots SET state = 'free', held_by = NULL, held_until = NULL
    WHERE held_by = $1 AND state = 'held' AND id <> $2""",
)

END_HOLDS = Query(
    type(None),
    """UPDATE slots SET state = 'free', held_by = NULL, held_until = NULL
    WHERE state = 'held' AND held_until <= $1""",
)
# Compare and set: of who comes at once one gets it. $4: also what the public does not see yet.
BOOK_SLOT = Query(
    UUID,
    """UPDATE slots SET state = 'booked', case_id = $2, held_by = NULL, held_until = NULL
    WHERE id = $1 AND starts_at > $3 AND (state = 'free'
        OR ($4::boolean AND state = 'unreleased')
        OR (state = 'held' AND (held_until <= $3 OR held_by = $5::uuid)))
    RETURNING id""",
)
OFFER_SLOT = Query(
    UUID,
    """UPDATE slots SET state = 'offered', case_id = $2
    WHERE id = $1 AND state = 'unreleased' RETURNING id""",
)
KEEP_SLOT = Query(
    UUID,
    """UPDATE slots SET state = 'booked' WHERE id = $1 AND case_id = $2
        AND state IN ('offered', 'booked') RETURNING id""",
)
# $4: its clinic's own system says when it is free again.
FREE_SLOT = Query(
    type(None),
    """UPDATE slots SET state = CASE WHEN $4 THEN 'closed' ELSE 'unreleased' END,
        case_id = NULL, release_at = $3, freed_at = $3
    WHERE id = $1 AND case_id = $2 AND state IN ('offered', 'booked')""",
)
RELEASE_SLOT = Query(
    type(None),
    """UPDATE slots SET state = 'free' WHERE id = $1 AND state = 'unreleased'""",
)
WAIT_SLOT = Query(
    type(None),
    """UPDATE slots SET release_at = $2 WHERE id = $1 AND state = 'unreleased'""",
)
TO_RELEASE = Query(
    SlotRow,
    _SLOT
    + """
    WHERE s.state = 'unreleased' AND s.release_at <= $1 AND s.starts_at > $1
    ORDER BY s.release_at, s.starts_at, s.id LIMIT $2""",
)
