"""SQL of «Мои заявки»."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.cases.line_queries import CLINIC_PLACE, GROUP_PLACE
from services.db.query import Query


class MyCase(Struct, frozen=True):
    """A case as its resident sees it; `personal` is the last event with words, sealed."""

    id: UUID
    number: str
    kind: str
    state: str
    final: bool
    subject: str
    due_at: datetime | None
    created_at: datetime
    department: str | None
    states: list[str]
    answered_at: datetime | None
    event_id: UUID | None
    event_personal: bytes | None
    rated_at: datetime | None = None
    legal_kind: str | None = None
    verified: bool = False
    turned: bool = False
    place: int | None = None
    offer_until: datetime | None = None
    passed_over: str | None = None
    starts_at: datetime | None = None
    doctor: str | None = None
    where: str | None = None
    speciality: str | None = None
    files: int = 0


MY_CASES = Query(
    MyCase,
    f"""SELECT c.id, c.number, c.kind, c.state, c.final, c.subject, c.due_at, c.created_at,
        d.title AS department, coalesce(a.states, '{{}}') AS states, a.answered_at,
        e.id AS event_id, e.personal AS event_personal, c.rated_at,
        c.legal_kind, coalesce(c.identity_level = 'verified', false) AS verified,
        EXISTS (SELECT FROM cases n WHERE n.from_case = c.id) AS turned,
        coalesce(u.offer_until, v.offer_until) AS offer_until, coalesce(u.place, v.place) AS place,
        u.passed_over, v.starts_at, v.doctor, v.where, v.speciality,
        (SELECT count(*) FROM files f WHERE f.case_id = c.id
            AND f.state IN ('waiting', 'leased', 'stored')) AS files
    FROM cases c
    LEFT JOIN departments d ON d.id = c.department_id
    LEFT JOIN LATERAL (SELECT array_agg(state ORDER BY created_at, id) AS states,
        max(answered_at) AS answered_at FROM assignments WHERE case_id = c.id) a ON true
    LEFT JOIN LATERAL (SELECT id, personal FROM case_events
        WHERE case_id = c.id AND by IN ('department', 'admin') AND delivery_id IS NOT NULL
            AND personal IS NOT NULL ORDER BY seq DESC LIMIT 1) e ON true
    LEFT JOIN LATERAL (SELECT n.offer_until, {GROUP_PLACE} AS place,
            (SELECT p.why FROM passed_over p WHERE p.case_id = n.case_id
                ORDER BY p.at DESC LIMIT 1) AS passed_over
        FROM enrolments n WHERE n.case_id = c.id) u ON c.kind = 'enrolment'
    LEFT JOIN LATERAL (SELECT t.offer_until, t.starts_at, t.speciality,
            p.name AS doctor,
            concat_ws(', ', k.title, nullif(k.address, ''), 'каб. ' || nullif(p.room, ''))
                AS where,
            {CLINIC_PLACE} AS place
        FROM appointments t JOIN clinics k ON k.id = t.clinic_id
        LEFT JOIN slots s ON s.id = t.slot_id
        LEFT JOIN practitioners p ON p.id = coalesce(s.practitioner_id, t.practitioner_id)
        WHERE t.case_id = c.id) v ON c.kind = 'appointment'
    WHERE c.account_id = $1 ORDER BY c.created_at DESC, c.id LIMIT 48""",
)
