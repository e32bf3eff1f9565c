"""SQL of programmes, groups, places and the waiting list."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from services.cases.line_queries import GROUP_PLACE
from services.db.query import Query

Holds = Literal["taken", "offered", "waiting"]


class ProgrammeRow(Struct, frozen=True, kw_only=True):
    """A programme and whose it is."""

    id: int
    code: str
    department_id: int
    department: str
    operator_id: int
    title: str
    direction: str
    description: str
    municipality: str | None
    address: str
    active: bool


class GroupRow(Struct, frozen=True, kw_only=True):
    """A group with its counters and what is asked of its programme."""

    id: int
    code: str
    programme_id: int
    programme: str
    programme_title: str
    direction: str
    address: str
    municipality: str | None
    department_id: int
    department: str
    operator_id: int
    title: str
    capacity: int
    places: int
    taken: int
    offered: int
    waiting: int
    waiting_capacity: int
    age_from: int
    age_to: int
    age_on: date
    starts_on: date
    ends_on: date
    schedule: str
    enrol_from: datetime
    enrol_until: datetime
    entrance_test: bool
    priorities: list[dict[str, Any]]
    offer_minutes: int
    closed_at: datetime | None
    active: bool

    @property
    def free(self) -> int:
        """Places that somebody could take at once: none while others wait."""
        return 0 if self.waiting else max(0, self.places - self.taken - self.offered)

    @property
    def room(self) -> int:
        """Places left in the waiting list."""
        return max(0, self.waiting_capacity - self.waiting)


class EnrolmentRow(Struct, frozen=True, kw_only=True):
    """An enrolment of a locked case."""

    case_id: UUID
    group_id: int
    child_key: bytes
    bundle: UUID | None
    holds: str | None


class Line(Struct, frozen=True, kw_only=True):
    """One who waits for a place: with whom together, and whether anybody can be told."""

    case_id: UUID
    bundle: UUID | None
    account_id: UUID | None
    writable: bool


class Waiting(Struct, frozen=True, kw_only=True):
    """One of a group's children or of its line, for the organiser."""

    case_id: UUID
    number: str
    state: str
    priority: str | None
    place: int | None
    offer_until: datetime | None
    personal: bytes | None


class Passed(Struct, frozen=True):
    """Why somebody was passed over."""

    case_id: UUID
    at: datetime
    why: str


class Held(Struct, frozen=True):
    """A clash: an enrolment of the same child in the same group, and whose it is."""

    group_id: int
    child_key: bytes
    account_id: UUID | None


_PROGRAMME = """SELECT p.id, p.code, p.department_id, d.code AS department, d.operator_id, p.title,
        p.direction, p.description, p.municipality, p.address, p.active
    FROM programmes p JOIN departments d ON d.id = p.department_id"""
PROGRAMMES = Query(ProgrammeRow, _PROGRAMME + " ORDER BY p.title, p.code")
PROGRAMME = Query(ProgrammeRow, _PROGRAMME + " WHERE p.code = $1")
PUT_PROGRAMME = Query(
    type(None),
    """INSERT INTO programmes (code, department_id, title, direction, description, municipality,
        address, active)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (code) DO UPDATE SET title = excluded.title, direction = excluded.direction,
        description = excluded.description, municipality = excluded.municipality,
        address = excluded.address, active = excluded.active, updated_at = now()""",
)

_GROUP = """SELECT g.id, g.code, g.programme_id, p.code AS programme, p.title AS programme_title,
        p.direction, p.address, p.municipality, p.department_id, d.code AS department,
        d.operator_id, g.title, g.capacity, g.places, g.taken, g.offered, g.waiting,
        g.waiting_capacity, g.age_from, g.age_to, g.age_on, g.starts_on, g.ends_on, g.schedule,
        g.enrol_from, g.enrol_until, g.entrance_test, g.priorities, g.offer_minutes, g.closed_at,
        g.active AND p.active AS active
    FROM groups g JOIN programmes p ON p.id = g.programme_id
    JOIN departments d ON d.id = p.department_id"""
GROUP = Query(GroupRow, _GROUP + " WHERE g.code = $1")
GROUPS = Query(GroupRow, _GROUP + " ORDER BY p.title, g.title, g.code")
# Whose they are: $1 the department, $2 the operator, null: all. $3: not over yet.
GROUPS_OF = Query(
    GroupRow,
    _GROUP
    + """
    WHERE ($1::integer IS NULL OR p.department_id = $1)
        AND ($2::integer IS NULL OR d.operator_id = $2) AND g.ends_on >= $3
    ORDER BY p.title, g.title, g.code""",
)
# Of a municipality, and those that name none; $2: not over yet.
OPEN_GROUPS = Query(
    GroupRow,
    _GROUP
    + """
    WHERE g.active AND p.active AND g.closed_at IS NULL AND g.ends_on >= $2
        AND ($1::text IS NULL OR p.municipality IS NULL
            OR left(p.municipality, 8) = left($1, 8))
    ORDER BY p.title, g.title, g.code""",
)
# In the order of their ids: whoever enrols several children takes the locks in the same order.
LOCK_GROUPS = Query(
    GroupRow, _GROUP + " WHERE g.id = ANY ($1::integer[]) ORDER BY g.id FOR UPDATE OF g"
)
LOCK_GROUP_BY_CODE = Query(GroupRow, _GROUP + " WHERE g.code = $1 FOR UPDATE OF g")
PUT_GROUP = Query(
    type(None),
    """INSERT INTO groups (code, programme_id, title, capacity, places, waiting_capacity,
        age_from, age_to, age_on, starts_on, ends_on, schedule, enrol_from, enrol_until,
        entrance_test, priorities, offer_minutes, active)
    VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    ON CONFLICT (code) DO UPDATE SET programme_id = excluded.programme_id,
        title = excluded.title, capacity = excluded.capacity,
        places = greatest(excluded.capacity, groups.taken + groups.offered),
        waiting_capacity = excluded.waiting_capacity, age_from = excluded.age_from,
        age_to = excluded.age_to, age_on = excluded.age_on, starts_on = excluded.starts_on,
        ends_on = excluded.ends_on, schedule = excluded.schedule,
        enrol_from = excluded.enrol_from, enrol_until = excluded.enrol_until,
        entrance_test = excluded.entrance_test, priorities = excluded.priorities,
        offer_minutes = excluded.offer_minutes, active = excluded.active, updated_at = now()""",
)
CLOSE_GROUP = Query(type(None), "UPDATE groups SET closed_at = $2, updated_at = $2 WHERE id = $1")

# $2, $3, $4: how taken, offered and waiting change. Places made fewer sink as they are freed.
COUNT = Query(
    type(None),
    """UPDATE groups SET taken = taken + $2, offered = offered + $3, waiting = waiting + $4,
        places = greatest(capacity, least(places, taken + $2 + offered + $3))
    WHERE id = $1""",
)
ADD_ENROLMENT = Query(
    type(None),
    """INSERT INTO enrolments (case_id, group_id, child_key, bundle, holds, priority, rank,
        waits_since)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
)
ENROLMENT = Query(
    EnrolmentRow,
    "SELECT case_id, group_id, child_key, bundle, holds FROM enrolments WHERE case_id = $1",
)
BUNDLE = Query(
    EnrolmentRow,
    """SELECT case_id, group_id, child_key, bundle, holds FROM enrolments
    WHERE bundle = $1 ORDER BY case_id""",
)
HOLD = Query(
    type(None),
    """UPDATE enrolments SET holds = $2,
        waits_since = CASE WHEN $2 = 'waiting' THEN coalesce(waits_since, $3) ELSE waits_since END,
        offer_until = CASE WHEN $2 = 'offered' THEN $4::timestamptz END
    WHERE case_id = $1""",
)
# Of these children in these groups, who holds something already.
CLASHES = Query(
    Held,
    """SELECT e.group_id, e.child_key, c.account_id
    FROM unnest($1::integer[], $2::bytea[]) AS w (group_id, child_key)
    JOIN enrolments e ON e.group_id = w.group_id AND e.child_key = w.child_key
        AND e.holds IS NOT NULL
    JOIN cases c ON c.id = e.case_id""",
)
TRIES = Query(
    int,
    """SELECT count(*)::integer FROM cases c JOIN case_events e ON e.case_id = c.id
    WHERE c.account_id = $1 AND c.kind = 'enrolment' AND e.type = 'filed'
        AND e.target = 'review' AND c.created_at > $2""",
)

GROUPS_TO_OFFER = Query(
    int,
    """SELECT id FROM groups
    WHERE waiting > 0 AND taken + offered < places AND closed_at IS NULL ORDER BY id LIMIT $1""",
)
# The line: (priority, time, id).
LINE = Query(
    Line,
    """SELECT e.case_id, e.bundle, c.account_id,
        coalesce(r.writable, false) AS writable
    FROM enrolments e JOIN cases c ON c.id = e.case_id
    LEFT JOIN accounts r ON r.id = c.account_id
    WHERE e.group_id = $1 AND e.holds = 'waiting'
    ORDER BY e.rank, e.waits_since, e.case_id LIMIT 200""",
)
OFFERS_OVER = Query(
    UUID,
    """SELECT case_id FROM enrolments WHERE holds = 'offered' AND offer_until <= $1
    ORDER BY offer_until LIMIT $2""",
)
# An offer that proved undeliverable is over at once, but not for people reached by phone.
OFFERS_UNREACHED = Query(
    UUID,
    """SELECT e.case_id FROM enrolments e JOIN cases c ON c.id = e.case_id
    JOIN accounts r ON r.id = c.account_id
    WHERE e.holds = 'offered' AND NOT r.writable LIMIT $1""",
)
GROUPS_OVER = Query(
    UUID,
    """SELECT e.case_id FROM enrolments e JOIN groups g ON g.id = e.group_id
    JOIN cases c ON c.id = e.case_id
    WHERE e.holds IS NOT NULL AND g.ends_on < $1 AND c.state = ANY ($2::text[])
    ORDER BY g.ends_on, e.case_id LIMIT $3""",
)
PASS_OVER = Query(
    type(None),
    """INSERT INTO passed_over (case_id, at, why)
    SELECT $1::uuid, $2::timestamptz, $3::text WHERE NOT EXISTS (
        SELECT FROM passed_over p WHERE p.case_id = $1 AND p.why = $3
            AND p.at > $2::timestamptz - interval '1 day')""",
)
PASSED = Query(
    Passed,
    """SELECT case_id, at, why FROM passed_over WHERE case_id = ANY ($1::uuid[])
    ORDER BY case_id, at""",
)
_OF_GROUP = """SELECT e.case_id, c.number, c.state, e.priority, {place} AS place, e.offer_until,
        c.personal
    FROM enrolments e JOIN cases c ON c.id = e.case_id"""
CHILDREN_OF = Query(
    Waiting,
    _OF_GROUP.format(place="NULL::integer")
    + """
    WHERE e.group_id = $1 AND e.holds IN ('taken', 'offered')
    ORDER BY c.created_at, c.id""",
)
WAITING_OF = Query(
    Waiting,
    _OF_GROUP.format(
        place="(row_number() OVER (ORDER BY e.rank, e.waits_since, e.case_id))::integer"
    )
    + """
    WHERE e.group_id = $1 AND e.holds = 'waiting'
    ORDER BY e.rank, e.waits_since, e.case_id""",
)
CONCERNED = Query(
    UUID,
    """SELECT case_id FROM enrolments WHERE group_id = $1 AND holds IS NOT NULL
    ORDER BY case_id""",
)
REVIEWED = Query(
    UUID,
    """SELECT e.case_id FROM enrolments e JOIN cases c ON c.id = e.case_id
    WHERE e.group_id = $1 AND c.state = 'review' ORDER BY e.case_id""",
)

PLACE = Query(
    int,
    f"SELECT {GROUP_PLACE} FROM enrolments n WHERE n.case_id = $1 AND n.holds = 'waiting'",
)
