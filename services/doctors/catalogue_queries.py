"""SQL of clinics and practitioners."""

from datetime import datetime

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
    """A practitioner with the clinic, and whose that is."""

    id: int
    code: str
    clinic_id: int
    clinic: str
    department_id: int
    operator_id: int
    decided_there: bool
    name: str
    speciality: str
    room: str
    needs_referral: bool
    active: bool


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
_PRACTITIONER = """SELECT p.id, p.code, p.clinic_id, c.code AS clinic, c.department_id,
        d.operator_id, m.department_id IS NOT NULL AS decided_there, p.name, p.speciality,
        p.room, p.needs_referral, p.active AND c.active AS active
    FROM practitioners p JOIN clinics c ON c.id = p.clinic_id
    JOIN departments d ON d.id = c.department_id
    LEFT JOIN backends m ON m.department_id = d.id AND m.type = 'mis'"""
PRACTITIONERS = Query(
    PractitionerRow,
    _PRACTITIONER + " WHERE $1::text IS NULL OR c.code = $1 ORDER BY p.speciality, p.name, p.code",
)
PRACTITIONER = Query(PractitionerRow, _PRACTITIONER + " WHERE p.code = $1")
PRACTITIONERS_NAMED = Query(PractitionerRow, _PRACTITIONER + " WHERE p.code = ANY ($1::text[])")
PUT_PRACTITIONER = Query(
    type(None),
    """INSERT INTO practitioners (code, clinic_id, name, speciality, room, needs_referral, active)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (code) DO UPDATE SET clinic_id = excluded.clinic_id, name = excluded.name,
        speciality = excluded.speciality, room = excluded.room,
        needs_referral = excluded.needs_referral, active = excluded.active, updated_at = now()""",
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
