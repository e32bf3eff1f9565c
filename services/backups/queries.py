"""SQL of backups."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class TableShape(Struct, frozen=True):
    """A table, its columns, and the tables that its rows point to."""

    name: str
    columns: list[str]
    needs: list[str]


class Standing(Struct, frozen=True):
    """Where a sequence stands; null: it was never used."""

    name: str
    value: int | None


class StoredBlob(Struct, frozen=True):
    """A file whose content is in the storage."""

    place: str
    attempts: int


class Held(Struct, frozen=True):
    """What is not sent after a restore until somebody has looked at it."""

    messages: int
    hand_offs: int


MARK = "restore_under_way"
"""In `schema_migrations` until a restore is whole: no process starts on such a database."""

# Migrations are applied again, not copied. Columns that are computed cannot be written.
TABLES = Query(
    TableShape,
    """SELECT c.relname::text AS name,
        (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attgenerated = '') AS columns,
        coalesce((SELECT array_agg(DISTINCT t.relname::text) FROM pg_constraint f
            JOIN pg_class t ON t.oid = f.confrelid
            WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid), '{}') AS needs
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        AND c.relname <> 'schema_migrations'
    ORDER BY c.relname""",
)
SEQUENCES = Query(
    Standing,
    """SELECT sequencename::text AS name, last_value AS value FROM pg_sequences
    WHERE schemaname = current_schema() ORDER BY 1""",
)
# What is known to have happened: of a database that was taken back to a moment, that moment. An
# erasure writes its answer to the resident in its own transaction.
AS_OF = Query(datetime, "SELECT coalesce(max(created_at), now()) FROM deliveries")
BLOBS = Query(StoredBlob, "SELECT place, attempts FROM files WHERE state = 'stored' ORDER BY seq")
SET_SEQUENCE = Query(int, "SELECT setval(to_regclass($1::text), $2)")
IN_USE = Query(
    bool,
    """SELECT EXISTS (SELECT FROM keyring) OR EXISTS (SELECT FROM communities)
        OR EXISTS (SELECT FROM accounts) OR EXISTS (SELECT FROM cases)""",
)
PUT_MARK = Query(
    type(None),
    """INSERT INTO schema_migrations (number, name, checksum)
    VALUES ((SELECT max(number) + 1 FROM schema_migrations), $1, '')""",
)
DROP_MARK = Query(type(None), "DELETE FROM schema_migrations WHERE name = $1")
# Numbers that were told after the backup was taken are not given to other cases.
SKIP_NUMBERS = Query(
    int,
    """SELECT setval('case_sequence', least(last_value + $1::bigint, $2::bigint))
    FROM case_sequence""",
)
# Events after the backup have had their effect once, and the residents their answers.
FORGET_PLACES = Query(
    type(None), "UPDATE long_polls SET ts = NULL, holder = NULL, leased_until = NULL"
)
LAST_DELIVERY = Query(int, "SELECT coalesce(max(seq), 0) FROM deliveries")
UNSETTLED = Query(
    int,
    """SELECT count(*) FROM deliveries
    WHERE kind = 'message' AND state IN ('waiting', 'leased', 'parked')""",
)
KNOWN = Query(bool, "SELECT EXISTS (SELECT FROM accounts WHERE id = $1)")
# $1 now, $2 the newest delivery of the backup. What had been handed to a back end may be known
# there: it goes again under the same id, as a second try.
HOLD = Query(
    Held,
    """WITH message AS (
        UPDATE deliveries SET state = 'dead', error = 'restored', leased_until = NULL,
            settled_at = $1
        WHERE kind = 'message' AND account_id IS NOT NULL
            AND state IN ('waiting', 'leased', 'parked') RETURNING 1
    ), later AS (
        UPDATE deliveries SET state = 'dead', error = 'restored', leased_until = NULL,
            settled_at = $1
        WHERE kind = 'hand_off' AND seq > $2 AND state IN ('waiting', 'leased') RETURNING 1
    ), known AS (
        UPDATE deliveries SET state = 'waiting', leased_until = NULL,
            attempts = greatest(attempts, 1)
        WHERE kind = 'hand_off' AND seq <= $2 AND state IN ('waiting', 'leased') RETURNING 1
    )
    SELECT (SELECT count(*) FROM message) AS messages, (SELECT count(*) FROM later) AS hand_offs""",
)


class Erasure(Struct, frozen=True):
    """What a resident had done with their data: `erase`, or `withdraw` of every consent."""

    account: UUID
    action: str
    at: datetime
