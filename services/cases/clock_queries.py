"""SQL of deadlines."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Clock(Struct, frozen=True, kw_only=True):
    """One deadline of an assignment, or of a case that no department has yet."""

    id: UUID
    assignment_id: UUID | None
    name: str
    rule: str
    calendar: str
    starts_at: datetime
    due_at: datetime
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    warnings: int = 0
    next_warning_at: datetime | None = None


CLOCKS = Query(
    Clock,
    """SELECT id, assignment_id, name, rule, calendar, starts_at, due_at, paused_at, ended_at,
        warnings, next_warning_at
    FROM clocks WHERE case_id = $1 ORDER BY starts_at, due_at, id""",
)

WRITE_CLOCKS = Query(
    type(None),
    """INSERT INTO clocks (case_id, id, assignment_id, name, rule, calendar, starts_at, due_at,
        paused_at, ended_at, warnings, next_warning_at)
    SELECT $1::uuid, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
        $11::smallint[], $12::timestamptz[])
    ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, calendar = excluded.calendar,
        due_at = excluded.due_at, paused_at = excluded.paused_at, ended_at = excluded.ended_at,
        warnings = excluded.warnings, next_warning_at = excluded.next_warning_at""",
)

# $1 now, $2 how many cases. The case is locked first, as everywhere; one that somebody holds has
# its turn the next time.
CASES_TO_WARN = Query(
    UUID,
    """SELECT c.id FROM cases c
    WHERE c.id IN (
        SELECT case_id FROM clocks WHERE ended_at IS NULL AND paused_at IS NULL
            AND next_warning_at <= $1
        ORDER BY next_warning_at LIMIT $2)
    FOR UPDATE SKIP LOCKED""",
)
