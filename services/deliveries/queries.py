"""SQL of the outbox."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class ClaimedMessage(Struct, frozen=True):
    """A message to a resident that was claimed, still sealed."""

    id: UUID
    seq: int
    account_id: UUID
    random_id: int
    attempts: int
    personal: bytes
    user_sealed: bytes | None


class ClaimedHandOff(Struct, frozen=True):
    """A note to a department's back end that was claimed."""

    id: UUID
    seq: int
    type: str
    attempts: int
    department_id: int
    case_id: UUID | None
    created_at: datetime


class HandOffCase(Struct, frozen=True):
    """What a webhook tells of a case, as it is now; `state` and `version` of the assignment."""

    case_id: UUID
    department_id: int
    number: str
    kind: str
    state: str
    version: int
    department: str


class LastWords(Struct, frozen=True):
    """The newest words of a case's resident, sealed."""

    case_id: UUID
    event_id: UUID
    personal: bytes


class WebhookTarget(Struct, frozen=True):
    """Where a department's back end listens; the secrets are sealed."""

    department_id: int
    url: str
    secret: bytes
    previous_secret: bytes | None


INSERT_MESSAGE = Query(
    type(None),
    """INSERT INTO deliveries (id, kind, state, type, community_id, account_id, case_id,
        random_id, next_at, created_at, useful_until, personal)
    VALUES ($1, 'message', $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)""",
)
INSERT_HAND_OFF = Query(
    type(None),
    """INSERT INTO deliveries (id, kind, type, department_id, case_id, next_at, created_at)
    SELECT $1, 'hand_off', $2, d.id, $4, $5, $5 FROM departments d
    WHERE d.id = $3 AND (
        EXISTS (SELECT FROM webhooks w WHERE w.department_id = d.id AND w.disabled_at IS NULL)
        OR EXISTS (SELECT FROM backends b WHERE b.department_id = d.id AND b.type = 'json_rest'
            AND ($2 = 'case.assigned' OR b.description ? 'tell')))""",
)

# $1 community, $2 now, $3 how many, $4 the lease's end. Only a person's oldest unsettled one.
# Nothing of a page that is paused: the process that claims may not have heard of it yet.
CLAIM_MESSAGES = Query(
    ClaimedMessage,
    """WITH due AS (
        SELECT d.id FROM deliveries d
        WHERE d.community_id = $1 AND d.kind = 'message' AND d.state = 'waiting'
            AND d.next_at <= $2 AND (d.useful_until IS NULL OR d.useful_until > $2)
            AND EXISTS (SELECT FROM communities c WHERE c.id = $1 AND c.paused IS NULL)
            AND NOT EXISTS (SELECT FROM deliveries o
                WHERE o.account_id = d.account_id AND o.kind = 'message'
                AND o.state IN ('waiting', 'leased') AND o.seq < d.seq
                AND (o.state = 'leased' OR o.useful_until IS NULL OR o.useful_until > $2))
        ORDER BY d.seq LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries d SET state = 'leased', leased_until = $4, attempts = d.attempts + 1
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.seq, d.account_id, d.random_id, d.attempts, d.personal,
        (SELECT a.user_sealed FROM accounts a WHERE a.id = d.account_id) AS user_sealed""",
)
CLAIM_HAND_OFFS = Query(
    ClaimedHandOff,
    """WITH due AS (
        SELECT d.id FROM deliveries d
        WHERE d.kind = 'hand_off' AND d.state = 'waiting' AND d.next_at <= $1
        ORDER BY d.seq LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries d SET state = 'leased', leased_until = $3, attempts = d.attempts + 1
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.seq, d.type, d.attempts, d.department_id, d.case_id, d.created_at""",
)
HAND_OFF_CASES = Query(
    HandOffCase,
    """SELECT c.id AS case_id, p.id AS department_id, c.number, c.kind, a.state, a.version,
        p.code AS department
    FROM unnest($1::uuid[], $2::int[]) AS e(case_id, department_id)
    JOIN cases c ON c.id = e.case_id
    JOIN assignments a ON a.case_id = c.id AND a.department_id = e.department_id
    JOIN departments p ON p.id = e.department_id""",
)
LAST_WORDS = Query(
    LastWords,
    """SELECT DISTINCT ON (case_id) case_id, id AS event_id, personal FROM case_events
    WHERE case_id = ANY ($1::uuid[]) AND by = 'resident' AND personal IS NOT NULL
    ORDER BY case_id, seq DESC""",
)

WEBHOOK_TARGETS = Query(
    WebhookTarget,
    """SELECT department_id, url, secret,
        CASE WHEN previous_until > $2 THEN previous_secret END AS previous_secret
    FROM webhooks WHERE department_id = ANY ($1::int[]) AND disabled_at IS NULL""",
)

# Settled by who holds the lease, known by the number of the try. A sent or expired message keeps
# no words.
SETTLE = Query(
    type(None),
    """UPDATE deliveries d SET state = s.state, next_at = coalesce(s.next_at, d.next_at),
        error = s.error, leased_until = NULL,
        settled_at = CASE WHEN s.state = 'waiting' THEN NULL ELSE $1::timestamptz END,
        personal = CASE WHEN s.state IN ('sent', 'expired') THEN NULL ELSE d.personal END
    FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[])
        AS s(id, attempts, state, next_at, error)
    WHERE d.id = s.id AND d.state = 'leased' AND d.attempts = s.attempts""",
)
# Of what the process that wrote it leased at once: its first try.
RELEASE = Query(
    type(None),
    """UPDATE deliveries SET state = 'waiting', leased_until = NULL
    WHERE id = ANY ($1::uuid[]) AND state = 'leased' AND attempts = 1""",
)
UNREACHABLE = Query(
    type(None),
    """WITH told AS (UPDATE accounts SET writable = false WHERE id = ANY ($1::uuid[]))
    UPDATE deliveries SET state = 'parked', error = $2
    WHERE account_id = ANY ($1::uuid[]) AND kind = 'message' AND state = 'waiting'""",
)
HOLD_PERSON = Query(
    type(None),
    """UPDATE deliveries SET next_at = $2
    WHERE account_id = ANY ($1::uuid[]) AND kind = 'message' AND state = 'waiting'""",
)
DISABLE_WEBHOOK = Query(
    type(None),
    "UPDATE webhooks SET disabled_at = $2 WHERE department_id = $1 AND disabled_at IS NULL",
)

# What the sweep looks for. Each names its kind, so that it reads the small index of what has not
# left yet, and never the table.
EXPIRE_LEASES = Query(
    type(None),
    """UPDATE deliveries SET state = 'waiting', leased_until = NULL
    WHERE kind = 'message' AND state = 'leased' AND leased_until < $1""",
)
EXPIRE_HAND_OFF_LEASES = Query(
    type(None),
    """UPDATE deliveries SET state = 'waiting', leased_until = NULL
    WHERE kind = 'hand_off' AND state = 'leased' AND leased_until < $1""",
)
EXPIRE_USELESS = Query(
    type(None),
    """UPDATE deliveries SET state = 'expired', settled_at = $1, personal = NULL
    WHERE state = 'waiting' AND kind = 'message' AND useful_until <= $1""",
)
DUE_PAGES = Query(
    int,
    """SELECT c.id FROM communities c WHERE c.paused IS NULL AND EXISTS (
        SELECT FROM deliveries d WHERE d.community_id = c.id AND d.kind = 'message'
        AND d.state = 'waiting' AND d.next_at <= $1)""",
)
HAND_OFFS_DUE = Query(
    bool,
    """SELECT EXISTS (SELECT FROM deliveries
        WHERE kind = 'hand_off' AND state = 'waiting' AND next_at <= $1)""",
)
