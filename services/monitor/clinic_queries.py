"""SQL of a clinic's day, its waiting list and who did not come.

Slots lead to the cases: they are walked by practitioner and time.
"""

from datetime import datetime, time
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class ClinicLine(Struct, frozen=True, kw_only=True):
    """A clinic on the monitor's table; attended and missed are those of the last days."""

    code: str
    title: str
    department: str
    today: int
    free: int
    waiting: int
    unmarked: int
    attended: int
    missed: int


class TimeRow(Struct, frozen=True, kw_only=True):
    """A slot of a day with the practitioner and the appointment that has it.

    `decided_there`: the clinic's own system is the master of it.
    """

    id: UUID
    starts_at: datetime
    ends_at: datetime
    state: str
    decided_there: bool
    practitioner: str
    name: str
    speciality: str
    room: str
    case_id: UUID | None
    number: str | None
    case_state: str | None
    version: int | None
    personal: bytes | None


class WaitingRow(Struct, frozen=True, kw_only=True):
    """One who waits for a time, and what was wished."""

    case_id: UUID
    number: str
    speciality: str
    practitioner: str | None
    place: int
    waits_since: datetime
    days: list[int] | None
    hour_from: time | None
    hour_to: time | None
    personal: bytes | None


class MissedRow(Struct, frozen=True, kw_only=True):
    """An appointment that nobody came to."""

    case_id: UUID
    number: str
    state: str
    speciality: str
    name: str
    starts_at: datetime


# $1 the department, $2 the operator, null: all. $3 and $4 bound today, $5 now, $6 and $7 are how
# far back and ahead is looked.
CLINIC_LINES = Query(
    ClinicLine,
    """SELECT c.code, c.title, d.code AS department, t.today, t.free, t.unmarked, t.attended,
        t.missed,
        (SELECT count(*) FROM appointments a WHERE a.clinic_id = c.id AND a.waits) AS waiting
    FROM clinics c JOIN departments d ON d.id = c.department_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE s.state = 'booked' AND s.starts_at >= $3
                AND s.starts_at < $4) AS today,
            count(*) FILTER (WHERE s.state = 'free' AND s.starts_at > $5) AS free,
            count(*) FILTER (WHERE s.ends_at <= $5
                AND k.state IN ('booked', 'confirmed', 'lapsed')) AS unmarked,
            count(*) FILTER (WHERE k.state = 'attended') AS attended,
            count(*) FILTER (WHERE k.state IN ('no_show', 'disputed')) AS missed
        FROM practitioners p JOIN slots s ON s.practitioner_id = p.id
            AND s.starts_at >= $6 AND s.starts_at < $7
        LEFT JOIN cases k ON k.id = s.case_id AND s.starts_at < $5
        WHERE p.clinic_id = c.id) AS t
    WHERE c.active AND ($1::integer IS NULL OR c.department_id = $1)
        AND ($2::integer IS NULL OR d.operator_id = $2)
    ORDER BY c.title, c.code""",
)
# $1 the clinic; from $2 until before $3. An appointment has one assignment.
DAY = Query(
    TimeRow,
    """SELECT s.id, s.starts_at, s.ends_at, s.state, m.department_id IS NOT NULL AS decided_there,
        p.code AS practitioner, p.name, p.speciality, p.room, k.id AS case_id, k.number,
        k.state AS case_state, a.version, k.personal
    FROM practitioners p JOIN clinics c ON c.id = p.clinic_id
    JOIN slots s ON s.practitioner_id = p.id AND s.starts_at >= $2 AND s.starts_at < $3
    LEFT JOIN cases k ON k.id = s.case_id
    LEFT JOIN assignments a ON a.case_id = k.id
    LEFT JOIN backends m ON m.department_id = c.department_id AND m.type = 'mis'
    WHERE p.clinic_id = $1
    ORDER BY p.speciality, p.name, p.id, s.starts_at""",
)
WAITING_AT = Query(
    WaitingRow,
    """SELECT a.case_id, k.number, a.speciality, p.name AS practitioner,
        (row_number() OVER (PARTITION BY a.speciality ORDER BY a.waits_since, a.case_id))::integer
            AS place,
        a.waits_since, a.days, a.hour_from, a.hour_to, k.personal
    FROM appointments a JOIN cases k ON k.id = a.case_id
    LEFT JOIN practitioners p ON p.id = a.practitioner_id
    WHERE a.clinic_id = $1 AND a.waits
    ORDER BY a.speciality, a.waits_since, a.case_id LIMIT $2""",
)
# $1 the clinic, from $2 until before $3, the newest first.
MISSED = Query(
    MissedRow,
    """SELECT k.id AS case_id, k.number, k.state, p.speciality, p.name, s.starts_at
    FROM practitioners p JOIN slots s ON s.practitioner_id = p.id
        AND s.starts_at >= $2 AND s.starts_at < $3
    JOIN cases k ON k.id = s.case_id AND k.state IN ('no_show', 'disputed')
    WHERE p.clinic_id = $1
    ORDER BY s.starts_at DESC, k.id LIMIT $4""",
)
