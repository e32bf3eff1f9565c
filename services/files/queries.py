"""SQL of files."""

from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Today(Struct, frozen=True):
    """What a resident has sent since midnight: files, and bytes as they came."""

    files: int
    received: int


class ClaimedFile(Struct, frozen=True):
    """A file that is to be fetched by whoever claimed it."""

    id: UUID
    account_id: UUID
    community_id: int
    place: str
    attempts: int
    personal: bytes


class Settled(Struct, frozen=True):
    """Where a file belongs, at the moment its fetching was settled."""

    account_id: UUID
    community_id: int
    dialog_id: UUID
    case_id: UUID | None


class Progress(Struct, frozen=True):
    """The files of one draft or case: still to be fetched, and there."""

    pending: int
    stored: int


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file of a case that can be served."""

    id: UUID
    case_id: UUID
    number: int
    place: str
    attempts: int
    content_type: str
    size: int
    scan: str
    personal: bytes


class DroppedFile(Struct, frozen=True):
    """A file whose content is to go."""

    id: UUID
    place: str
    attempts: int


TODAY = Query(
    Today,
    """SELECT count(*) AS files, coalesce(sum(received), 0) AS received FROM files
    WHERE account_id = $1 AND created_at >= $2""",
)
REFUSED = Query(
    UUID,
    "SELECT id FROM files WHERE account_id = $1 AND case_id IS NULL AND state = 'refused'",
)
NOTE = Query(
    type(None),
    """INSERT INTO files (id, account_id, community_id, dialog_id, place, next_at, created_at,
        personal)
    SELECT f.id, $1, $2, $3, f.place, $4, $4, f.personal
    FROM unnest($5::uuid[], $6::text[], $7::bytea[]) WITH ORDINALITY AS f (id, place, personal, ord)
    ORDER BY f.ord""",
)
# Numbers within the case in the order in which the files were sent; $4 is how many it may have.
BIND = Query(
    UUID,
    """WITH had AS (
        SELECT coalesce(max(number), 0) AS last,
            count(*) FILTER (WHERE state IN ('waiting', 'leased', 'stored')) AS files
        FROM files WHERE case_id = $1
    ), sent AS (
        SELECT f.id, row_number() OVER (ORDER BY f.seq) AS place FROM files f
        WHERE f.id = ANY ($2::uuid[]) AND f.account_id = $3 AND f.case_id IS NULL
            AND f.state IN ('waiting', 'leased', 'stored')
    )
    UPDATE files f SET case_id = $1, number = had.last + sent.place FROM sent, had
    WHERE f.id = sent.id AND sent.place <= $4::integer - had.files AND f.case_id IS NULL
        AND f.state IN ('waiting', 'leased', 'stored')
    RETURNING f.id""",
)
# Without `personal` the content cannot be read any more, whoever has it.
_DROP = """UPDATE files SET state = 'dropped', personal = NULL, leased_until = NULL"""
DROP_UNSENT = Query(
    type(None),
    f"""{_DROP} WHERE id = ANY ($1::uuid[]) AND case_id IS NULL
        AND state NOT IN ('dropped', 'gone')""",
)
DROP_OF_ACCOUNT = Query(
    type(None),
    f"""{_DROP} WHERE account_id = $1 AND state NOT IN ('dropped', 'gone')
        AND (case_id IS NULL OR case_id IN (
            SELECT id FROM cases WHERE account_id = $1 AND personal IS NULL))""",
)
# One at a time for each resident, the oldest first: so the day's limit is counted in order, and
# nobody holds all the hands.
CLAIM = Query(
    ClaimedFile,
    """WITH due AS (
        SELECT f.id FROM files f
        WHERE f.state = 'waiting' AND f.next_at <= $1 AND NOT EXISTS (
            SELECT FROM files o WHERE o.account_id = f.account_id AND (o.state = 'leased'
                OR (o.state = 'waiting' AND o.next_at <= $1 AND o.seq < f.seq)))
        ORDER BY f.seq LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE files f SET state = 'leased', leased_until = $3, attempts = f.attempts + 1
    FROM due WHERE f.id = due.id
    RETURNING f.id, f.account_id, f.community_id, f.place, f.attempts, f.personal""",
)
_MINE = "WHERE id = $1 AND state = 'leased' AND attempts = $2"
STORE = Query(
    Settled,
    f"""UPDATE files SET state = 'stored', leased_until = NULL, error = NULL, settled_at = $3,
        content_type = $4, size = $5, received = $6, scan = $7, personal = $8
    {_MINE} RETURNING account_id, community_id, dialog_id, case_id""",
)
REFUSE = Query(
    Settled,
    f"""UPDATE files SET state = 'refused', leased_until = NULL, error = $4, settled_at = $3,
        personal = NULL
    {_MINE} RETURNING account_id, community_id, dialog_id, case_id""",
)
TRY_AGAIN = Query(
    type(None),
    f"""UPDATE files SET state = 'waiting', leased_until = NULL, next_at = $3, error = $4
    {_MINE}""",
)
PROGRESS = Query(
    Progress,
    """SELECT count(*) FILTER (WHERE state IN ('waiting', 'leased')) AS pending,
        count(*) FILTER (WHERE state = 'stored') AS stored
    FROM files WHERE account_id = $1 AND dialog_id = $2 AND case_id IS NOT DISTINCT FROM $3""",
)
EXPIRE_LEASES = Query(
    type(None),
    """UPDATE files SET state = 'waiting', leased_until = NULL
    WHERE state = 'leased' AND leased_until < $1""",
)
DUE = Query(
    bool,
    """SELECT EXISTS (SELECT FROM files WHERE state = 'waiting' AND next_at <= $1)
        OR EXISTS (SELECT FROM files WHERE state = 'dropped')""",
)

DROPPED = Query(
    DroppedFile,
    "SELECT id, place, attempts FROM files WHERE state = 'dropped' ORDER BY seq LIMIT $1",
)
GONE = Query(type(None), "UPDATE files SET state = 'gone' WHERE id = ANY ($1::uuid[])")

_STORED = "id, case_id, number, place, attempts, content_type, size, scan, personal"
OF_CASES = Query(
    StoredFile,
    f"""SELECT {_STORED} FROM files
    WHERE case_id = ANY ($1::uuid[]) AND state = 'stored' ORDER BY case_id, number""",
)
OF_CASE = Query(
    StoredFile,
    f"""SELECT {_STORED} FROM files
    WHERE case_id = $1 AND number = $2 AND state = 'stored'""",
)
