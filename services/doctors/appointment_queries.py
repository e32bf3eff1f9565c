"""SQL of appointments and of their waiting list."""

from datetime import datetime, time
from uuid import UUID

from msgspec import Struct

from services.cases.line_queries import CLINIC_PLACE
from services.db.query import Query


class AppointmentRow(Struct, frozen=True, kw_only=True):
    """An appointment of a locked case."""

    case_id: UUID
    clinic_id: int
    practitioner_id: int | None
    speciality: str
    patient_key: bytes
    slot_id: UUID | None
    starts_at: datetime | None
    ends_at: datetime | None
    active: bool
    waits: bool
    disputed: bool
    wanted_slot_id: UUID | None
    department_id: int
    decided_there: bool
    cancel_until_minutes: int


class Clash(Struct, frozen=True):
    """An active appointment of a patient, and whose case it is."""

    speciality: str
    starts_at: datetime
    ends_at: datetime
    account_id: UUID | None


class Wisher(Struct, frozen=True, kw_only=True):
    """One who waits: for which practitioner, days and hours, and whether anybody can be told."""

    case_id: UUID
    practitioner_id: int | None
    days: list[int] | None
    hour_from: time | None
    hour_to: time | None
    account_id: UUID | None
    writable: bool


class Due(Struct, frozen=True):
    """An appointment of which its patient is to be reminded, and how often that was done."""

    case_id: UUID
    slot_id: UUID
    starts_at: datetime
    reminded: int


ADD_BOOKING = Query(
    type(None),
    """INSERT INTO appointments (case_id, clinic_id, practitioner_id, speciality, patient_key,
        slot_id, starts_at, ends_at, active, waits)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false)""",
)
ADD_WISH = Query(
    type(None),
    """INSERT INTO appointments (case_id, clinic_id, practitioner_id, speciality, patient_key,
        active, waits, days, hour_from, hour_to, waits_since)
    VALUES ($1, $2, $3, $4, $5, false, $6, $7, $8, $9, $10)""",
)
APPOINTMENT = Query(
    AppointmentRow,
    """SELECT a.case_id, a.clinic_id, a.practitioner_id, a.speciality, a.patient_key, a.slot_id,
        a.starts_at, a.ends_at, a.active, a.waits, a.disputed, a.wanted_slot_id, c.department_id,
        m.department_id IS NOT NULL AS decided_there, c.cancel_until_minutes
    FROM appointments a JOIN clinics c ON c.id = a.clinic_id
    LEFT JOIN backends m ON m.department_id = c.department_id AND m.type = 'mis'
    WHERE a.case_id = $1
    FOR UPDATE OF a""",
)
SET_APPOINTMENT = Query(
    type(None),
    """UPDATE appointments SET slot_id = $2, starts_at = $3, ends_at = $4, active = $5,
        waits = $6, waits_since = CASE WHEN $6 THEN coalesce(waits_since, $7) ELSE waits_since END,
        offer_until = $8, disputed = disputed OR $9,
        wanted_slot_id = CASE WHEN $5 AND slot_id = $2 THEN wanted_slot_id END
    WHERE case_id = $1""",
)

# Booking first clears what of the patient is past.
CLEAR_PAST = Query(
    type(None),
    "UPDATE appointments SET active = false WHERE patient_key = $1 AND active AND ends_at <= $2",
)
CLASHES = Query(
    Clash,
    """SELECT a.speciality, a.starts_at, a.ends_at, c.account_id
    FROM appointments a JOIN cases c ON c.id = a.case_id
    WHERE a.patient_key = $1 AND a.active AND a.ends_at > $2
        AND (a.speciality = $3 OR tstzrange(a.starts_at, a.ends_at) && tstzrange($4, $5))""",
)
WAITS_ALREADY = Query(
    Clash,
    """SELECT a.speciality, a.waits_since AS starts_at, a.waits_since AS ends_at, c.account_id
    FROM appointments a JOIN cases c ON c.id = a.case_id
    WHERE a.patient_key = $1 AND a.clinic_id = $2 AND a.speciality = $3 AND a.waits""",
)
TRIES = Query(
    int,
    """SELECT count(*)::integer FROM cases c JOIN case_events e ON e.case_id = c.id
    WHERE c.account_id = $1 AND c.kind = 'appointment' AND e.type = 'filed'
        AND e.target = 'review' AND c.created_at > $2""",
)
LINE = Query(
    Wisher,
    """SELECT a.case_id, a.practitioner_id, a.days, a.hour_from, a.hour_to, c.account_id,
        coalesce(r.writable, false) AS writable
    FROM appointments a JOIN cases c ON c.id = a.case_id
    LEFT JOIN accounts r ON r.id = c.account_id
    WHERE a.clinic_id = $1 AND a.speciality = $2 AND a.waits
    ORDER BY a.waits_since, a.case_id LIMIT 200""",
)
OFFERS_OVER = Query(
    UUID,
    """SELECT a.case_id FROM appointments a JOIN cases c ON c.id = a.case_id
    LEFT JOIN accounts r ON r.id = c.account_id
    WHERE a.offer_until IS NOT NULL AND c.state = 'offered'
        AND (a.offer_until <= $1 OR (r.id IS NOT NULL AND NOT r.writable))
    ORDER BY a.offer_until LIMIT $2""",
)
ENDED_LONG_AGO = Query(
    UUID,
    """SELECT a.case_id FROM appointments a JOIN cases c ON c.id = a.case_id
    WHERE a.active AND a.ends_at <= $1 AND c.state IN ('booked', 'confirmed')
    ORDER BY a.ends_at LIMIT $2""",
)
PLACE = Query(int, f"SELECT {CLINIC_PLACE} FROM appointments t WHERE t.case_id = $1 AND t.waits")
NO_SHOWS = Query(
    int,
    """SELECT count(*)::integer FROM appointments a JOIN cases c ON c.id = a.case_id
    WHERE a.clinic_id = $1 AND a.patient_key = $2 AND c.state = 'no_show'
        AND a.ends_at > $3""",
)
# $1 now. The day before, then two hours before; what was missed meanwhile is not made up for.
TO_REMIND = Query(
    Due,
    """SELECT a.case_id, a.slot_id, a.starts_at,
        (CASE WHEN a.starts_at <= $1::timestamptz + $3::interval THEN 2 ELSE 1 END)::integer
            AS reminded
    FROM appointments a JOIN cases c ON c.id = a.case_id
    JOIN accounts r ON r.id = c.account_id AND r.writable
    WHERE a.active AND a.slot_id IS NOT NULL AND a.reminded < 2 AND a.starts_at > $1::timestamptz
        AND ((a.reminded < 1 AND a.starts_at <= $1::timestamptz + $2::interval
                AND c.created_at < a.starts_at - $2::interval - $4::interval)
            OR (a.starts_at <= $1::timestamptz + $3::interval
                AND c.created_at < a.starts_at - $3::interval - $4::interval))
        AND (SELECT k.action = 'given' FROM consents k
            JOIN consent_documents d ON d.id = k.document_id
            WHERE k.account_id = c.account_id AND d.operator_id = c.operator_id
                AND d.service = 'reminders'
            ORDER BY k.at DESC, k.id DESC LIMIT 1)
    ORDER BY a.starts_at LIMIT $5""",
)
REMINDED = Query(
    bool,
    """UPDATE appointments SET reminded = $2 WHERE case_id = $1 AND active AND reminded < $2
    RETURNING true""",
)
