"""SQL of filing a case and of changing one."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Numbering(Struct, frozen=True):
    """The next sequence (1 to $1, then again from 1) and what filing must know of a department."""

    sequence: int
    department_code: str | None
    department_title: str | None
    moderation: bool


class HeldCase(Struct, frozen=True, kw_only=True):
    """A case that is locked until the transaction ends."""

    id: UUID
    number: str
    kind: str
    state: str
    version: int
    operator_id: int
    operator_title: str
    appeal_system_url: str | None
    community_id: int | None
    account_id: UUID | None
    department_id: int | None
    complained_about: int | None
    legal_kind: str | None
    due_at: datetime | None
    writable: bool
    inline_buttons: bool


class HeldAssignment(Struct, frozen=True, kw_only=True):
    """An assignment of a locked case."""

    id: UUID
    department_id: int
    department_code: str
    department_title: str
    four_eyes: bool
    state: str
    version: int
    due_at: datetime | None
    answered_at: datetime | None


class ForwardTarget(Struct, frozen=True):
    """A department that a case may go to."""

    id: int
    code: str
    title: str
    moderation: bool


class Copied(Struct, frozen=True, kw_only=True):
    """What of a message an appeal takes over; `turned`: it became one already."""

    category: str | None
    topic: str | None
    municipality: str | None
    community: int | None
    complained_about: int | None
    latitude: float | None
    longitude: float | None
    subject: str
    urgent: bool
    rules_matched: list[int]
    personal: bytes | None
    identity: bytes | None
    turned: bool


class Draft(Struct, frozen=True):
    """The event that holds the draft of an answer, and who wrote it."""

    id: UUID
    actor: str | None
    personal: bytes | None


class Told(Struct, frozen=True):
    """An event's message to the resident, by the state of its delivery."""

    id: UUID
    delivery_id: UUID | None
    delivery: str | None


NEXT_NUMBER = Query(
    Numbering,
    """SELECT ((next.value - 1) % $1::bigint + 1)::integer AS sequence,
        d.code AS department_code, d.title AS department_title,
        coalesce(d.moderation, false) AS moderation
    FROM (SELECT nextval('case_sequence') AS value) AS next
    LEFT JOIN departments d ON d.id = $2""",
)

FILE_CASE = Query(
    type(None),
    """WITH filed AS (
        INSERT INTO cases (id, number, kind, state, operator_id, community_id, account_id,
            department_id, complained_about, category, topic, municipality, latitude, longitude,
            legal_kind, identity_level, subject, urgent, rules_matched, phone_key,
            due_at, due_rule, due_calendar, final, personal, created_at, updated_at, from_case)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $26, $43)
        RETURNING *
    ), assigned AS (
        INSERT INTO assignments (id, case_id, department_id, kind, state, urgent, workable,
            due_at, due_rule, due_calendar, created_at, updated_at)
        SELECT $27::uuid, id, department_id, kind, state, urgent, $28::boolean,
            due_at, due_rule, due_calendar, created_at, created_at
        FROM filed WHERE department_id IS NOT NULL
    ), clocked AS (
        INSERT INTO clocks (case_id, id, assignment_id, name, rule, calendar, starts_at, due_at,
            paused_at, ended_at, warnings, next_warning_at)
        SELECT filed.id, clock.* FROM filed, unnest($32::uuid[], $33::uuid[], $34::text[],
            $35::text[], $36::text[], $37::timestamptz[], $38::timestamptz[], $39::timestamptz[],
            $40::timestamptz[], $41::smallint[], $42::timestamptz[]) AS clock
    )
    INSERT INTO case_events (id, case_id, type, by, actor, department_id, target, at)
    SELECT $29::uuid, id, 'filed', $30::text, $31::text, department_id, state, created_at
    FROM filed""",
)

HOLD_CASE = Query(
    HeldCase,
    """SELECT c.id, c.number, c.kind, c.state, c.version, c.operator_id,
        o.title AS operator_title, o.appeal_system_url, c.community_id, c.account_id,
        c.department_id, c.complained_about, c.legal_kind, c.due_at,
        coalesce(r.writable, false) AS writable, coalesce(w.inline_buttons, true) AS inline_buttons
    FROM cases c JOIN operators o ON o.id = c.operator_id
    LEFT JOIN accounts r ON r.id = c.account_id
    LEFT JOIN dialogs w ON w.account_id = c.account_id AND w.community_id = c.community_id
    WHERE c.id = $1 FOR UPDATE OF c""",
)

# A statement of its own: joined to the lock, it would show what was true before the wait for it.
HELD_ASSIGNMENTS = Query(
    HeldAssignment,
    """SELECT a.id, a.department_id, d.code AS department_code, d.title AS department_title,
        d.four_eyes, a.state, a.version, a.due_at, a.answered_at
    FROM assignments a JOIN departments d ON d.id = a.department_id
    WHERE a.case_id = $1 ORDER BY a.created_at, a.id""",
)

# Every change of a case shows in `updated_at` of all its assignments: each department's list is
# ordered by its own assignments, and has to bring the case up again.
MOVE = Query(
    type(None),
    """WITH moved AS (
        UPDATE assignments a SET state = $3, version = version + 1, workable = $4, updated_at = $5,
            answered_at = CASE WHEN $6::boolean THEN $5::timestamptz ELSE answered_at END,
            leased_until = CASE WHEN $4 THEN leased_until END,
            leased_by = CASE WHEN $4 THEN leased_by END,
            due_at = e.due_at, due_rule = e.rule, due_calendar = e.calendar
        FROM unnest($2::uuid[], $7::timestamptz[], $8::text[], $9::text[])
            AS e (id, due_at, rule, calendar)
        WHERE a.case_id = $1 AND a.id = e.id
    ), touched AS (
        UPDATE assignments SET updated_at = $5 WHERE case_id = $1 AND id <> ALL($2::uuid[])
    )
    UPDATE cases SET state = $10, version = version + 1, final = $11, updated_at = $5,
        due_at = $12, due_rule = $13, due_calendar = $14
    WHERE id = $1""",
)

FORWARD_TARGETS = Query(
    ForwardTarget,
    "SELECT id, code, title, moderation FROM departments WHERE code = ANY($1::text[])",
)

# $2: the assignment that ends, if any. A department that had the case before begins again.
ASSIGN = Query(
    type(None),
    """WITH ended AS (
        UPDATE assignments SET state = 'forwarded', version = version + 1, workable = false,
            updated_at = $3, leased_until = NULL, leased_by = NULL
        WHERE case_id = $1 AND id = $2::uuid
    )
    INSERT INTO assignments (id, case_id, department_id, kind, state, urgent, workable,
        due_at, due_rule, due_calendar, created_at, updated_at)
    SELECT e.id, c.id, e.department_id, c.kind, e.state, c.urgent, e.workable, e.due_at, e.rule,
        e.calendar, c.created_at, $3
    FROM cases c, unnest($4::uuid[], $5::integer[], $6::text[], $7::boolean[],
        $8::timestamptz[], $9::text[], $10::text[])
        AS e (id, department_id, state, workable, due_at, rule, calendar)
    WHERE c.id = $1
    ON CONFLICT (case_id, department_id) DO UPDATE SET state = excluded.state,
        version = assignments.version + 1, workable = excluded.workable,
        due_at = excluded.due_at, due_rule = excluded.due_rule,
        due_calendar = excluded.due_calendar, answered_at = NULL, updated_at = $3""",
)

FORWARD = Query(
    type(None),
    """WITH touched AS (UPDATE assignments SET updated_at = $4 WHERE case_id = $1)
    UPDATE cases SET department_id = $2, state = $3, version = version + 1, final = false,
        updated_at = $4, due_at = $5, due_rule = $6, due_calendar = $7
    WHERE id = $1""",
)

EXTEND = Query(
    type(None),
    """WITH moved AS (
        UPDATE assignments SET version = version + 1, due_at = $3, due_rule = $4,
            due_calendar = $5, updated_at = $6
        WHERE case_id = $1 AND id = $2
    ), touched AS (UPDATE assignments SET updated_at = $6 WHERE case_id = $1 AND id <> $2)
    UPDATE cases SET version = version + 1, updated_at = $6, due_at = $7, due_rule = $8,
        due_calendar = $9
    WHERE id = $1""",
)

# $3: whether the version grows, that is, whether somebody must look again before acting.
TOUCH = Query(
    type(None),
    """WITH touched AS (
        UPDATE assignments SET updated_at = $2, version = version + $3::integer WHERE case_id = $1
    )
    UPDATE cases SET updated_at = $2, version = version + $3::integer WHERE id = $1""",
)

ADD_EVENTS = Query(
    type(None),
    """INSERT INTO case_events (id, case_id, type, by, actor, department_id, source, target,
        reason, delivery_id, personal, at)
    SELECT e.id, $1::uuid, $2::text, $3::text, $4::text, e.department_id, e.source, $5::text,
        $6::text, e.delivery_id, e.personal, $7::timestamptz
    FROM unnest($8::uuid[], $9::integer[], $10::text[], $11::uuid[], $12::bytea[])
        WITH ORDINALITY AS e (id, department_id, source, delivery_id, personal, place)
    ORDER BY e.place""",
)

LAST_DRAFT = Query(
    Draft,
    """SELECT id, actor, personal FROM case_events
    WHERE case_id = $1 AND department_id = $2 AND target = 'on_approval'
    ORDER BY seq DESC LIMIT 1""",
)

VERIFY = Query(
    type(None),
    """WITH known AS (
        INSERT INTO identities (case_id, operator_id, provider, personal, verified_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (case_id) DO UPDATE SET provider = excluded.provider,
            personal = excluded.personal, verified_at = excluded.verified_at
    )
    UPDATE cases SET identity_level = 'verified' WHERE id = $1""",
)

COPIED = Query(
    Copied,
    """SELECT c.category, c.topic, c.municipality, g.group_id AS community, c.complained_about,
        c.latitude, c.longitude, c.subject, c.urgent, c.rules_matched, c.personal,
        i.personal AS identity,
        EXISTS (SELECT FROM cases n WHERE n.from_case = c.id) AS turned
    FROM cases c LEFT JOIN communities g ON g.id = c.community_id
    LEFT JOIN identities i ON i.case_id = c.id
    WHERE c.id = $1""",
)

TAG = Query(
    type(None),
    """WITH touched AS (UPDATE assignments SET updated_at = $3 WHERE case_id = $1)
    UPDATE cases SET tags = $2, updated_at = $3 WHERE id = $1""",
)

RATE = Query(type(None), "UPDATE cases SET rating = $2, rated_at = $3 WHERE id = $1")

MESSAGE_TOLD = Query(
    Told,
    """SELECT e.id, e.delivery_id, d.state AS delivery
    FROM case_events e LEFT JOIN deliveries d ON d.id = e.delivery_id
    WHERE e.case_id = $1 AND e.id = $2""",
)

# A long message leaves in several parts, written in one go after that of the event before; the
# event names the last of them.
SETTLE_CALLED = Query(
    type(None),
    """WITH last AS (SELECT seq, created_at FROM deliveries WHERE id = $2)
    UPDATE deliveries d SET state = 'sent', called_at = $3, settled_at = $3, personal = NULL
    FROM last
    WHERE d.case_id = $1 AND d.kind = 'message' AND d.state = 'parked'
        AND d.created_at = last.created_at AND d.seq <= last.seq
        AND d.seq > coalesce((
            SELECT max(p.seq) FROM case_events e JOIN deliveries p ON p.id = e.delivery_id
            WHERE e.case_id = $1 AND p.seq < last.seq), 0)""",
)

# Leased rows at the head of the queue are stepped over; `workable` is in the index.
_CLAIM = """WITH free AS (
        SELECT id FROM assignments
        WHERE department_id = $1 AND workable AND (leased_until IS NULL OR leased_until <= $2)
            {kind}
        ORDER BY urgent DESC, created_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE assignments a SET leased_until = $4, leased_by = $5
        FROM free WHERE a.id = free.id
        RETURNING a.case_id, a.urgent, a.created_at, a.id
    )
    SELECT case_id FROM taken ORDER BY urgent DESC, created_at, id"""

CLAIM = Query(UUID, _CLAIM.format(kind=""))
CLAIM_KIND = Query(UUID, _CLAIM.format(kind="AND kind = $6"))

RELEASE = Query(
    type(None),
    "UPDATE assignments SET leased_until = NULL, leased_by = NULL WHERE id = $1",
)
