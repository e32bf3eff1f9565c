"""SQL of showing cases: one, a page of a list, the history, the notes of reads.

A page is walked along an index from where the one before ended, so that it costs the same
however many cases there are.
"""

from datetime import datetime
from functools import cache
from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.cases.line_queries import CLINIC_PLACE, GROUP_PLACE
from services.cases.transitions import AT_REST
from services.db.query import Query

Walk = Literal["department", "all"]
Order = Literal["created_at", "updated_at"]


class AssignmentRow(Struct, frozen=True, kw_only=True):
    """An assignment as it stands in a case's row."""

    id: UUID
    department_id: int
    department: str
    state: str
    version: int
    due_at: datetime | None
    delivery: str | None


class EnrolmentPart(Struct, frozen=True, kw_only=True):
    """What an enrolment adds to a case's row."""

    programme: str
    group: str
    bundle: UUID | None
    place: int | None
    offer_until: datetime | None
    reason: str | None


class AppointmentPart(Struct, frozen=True, kw_only=True):
    """What an appointment adds to a case's row."""

    clinic: str
    practitioner: str | None
    speciality: str
    slot: UUID | None
    starts_at: datetime | None
    ends_at: datetime | None
    place: int | None
    offer_until: datetime | None


class CaseRow(Struct, frozen=True, kw_only=True):
    """Everything that is shown of a case; `personal` is missing in lists."""

    id: UUID
    number: str
    kind: str
    state: str
    version: int
    operator_id: int
    operator: str
    community: int | None
    department: str | None
    assignments: tuple[AssignmentRow, ...]
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    due_rule: str | None
    due_calendar: str | None
    subject: str
    urgent: bool
    reach: Literal["chat", "phone", "blocked"]
    tags: tuple[str, ...]
    category: str | None
    topic: str | None
    municipality: str | None
    latitude: float | None
    longitude: float | None
    complained_about: str | None
    legal_kind: str | None
    identity_level: str | None
    from_case: UUID | None
    rating: int | None
    account_id: UUID | None
    enrolment: EnrolmentPart | None
    appointment: AppointmentPart | None
    personal: bytes | None


class EventRow(Struct, frozen=True, kw_only=True):
    """One event; `delivery` is the present state of its message's delivery."""

    id: UUID
    at: datetime
    type: str
    by: str
    actor: str | None
    department: str | None
    source: str | None
    target: str | None
    reason: str | None
    delivery: str | None
    personal: bytes | None


class ReadRow(Struct, frozen=True):
    """A note of a read."""

    who: str
    actor: str | None
    why: str
    at: datetime


_ASSIGNMENTS = """coalesce((
            SELECT jsonb_agg(jsonb_build_object('id', s.id, 'department_id', s.department_id,
                'department', sd.code, 'state', s.state, 'version', s.version, 'due_at', s.due_at,
                'delivery', (
                    SELECT h.state FROM deliveries h
                    WHERE h.case_id = s.case_id AND h.kind = 'hand_off'
                        AND h.department_id = s.department_id
                    ORDER BY h.seq DESC LIMIT 1))
                ORDER BY s.created_at, s.id)
            FROM assignments s JOIN departments sd ON sd.id = s.department_id
            WHERE s.case_id = c.id), '[]')"""

_ENROLMENT = f"""CASE WHEN c.kind = 'enrolment' THEN (
            SELECT jsonb_build_object('programme', q.code, 'group', h.code, 'bundle', n.bundle,
                'offer_until', n.offer_until,
                'place', {GROUP_PLACE},
                'reason', (
                    SELECT v.reason FROM case_events v
                    WHERE v.case_id = c.id AND v.target = c.state AND v.reason IS NOT NULL
                    ORDER BY v.seq DESC LIMIT 1))
            FROM enrolments n JOIN groups h ON h.id = n.group_id
            JOIN programmes q ON q.id = h.programme_id
            WHERE n.case_id = c.id) END"""

_APPOINTMENT = f"""CASE WHEN c.kind = 'appointment' THEN (
            SELECT jsonb_build_object('clinic', k.code, 'speciality', t.speciality,
                'practitioner', (SELECT z.code FROM practitioners z
                    WHERE z.id = coalesce(b.practitioner_id, t.practitioner_id)),
                'slot', t.slot_id, 'starts_at', t.starts_at, 'ends_at', t.ends_at,
                'offer_until', t.offer_until,
                'place', {CLINIC_PLACE})
            FROM appointments t JOIN clinics k ON k.id = t.clinic_id
            LEFT JOIN slots b ON b.id = t.slot_id
            WHERE t.case_id = c.id) END"""

_COLUMNS = f"""c.id, c.number, c.kind, c.state, c.version, c.operator_id, o.code AS operator,
        g.group_id AS community, d.code AS department, {_ASSIGNMENTS} AS assignments,
        c.created_at, c.updated_at, c.due_at, c.due_rule, c.due_calendar, c.subject, c.urgent,
        CASE WHEN c.account_id IS NULL OR c.community_id IS NULL THEN 'phone'
            WHEN r.writable IS NOT TRUE THEN 'blocked' ELSE 'chat' END AS reach,
        c.tags, c.category, c.topic, c.municipality, c.latitude, c.longitude,
        x.code AS complained_about,
        c.legal_kind, c.identity_level, c.from_case, c.rating, c.account_id,
        {_ENROLMENT} AS enrolment, {_APPOINTMENT} AS appointment"""

_JOINS = """JOIN operators o ON o.id = c.operator_id
    LEFT JOIN communities g ON g.id = c.community_id
    LEFT JOIN departments d ON d.id = c.department_id
    LEFT JOIN departments x ON x.id = c.complained_about
    LEFT JOIN accounts r ON r.id = c.account_id"""

CASE = Query(
    CaseRow,
    f"""SELECT {_COLUMNS}, c.personal
    FROM cases c {_JOINS} WHERE c.id = $1""",
)

CASES = Query(
    CaseRow,
    f"""SELECT {_COLUMNS}, c.personal
    FROM unnest($1::uuid[]) WITH ORDINALITY AS page (id, place) JOIN cases c ON c.id = page.id
    {_JOINS} ORDER BY page.place""",
)

EVENTS = Query(
    EventRow,
    """SELECT e.id, e.at, e.type, e.by, e.actor, d.code AS department, e.source, e.target,
        e.reason, m.state AS delivery, e.personal
    FROM case_events e LEFT JOIN departments d ON d.id = e.department_id
    LEFT JOIN deliveries m ON m.id = e.delivery_id
    WHERE e.case_id = $1 ORDER BY e.seq""",
)

NOTE_READS = Query(
    type(None),
    """INSERT INTO reads (id, case_id, account_id, who, actor, why, at)
    SELECT note.id, note.case_id, c.account_id, $3, $4, $5, $6
    FROM unnest($1::uuid[], $2::uuid[]) AS note (id, case_id)
    JOIN cases c ON c.id = note.case_id""",
)

READS = Query(
    ReadRow,
    "SELECT who, actor, why, at FROM reads WHERE case_id = $1 ORDER BY at, id",
)

LAST_READ = Query(
    datetime,
    "SELECT at FROM reads WHERE case_id = $1 AND who = $2 ORDER BY at DESC LIMIT 1",
)

_DONE = ", ".join(f"'{state}'" for state in sorted(AT_REST))
# `final` says nothing new here, but cases that are over are not in the index of deadlines. The
# clock of a message stands still while its resident is asked something.
_OVERDUE = (
    "({rows}.due_at < {0} AND NOT c.final AND {rows}.state NOT IN (" + _DONE + ")"
    " AND NOT ({rows}.state = 'needs_info' AND c.legal_kind IS NOT DISTINCT FROM 'message'))"
)
_TO_CALL = """(SELECT m.case_id FROM deliveries m
        WHERE m.kind = 'message' AND m.state = 'parked' AND m.called_at IS NULL)"""

FILTERS: dict[str, str] = {
    "after": "({rows}.{order}, {last}) > ({0}, {1})",
    "before": "({rows}.{order}, {last}) < ({0}, {1})",
    "kind": "c.kind = {0}",
    "own_state": "a.state = {0}",
    "state": "c.state = {0}",
    "operator": "c.operator_id = {0}",
    "community": "c.community_id = {0}",
    "updated_since": "{rows}.updated_at >= {0}",
    "overdue": _OVERDUE,
    "not_overdue": _OVERDUE + " IS NOT TRUE",
    "to_call": "c.id IN " + _TO_CALL,
    "not_to_call": "NOT EXISTS (SELECT FROM deliveries m WHERE m.case_id = c.id"
    " AND m.kind = 'message' AND m.state = 'parked' AND m.called_at IS NULL)",
    "number": "c.number = {0}",
    "phone": "c.phone_key = {0}",
    "category": "c.category = {0}",
    "topic": "c.topic = ANY({0}::text[])",
    "tag": "c.tags @> ARRAY[{0}]::text[]",
    "department": "EXISTS (SELECT FROM assignments y WHERE y.case_id = c.id"
    " AND y.department_id = {0})",
    "municipality": "left(c.municipality, 8) = {0}",
    "since": "{rows}.created_at >= {0}",
    "until": "{rows}.created_at <= {0}",
}
"""Condition of each filter; `{rows}` is what is walked, `{0}` the filter's own arguments."""

WIDTHS = {"after": 2, "before": 2, "to_call": 0, "not_to_call": 0}
"""How many arguments a filter takes, if not one."""


@cache
def page_query(
    walk: Walk, order: Order, filters: tuple[str, ...], *, newest: bool = False
) -> Query[CaseRow]:
    """Return the statement of a page, oldest first or `newest`.

    Its arguments: the number of rows, the department that is walked (if any), then those of the
    filters in their order. `created_at` and `updated_at` of an assignment are its case's.
    """
    rows = "a" if walk == "department" else "c"
    last = "a.case_id" if walk == "department" else "c.id"
    next_argument = 3 if walk == "department" else 2
    conditions = ["a.department_id = $2"] if walk == "department" else []
    for name in filters:
        width = WIDTHS.get(name, 1)
        places = [f"${number}" for number in range(next_argument, next_argument + width)]
        conditions.append(FILTERS[name].format(*places, rows=rows, last=last, order=order))
        next_argument += width
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    turn = " DESC" if newest else ""
    walked = "assignments a JOIN cases c ON c.id = a.case_id" if rows == "a" else "cases c"
    return Query(
        CaseRow,
        f"""WITH page AS MATERIALIZED (
        SELECT c.id, {rows}.{order} AS at FROM {walked} {where}
        ORDER BY {rows}.{order}{turn}, {last}{turn} LIMIT $1)
    SELECT {_COLUMNS}, NULL::bytea AS personal
    FROM page JOIN cases c ON c.id = page.id {_JOINS}
    ORDER BY page.at{turn}, page.id{turn}""",
    )
