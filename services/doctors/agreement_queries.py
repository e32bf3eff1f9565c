"""SQL of what clinics' own systems agree to, and of the copies of their slots."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Due(Struct, frozen=True):
    """A case of which the clinic's system is to be told or asked."""

    case_id: UUID
    department_id: int
    tries: int


class Wish(Struct, frozen=True, kw_only=True):
    """What we want the clinic's system to have of a case; without a slot nothing.

    `slot_there`: what the system calls the slot. `moves`: it is another time than the present one.
    """

    number: str
    state: str
    slot_id: UUID | None
    slot_there: str | None
    starts_at: datetime | None
    moves: bool
    personal: bytes | None


class Clinics(Struct, frozen=True):
    """A department whose clinics have a system of their own; the credential is sealed."""

    department_id: int
    url: str
    secret: bytes | None


ASK_CLINIC = Query(
    type(None),
    """INSERT INTO clinic_agreements (case_id, department_id, next_at) VALUES ($1, $2, $3)
    ON CONFLICT (case_id) DO UPDATE SET next_at = excluded.next_at, tries = 0""",
)
# $1 now, $2 how many, $3 the lease's end.
CLAIM_AGREEMENTS = Query(
    Due,
    """WITH due AS (
        SELECT case_id FROM clinic_agreements
        WHERE next_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
        ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE clinic_agreements g SET leased_until = $3, tries = g.tries + 1
    FROM due WHERE g.case_id = due.case_id
    RETURNING g.case_id, g.department_id, g.tries""",
)
# What is wished follows from the state alone. After the visit nothing is asked of anybody.
WISH = Query(
    Wish,
    """SELECT c.number, c.state, s.id AS slot_id, s.external_id AS slot_there, s.starts_at,
        a.wanted_slot_id IS NOT NULL AS moves, c.personal
    FROM cases c JOIN appointments a ON a.case_id = c.id
    LEFT JOIN slots s ON s.id = CASE
        WHEN c.state = 'pending' THEN a.slot_id
        WHEN c.state IN ('booked', 'confirmed') THEN coalesce(a.wanted_slot_id, a.slot_id) END
    WHERE c.id = $1 AND c.state <> ALL ('{attended,no_show,lapsed,disputed}'::text[])""",
)
# $2 when to speak of it again; null: both sides have the same.
SETTLE_AGREEMENT = Query(
    type(None),
    """UPDATE clinic_agreements SET next_at = $2::timestamptz, error = $3, leased_until = NULL,
        agreed_at = CASE WHEN $2::timestamptz IS NULL THEN $4 ELSE agreed_at END,
        tries = CASE WHEN $2::timestamptz IS NULL THEN 0 ELSE tries END
    WHERE case_id = $1""",
)
WANT_SLOT = Query(type(None), "UPDATE appointments SET wanted_slot_id = $2 WHERE case_id = $1")

MIRRORED = Query(
    Clinics, "SELECT department_id, url, secret FROM backends WHERE type = 'mis' ORDER BY 1"
)
MIS_OF = Query(
    Clinics,
    """SELECT department_id, url, secret FROM backends
    WHERE type = 'mis' AND department_id = ANY ($1::integer[])""",
)
TAKE_MIRROR = Query(bool, "SELECT pg_try_advisory_xact_lock($1)")

_THERE = """WITH there AS (
        SELECT p.id AS practitioner_id, e.* FROM unnest($2::text[], $3::text[],
            $4::timestamptz[], $5::timestamptz[], $6::boolean[], $7::text[])
            AS e (external_id, code, starts_at, ends_at, free, number)
        JOIN practitioners p ON p.code = e.code
        JOIN clinics k ON k.id = p.clinic_id AND k.department_id = $1
    )"""
# $8 now. What is free there is offered to the waiting list first, as everywhere.
MIRROR_SLOTS = Query(
    type(None),
    _THERE
    + """
    INSERT INTO slots AS s (id, practitioner_id, starts_at, ends_at, state, release_at,
        external_id)
    SELECT gen_random_uuid(), practitioner_id, starts_at, ends_at,
        CASE WHEN free THEN 'unreleased' ELSE 'closed' END, $8, external_id FROM there
    ON CONFLICT (practitioner_id, starts_at) DO UPDATE SET external_id = excluded.external_id,
        ends_at = excluded.ends_at,
        state = CASE WHEN s.state IN ('offered', 'booked') THEN s.state
            WHEN s.state = 'closed' OR excluded.state = 'closed' THEN excluded.state
            ELSE s.state END,
        release_at = CASE WHEN s.state = 'closed' THEN excluded.release_at ELSE s.release_at END,
        held_by = CASE WHEN excluded.state = 'closed' THEN NULL ELSE s.held_by END,
        held_until = CASE WHEN excluded.state = 'closed' THEN NULL ELSE s.held_until END
    WHERE (s.external_id, s.ends_at) IS DISTINCT FROM (excluded.external_id, excluded.ends_at)
        OR (s.state NOT IN ('offered', 'booked')
            AND (s.state = 'closed') <> (excluded.state = 'closed'))""",
)
# $8, $9: between which moments. What is not there any more is nobody's to book.
CLOSE_GONE = Query(
    type(None),
    _THERE
    + """
    UPDATE slots s SET state = 'closed', held_by = NULL, held_until = NULL
    FROM practitioners p JOIN clinics k ON k.id = p.clinic_id
    WHERE p.id = s.practitioner_id AND k.department_id = $1
        AND s.starts_at >= $8 AND s.starts_at < $9
        AND s.state IN ('unreleased', 'free', 'held')
        AND NOT EXISTS (SELECT FROM there t
            WHERE t.practitioner_id = s.practitioner_id AND t.starts_at = s.starts_at)""",
)
# $8, $9 as above; $10: settled before the list was read. Cases of which both sides say different
# things are spoken of anew.
ASK_AGAIN = Query(
    UUID,
    _THERE
    + """
    UPDATE clinic_agreements g SET next_at = $10
    FROM cases c JOIN appointments a ON a.case_id = c.id LEFT JOIN slots s ON s.id = a.slot_id
    WHERE c.id = g.case_id AND g.department_id = $1 AND g.next_at IS NULL AND g.agreed_at < $10
        AND CASE WHEN c.state IN ('booked', 'confirmed')
            THEN s.starts_at >= $8 AND s.starts_at < $9 AND NOT EXISTS (SELECT FROM there t
                WHERE t.number = c.number AND t.external_id = s.external_id)
            ELSE c.state <> ALL ('{pending,attended,no_show,lapsed,disputed}'::text[])
                AND EXISTS (SELECT FROM there t WHERE t.number = c.number) END
    RETURNING g.case_id""",
)
