"""SQL of the audit: what waits for the chain, the chain, and what is noted."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Waiting(Struct, frozen=True):
    """A note that is not in the chain yet."""

    kind: str
    id: UUID


class Link(Struct, frozen=True):
    """One link of the chain."""

    seq: int
    kind: str
    id: UUID
    digest: bytes
    link: bytes


class Noted(Struct, frozen=True):
    """A note as the chain sees it: its parts as text, in a fixed order."""

    kind: str
    id: UUID
    parts: list[str | None]


class Look(Struct, frozen=True):
    """Who looked at personal data, when and why."""

    at: datetime
    who: str
    actor: str | None
    why: str
    number: str | None


class Act(Struct, frozen=True):
    """Who changed what of the house."""

    at: datetime
    who: str
    actor: str | None
    what: str
    subject: str
    columns: list[str]


ACT_AS = Query(
    str,
    """SELECT set_config('gateway.who', $1, true) || set_config('gateway.actor', $2, true)""",
)
NOTE_ACT = Query(
    type(None), "INSERT INTO acts (id, who, what, subject, at) VALUES ($1, $2, $3, $4, $5)"
)
# One worker chains at a time; another that comes meanwhile has nothing to do.
TAKE_TURN = Query(bool, "SELECT pg_try_advisory_xact_lock($1)")
TAKE_WAITING = Query(
    Waiting,
    """DELETE FROM audit_waiting w USING (
        SELECT kind, id FROM audit_waiting ORDER BY kind, id LIMIT $1 FOR UPDATE
    ) taken
    WHERE w.kind = taken.kind AND w.id = taken.id RETURNING w.kind, w.id""",
)
# Seconds since 1970 with six digits: the same in every time zone of a session.
NOTED = Query(
    Noted,
    """SELECT 'read' AS kind, id, ARRAY[case_id::text, account_id::text, who, actor, why,
            extract(epoch FROM at)::text] AS parts
    FROM reads WHERE id = ANY ($1::uuid[])
    UNION ALL
    SELECT 'act', id, ARRAY[who, actor, what, subject, array_to_string(columns, ','),
            encode(fingerprint, 'hex'), extract(epoch FROM at)::text]
    FROM acts WHERE id = ANY ($1::uuid[])
    ORDER BY kind, id""",
)
HEAD = Query(Link, "SELECT seq, kind, id, digest, link FROM audit_chain ORDER BY seq DESC LIMIT 1")
LINKS = Query(
    Link,
    """SELECT seq, kind, id, digest, link FROM audit_chain
    WHERE seq > $1 ORDER BY seq LIMIT $2""",
)
ADD_LINKS = Query(
    type(None),
    """INSERT INTO audit_chain (seq, kind, id, digest, link)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[])""",
)
NUMBER_WAITING = Query(int, "SELECT count(*) FROM audit_waiting")
UNCHAINED = Query(
    Waiting,
    """SELECT n.kind, n.id FROM (
        SELECT 'read' AS kind, id FROM reads UNION ALL SELECT 'act', id FROM acts
    ) n
    WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.kind = n.kind AND c.id = n.id)
        AND NOT EXISTS (SELECT FROM audit_waiting w WHERE w.kind = n.kind AND w.id = n.id)
    LIMIT $1""",
)
LOOKS = Query(
    Look,
    """SELECT r.at, r.who, r.actor, r.why, c.number
    FROM reads r LEFT JOIN cases c ON c.id = r.case_id
    WHERE ($1::text IS NULL OR split_part(r.who, ':', 2) = $1)
        AND ($2::text IS NULL OR c.number = $2)
        AND ($3::bytea IS NULL OR r.account_id IN (
            SELECT a.id FROM accounts a WHERE a.user_key = $3
                AND ($4::integer IS NULL OR a.operator_id = $4)))
        AND ($5::timestamptz IS NULL OR r.at >= $5)
    ORDER BY r.at, r.id""",
)
ACTS = Query(
    Act,
    """SELECT at, who, actor, what, subject, columns FROM acts
    WHERE ($1::text IS NULL OR split_part(who, ':', 2) = $1)
        AND ($2::timestamptz IS NULL OR at >= $2)
    ORDER BY at, id""",
)
