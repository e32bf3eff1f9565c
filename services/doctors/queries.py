"""SQL of clinics, practitioners, slots and appointments."""

from datetime import datetime, time
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class ClinicRow(Struct, frozen=True, kw_only=True):
    """A clinic and whose it is."""

    id: int
    code: str
    department_id: int
    department: str
    operator_id: int
    title: str
    address: str
    phone: str
    municipality: str | None
    cancel_until_minutes: int
    hold_seconds: int
    offer_minutes: int
    no_show_limit: int | None
    active: bool


class PractitionerRow(Struct, frozen=True, kw_only=True):
    """A practitioner with the clinic."""

    id: int
    code: str
    clinic_id: int
    clinic: str
    name: str
    speciality: str
    room: str
    needs_referral: bool
    active: bool


class SlotRow(Struct, frozen=True, kw_only=True):
    """A slot with what is asked of its practitioner and clinic."""

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
    cancel_until_minutes: int
    hold_seconds: int
    offer_minutes: int
    no_show_limit: int | None
    starts_at: datetime
    ends_at: datetime
    release_at: datetime
    state: str
    held_by: UUID | None
    held_until: datetime | None
    case_id: UUID | None


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
    cancel_until_minutes: int


class Put(Struct, frozen=True):
    """A slot that was posted: whether it is new."""

    id: UUID
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    state: str
    created: bool


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


class FreeSlot(Struct, frozen=True):
    """The next free slot of a clinic and speciality."""

    clinic: str
    speciality: str
    next_free_at: datetime | None


_CLINIC = """SELECT c.id, c.code, c.department_id, d.code AS department, d.operator_id, c.title,
        c.address, c.phone, c.municipality, c.cancel_until_minutes, c.hold_seconds,
        c.offer_minutes, c.no_show_limit, c.active
    FROM clinics c JOIN departments d ON d.id = c.department_id"""
CLINICS = Query(ClinicRow, _CLINIC + " ORDER BY c.title, c.code")
CLINIC = Query(ClinicRow, _CLINIC + " WHERE c.code = $1")
CLINIC_BY_ID = Query(ClinicRow, _CLINIC + " WHERE c.id = $1")
PUT_CLINIC = Query(
    type(None),
    """INSERT INTO clinics (code, department_id, title, address, phone, municipality,
        cancel_until_minutes, hold_seconds, offer_minutes, no_show_limit, active)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (code) DO UPDATE SET title = excluded.title, address = excluded.address,
        phone = excluded.phone, municipality = excluded.municipality,
        cancel_until_minutes = excluded.cancel_until_minutes,
        hold_seconds = excluded.hold_seconds, offer_minutes = excluded.offer_minutes,
        no_show_limit = excluded.no_show_limit, active = excluded.active, updated_at = now()""",
)
_PRACTITIONER = """SELECT p.id, p.code, p.clinic_id, c.code AS clinic, p.name, p.speciality,
        p.room, p.needs_referral, p.active AND c.active AS active
    FROM practitioners p JOIN clinics c ON c.id = p.clinic_id"""
PRACTITIONERS = Query(
    PractitionerRow,
    _PRACTITIONER + " WHERE $1::text IS NULL OR c.code = $1 ORDER BY p.speciality, p.name, p.code",
)
PRACTITIONER = Query(PractitionerRow, _PRACTITIONER + " WHERE p.code = $1")
PUT_PRACTITIONER = Query(
    type(None),
    """INSERT INTO practitioners (code, clinic_id, name, speciality, room, needs_referral, active)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (code) DO UPDATE SET clinic_id = excluded.clinic_id, name = excluded.name,
        speciality = excluded.speciality, room = excluded.room,
        needs_referral = excluded.needs_referral, active = excluded.active, updated_at = now()""",
)

_SLOT = """SELECT s.id, s.practitioner_id, p.code AS practitioner, p.name AS practitioner_name,
        p.speciality, p.room, p.needs_referral, p.clinic_id, c.code AS clinic,
        c.title AS clinic_title, c.address AS clinic_address, c.municipality, c.department_id,
        d.operator_id, c.cancel_until_minutes, c.hold_seconds, c.offer_minutes,
        c.no_show_limit, s.starts_at, s.ends_at, s.release_at, s.state, s.held_by, s.held_until,
        s.case_id
    FROM slots s JOIN practitioners p ON p.id = s.practitioner_id
    JOIN clinics c ON c.id = p.clinic_id JOIN departments d ON d.id = c.department_id"""
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
# What the public sees: free ones, and those whose hold ran out or is one's own.
OPEN_SLOTS = Query(
    SlotRow,
    _SLOT
    + """
    WHERE p.active AND c.active AND s.starts_at > $1
        AND ($2::text IS NULL OR c.municipality IS NULL
            OR left(c.municipality, 8) = left($2, 8))
        AND (s.state = 'free'
            OR (s.state = 'held' AND (s.held_until <= $1 OR s.held_by = $3::uuid)))
        AND ($4::text IS NULL OR p.speciality = $4)
    ORDER BY s.starts_at, s.id LIMIT $5""",
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
    UUID,
    """SELECT s.id FROM slots s JOIN practitioners p ON p.id = s.practitioner_id
    WHERE s.state <> 'closed' AND (s.id = ANY ($1::uuid[])
        OR (p.code = $2 AND s.starts_at >= $3 AND s.starts_at < $4))
    ORDER BY s.id""",
)
CLOSE_SLOT = Query(
    type(None),
    """UPDATE slots SET state = 'closed', case_id = NULL, held_by = NULL, held_until = NULL
    WHERE id = $1""",
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
FREE_SLOT = Query(
    type(None),
    """UPDATE slots SET state = 'unreleased', case_id = NULL, release_at = $3
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
        a.starts_at, a.ends_at, a.active, a.waits, a.disputed, c.cancel_until_minutes
    FROM appointments a JOIN clinics c ON c.id = a.clinic_id WHERE a.case_id = $1
    FOR UPDATE OF a""",
)
SET_APPOINTMENT = Query(
    type(None),
    """UPDATE appointments SET slot_id = $2, starts_at = $3, ends_at = $4, active = $5,
        waits = $6, waits_since = CASE WHEN $6 THEN coalesce(waits_since, $7) ELSE waits_since END,
        offer_until = $8, disputed = disputed OR $9
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
    """SELECT case_id FROM appointments WHERE active AND ends_at <= $1
    ORDER BY ends_at LIMIT $2""",
)
PLACE = Query(
    int,
    """SELECT (SELECT count(*)::integer FROM appointments o
        WHERE o.clinic_id = a.clinic_id AND o.speciality = a.speciality AND o.waits
            AND (o.waits_since, o.case_id) <= (a.waits_since, a.case_id))
    FROM appointments a WHERE a.case_id = $1 AND a.waits""",
)
NORMS = Query(
    FreeSlot,
    """SELECT c.code AS clinic, p.speciality,
        min(s.starts_at) FILTER (WHERE s.state = 'free'
            OR (s.state = 'held' AND s.held_until <= $1)) AS next_free_at
    FROM clinics c JOIN practitioners p ON p.clinic_id = c.id
    LEFT JOIN slots s ON s.practitioner_id = p.id AND s.starts_at > $1
        AND s.state IN ('free', 'held')
    WHERE c.active AND p.active AND ($2::text IS NULL OR c.code = $2)
    GROUP BY c.code, p.speciality ORDER BY c.code, p.speciality""",
)
NO_SHOWS = Query(
    int,
    """SELECT count(*)::integer FROM appointments a JOIN cases c ON c.id = a.case_id
    WHERE a.clinic_id = $1 AND a.patient_key = $2 AND c.state = 'no_show'
        AND a.ends_at > $3""",
)
