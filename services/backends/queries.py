"""SQL of back ends that are described by data, of what they report, and of comparing with them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class BackendRow(Struct, frozen=True):
    """A described back end; the credential is sealed."""

    department_id: int
    type: str
    url: str
    description: dict[str, Any]
    secret: bytes | None


class Polled(Struct, frozen=True, kw_only=True):
    """A case that its back end is to be asked about."""

    assignment_id: UUID
    case_id: UUID
    department_id: int
    external_id: str
    polls: int


class Known(Struct, frozen=True, kw_only=True):
    """What a department's back end should have, and how its hand-over fared."""

    assignment_id: UUID
    case_id: UUID
    number: str
    state: str
    external_id: str | None
    taken_at: datetime | None
    delivery: str | None


class Newest(Struct, frozen=True):
    """The newest report of a back end about a case."""

    external_id: str | None
    sequence: int | None
    state: str | None


PUT_BACKEND = Query(
    type(None),
    """INSERT INTO backends (department_id, type, url, description, secret)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (department_id) DO UPDATE SET type = excluded.type, url = excluded.url,
        description = excluded.description, secret = coalesce(excluded.secret, backends.secret),
        updated_at = now()""",
)
DELETE_BACKEND = Query(type(None), "DELETE FROM backends WHERE department_id = $1")
BACKEND = Query(
    BackendRow,
    """SELECT department_id, type, url, description, secret FROM backends
    WHERE department_id = $1""",
)
BACKENDS = Query(
    BackendRow,
    """SELECT department_id, type, url, description, secret FROM backends
    WHERE department_id = ANY ($1::integer[]) AND type = 'json_rest'""",
)

# A case that was taken over: from now on it is asked about, unless nobody can be.
TAKEN = Query(
    type(None),
    """INSERT INTO backend_cases (assignment_id, case_id, department_id, external_id, taken_at,
        poll_at)
    SELECT a.id, a.case_id, a.department_id, e.external_id, $1, e.poll_at
    FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::timestamptz[])
        AS e (case_id, department_id, external_id, poll_at)
    JOIN assignments a ON a.case_id = e.case_id AND a.department_id = e.department_id
    ON CONFLICT (assignment_id) DO UPDATE SET
        external_id = coalesce(excluded.external_id, backend_cases.external_id),
        taken_at = coalesce(backend_cases.taken_at, excluded.taken_at),
        poll_at = excluded.poll_at, polls = 0, error = NULL""",
)
EXTERNAL_IDS = Query(
    Newest,
    """SELECT b.external_id, b.sequence, b.state
    FROM unnest($1::uuid[], $2::integer[]) WITH ORDINALITY AS e (case_id, department_id, place)
    LEFT JOIN backend_cases b ON b.case_id = e.case_id AND b.department_id = e.department_id
    ORDER BY e.place""",
)

# $1 now, $2 how many, $3 the lease's end.
CLAIM_POLLS = Query(
    Polled,
    """WITH due AS (
        SELECT b.assignment_id FROM backend_cases b
        WHERE b.poll_at <= $1 AND b.external_id IS NOT NULL
            AND (b.leased_until IS NULL OR b.leased_until <= $1)
        ORDER BY b.poll_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE backend_cases b SET leased_until = $3
    FROM due WHERE b.assignment_id = due.assignment_id
    RETURNING b.assignment_id, b.case_id, b.department_id, b.external_id, b.polls""",
)
# $3: whether there was news.
SETTLE_POLL = Query(
    type(None),
    """UPDATE backend_cases SET poll_at = $2, polls = CASE WHEN $3 THEN 0 ELSE polls + 1 END,
        error = $4, leased_until = NULL
    WHERE assignment_id = $1""",
)

NEWEST = Query(
    Newest,
    """SELECT external_id, sequence, state FROM backend_cases WHERE assignment_id = $1
    FOR UPDATE""",
)
NEWEST_SEQUENCE = Query(
    int,
    "SELECT coalesce(sequence, 0) FROM backend_cases WHERE assignment_id = $1",
)
# Returns true for a report that was not there yet.
KEEP_UPDATE = Query(
    bool,
    """INSERT INTO case_updates (id, case_id, department_id, external_id, sequence, state, at,
        applied, why, received_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (case_id, department_id, external_id, sequence) DO NOTHING
    RETURNING true""",
)
REPORTED = Query(
    type(None),
    """INSERT INTO backend_cases (assignment_id, case_id, department_id, external_id, sequence,
        state)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (assignment_id) DO UPDATE SET external_id = excluded.external_id,
        sequence = excluded.sequence, state = excluded.state""",
)

OPEN_RECONCILIATION = Query(
    UUID,
    """INSERT INTO reconciliations (id, department_id, state, asked_at)
    VALUES ($1, $2, 'waiting', $3)
    ON CONFLICT (department_id) WHERE state IN ('waiting', 'running') DO UPDATE
        SET asked_at = reconciliations.asked_at
    RETURNING id""",
)
# Departments that have a back end and were not compared since $2.
OPEN_DAILY = Query(
    type(None),
    """INSERT INTO reconciliations (id, department_id, state, asked_at)
    SELECT gen_random_uuid(), d.id, 'waiting', $1 FROM departments d
    WHERE (EXISTS (SELECT FROM backends b
                WHERE b.department_id = d.id AND b.type = 'json_rest')
            OR EXISTS (SELECT FROM webhooks w WHERE w.department_id = d.id))
        AND NOT EXISTS (SELECT FROM reconciliations r
            WHERE r.department_id = d.id AND r.asked_at > $2)
    ON CONFLICT DO NOTHING""",
)


class Reconciliation(Struct, frozen=True, kw_only=True):
    """A comparison with a department's back end."""

    id: UUID
    department_id: int
    department: str
    operator_id: int
    state: Literal["waiting", "running", "done", "failed"]
    error: str | None
    asked_at: datetime
    finished_at: datetime | None


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that the two sides do not agree about."""

    kind: Literal["missing_there", "missing_here", "state_differs"]
    case: UUID | None
    external_id: str | None
    state_here: str | None
    state_there: str | None
    repaired: bool


RECONCILIATION = Query(
    Reconciliation,
    """SELECT r.id, r.department_id, d.code AS department, d.operator_id, r.state, r.error,
        r.asked_at, r.finished_at
    FROM reconciliations r JOIN departments d ON d.id = r.department_id WHERE r.id = $1""",
)
DIFFERENCES = Query(
    Difference,
    """SELECT kind, case_id AS case, external_id, state_here, state_there, repaired
    FROM reconciliation_items WHERE reconciliation_id = $1 ORDER BY position""",
)
# One that was begun and never ended belonged to a process that is gone.
TAKE_RECONCILIATION = Query(
    UUID,
    """UPDATE reconciliations SET state = 'running', started_at = $1
    WHERE id = (
        SELECT id FROM reconciliations
        WHERE state = 'waiting' OR (state = 'running' AND started_at < $2)
        ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id""",
)
END_RECONCILIATION = Query(
    type(None),
    """UPDATE reconciliations SET state = $2, error = $3, finished_at = $4 WHERE id = $1""",
)
KEEP_DIFFERENCES = Query(
    type(None),
    """INSERT INTO reconciliation_items (reconciliation_id, position, kind, case_id, external_id,
        state_here, state_there, repaired)
    SELECT $1::uuid, e.position, e.kind, e.case_id, e.external_id, e.state_here, e.state_there,
        e.repaired
    FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::boolean[])
        WITH ORDINALITY
        AS e (kind, case_id, external_id, state_here, state_there, repaired, position)
    ON CONFLICT DO NOTHING""",
)
# What the back end should have: all that is with the department and not over.
KNOWN = Query(
    Known,
    """SELECT a.id AS assignment_id, a.case_id, c.number, a.state, b.external_id, b.taken_at, (
            SELECT h.state FROM deliveries h
            WHERE h.case_id = a.case_id AND h.kind = 'hand_off'
                AND h.department_id = a.department_id AND h.type = 'case.assigned'
            ORDER BY h.seq DESC LIMIT 1) AS delivery
    FROM assignments a JOIN cases c ON c.id = a.case_id
    LEFT JOIN backend_cases b ON b.assignment_id = a.id
    WHERE a.department_id = $1 AND a.state <> ALL ($2::text[])
    ORDER BY a.created_at, a.id""",
)
# It is handed over anew, under another note: what was there is gone.
FORGET_THERE = Query(
    type(None),
    """UPDATE backend_cases SET external_id = NULL, sequence = NULL, state = NULL,
        taken_at = NULL, poll_at = NULL, polls = 0
    WHERE assignment_id = $1""",
)
NUMBERS = Query(
    str,
    """SELECT c.number FROM cases c JOIN assignments a ON a.case_id = c.id
    WHERE a.department_id = $1 AND c.number = ANY ($2::text[])""",
)
