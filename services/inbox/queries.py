"""SQL of the inbox: one query loads a batch, one statement writes it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Loaded(Struct, frozen=True):
    """What is known of the resident behind one event. Ids are None for somebody new."""

    seen: bool
    account_id: UUID | None
    writable: bool | None
    dialog_id: UUID | None
    revision: int | None
    silenced_until: datetime | None
    personal: bytes | None
    consents: list[int]
    waits: bool  # an older message to this person has not left yet
    ours: bool  # a reply that came back was sent by the gateway


class Taken(Struct, frozen=True):
    """An event whose effect is now durable."""

    community_id: int
    event_id: str


# In the order of the events given. The first array says which community, the last which
# random_id a reply came back with (0: none).
LOAD = Query(
    Loaded,
    """SELECT i.event_id IS NOT NULL AS seen,
        a.id AS account_id, a.writable,
        d.id AS dialog_id, d.revision, d.silenced_until, d.personal,
        ARRAY(SELECT given.document_id FROM (
            SELECT DISTINCT ON (c.document_id) c.document_id, c.action FROM consents c
            WHERE c.account_id = a.id ORDER BY c.document_id, c.at DESC, c.id DESC) AS given
            WHERE given.action = 'given') AS consents,
        EXISTS (SELECT FROM deliveries w WHERE w.account_id = a.id AND w.kind = 'message'
            AND w.state IN ('waiting', 'leased')) AS waits,
        e.random_id <> 0 AND EXISTS (SELECT FROM deliveries o WHERE o.account_id = a.id
            AND o.random_id = e.random_id AND o.kind = 'message') AS ours
    FROM unnest($1::int[], $2::text[], $3::int[], $4::bytea[], $5::int[]) WITH ORDINALITY
        AS e(community_id, event_id, operator_id, user_key, random_id, ord)
    LEFT JOIN inbox i ON i.community_id = e.community_id AND i.event_id = e.event_id
    LEFT JOIN accounts a ON a.operator_id = e.operator_id AND a.channel = 'vk'
        AND a.user_key = e.user_key
    LEFT JOIN dialogs d ON d.account_id = a.id AND d.community_id = e.community_id
    ORDER BY e.ord""",
)

# $1 now, $2 the steps, $3 the messages, both as JSON: twenty-four arrays cost the process, which
# has less time to spare than the database, more (the driver looks at every element by itself).
# The guard is the dialogue's revision: an event whose dialogue moved on since it was loaded is
# not among the rows returned, and nothing of it was written. An event that another process took
# meanwhile violates the inbox's key: the whole statement is undone and each is done alone.
WRITE = Query(
    Taken,
    """WITH step AS (
        SELECT * FROM json_to_recordset($2::text::json) AS s(community_id int, event_id text,
            type text, dialog_id uuid, account_id uuid, new_account bool, new_dialog bool,
            operator_id int, user_key text, user_sealed text, revision int,
            silenced_until timestamptz, drafted_until timestamptz, personal text,
            inline_buttons bool)
    ), came AS (
        INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed, created_at)
        SELECT account_id, operator_id, 'vk', decode(user_key, 'base64'),
            decode(user_sealed, 'base64'), $1
        FROM step WHERE new_account
        ON CONFLICT DO NOTHING RETURNING id
    ), begun AS (
        INSERT INTO dialogs (id, account_id, community_id, revision, silenced_until,
            drafted_until, personal, inline_buttons, updated_at)
        SELECT dialog_id, account_id, community_id, revision + 1, silenced_until, drafted_until,
            decode(personal, 'base64'), inline_buttons, $1
        FROM step WHERE new_dialog AND (NOT new_account OR account_id IN (SELECT id FROM came))
        ON CONFLICT DO NOTHING RETURNING id
    ), moved AS (
        UPDATE dialogs d SET revision = d.revision + 1, silenced_until = s.silenced_until,
            drafted_until = s.drafted_until, personal = decode(s.personal, 'base64'),
            inline_buttons = s.inline_buttons, updated_at = $1
        FROM step s WHERE NOT s.new_dialog AND d.id = s.dialog_id AND d.revision = s.revision
        RETURNING d.id
    ), held AS (
        SELECT id FROM begun UNION ALL SELECT id FROM moved
    ), taken AS (
        INSERT INTO inbox (community_id, event_id, type, at)
        SELECT community_id, event_id, type, $1 FROM step
        WHERE dialog_id IS NULL OR dialog_id IN (SELECT id FROM held)
        RETURNING community_id, event_id
    ), told AS (
        INSERT INTO deliveries (id, kind, state, type, community_id, account_id, random_id,
            attempts, next_at, leased_until, useful_until, created_at, personal)
        SELECT m.id, 'message', m.state, 'step', m.community_id, m.account_id, m.random_id,
            CASE m.state WHEN 'leased' THEN 1 ELSE 0 END, $1, m.leased_until, m.useful_until, $1,
            decode(m.personal, 'base64')
        FROM ROWS FROM (json_to_recordset($3::text::json) AS (id uuid, dialog_id uuid, state text,
            community_id int, account_id uuid, random_id int, leased_until timestamptz,
            useful_until timestamptz, personal text)) WITH ORDINALITY
        AS m(id, dialog_id, state, community_id, account_id, random_id, leased_until,
            useful_until, personal, ord)
        WHERE m.dialog_id IN (SELECT id FROM held) ORDER BY m.ord
    )
    SELECT community_id, event_id FROM taken""",
)

# Of an event that failed alone, by a statement of its own after the rollback.
COUNT_FAILURE = Query(
    int,
    """INSERT INTO inbox_failures (community_id, event_id, tries, error, at)
    VALUES ($1, $2, 1, $3, $4)
    ON CONFLICT (community_id, event_id)
        DO UPDATE SET tries = inbox_failures.tries + 1, error = excluded.error, at = excluded.at
    RETURNING tries""",
)
GIVE_UP = Query(
    type(None),
    """INSERT INTO inbox (community_id, event_id, type, failed, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING""",
)
TAKE = Query(
    type(None),
    """INSERT INTO inbox (community_id, event_id, type, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING""",
)
SET_WRITABLE = Query(type(None), "UPDATE accounts SET writable = $2 WHERE id = $1")
UNPARK = Query(
    type(None),
    """UPDATE deliveries SET state = 'waiting', next_at = $2, error = NULL
    WHERE account_id = $1 AND state = 'parked' AND called_at IS NULL""",
)
PARK_PERSON = Query(
    type(None),
    """UPDATE deliveries SET state = 'parked', error = $2
    WHERE account_id = $1 AND kind = 'message' AND state = 'waiting'""",
)
FIND_ACCOUNT = Query(
    UUID, "SELECT id FROM accounts WHERE operator_id = $1 AND channel = 'vk' AND user_key = $2"
)
