"""SQL of a rotation of keys. Names of tables and columns come from `services.privacy.columns`."""

from datetime import datetime

from msgspec import Struct

from services.db.query import Query
from services.privacy.columns import SEALED, SealedColumn


class Rotation(Struct, frozen=True):
    """A rotation under way: its key's id, and since when everybody seals with that key."""

    key_id: int
    in_force_at: datetime | None


class Step(Struct, frozen=True):
    """Where a rotation stands in a column; `after` is None at the beginning of a walk."""

    place: str
    after: str | None
    found: int
    resealed: int
    clean: bool


class Seen(Struct, frozen=True):
    """A row of a walk, and the id of the key that it is sealed with."""

    key: str
    sealed_with: int | None


class Held(Struct, frozen=True):
    """A row that nobody else can change before the transaction ends."""

    key: str
    bound: str
    sealed: bytes


OPEN_ROTATION = Query(
    Rotation,
    """SELECT r.key_id, k.in_force_at FROM key_rotations r JOIN keyring k ON k.id = r.key_id
    WHERE r.finished_at IS NULL""",
)
BEGIN = Query(type(None), "INSERT INTO key_rotations (key_id, started_at) VALUES ($1, $2)")
END = Query(type(None), "UPDATE key_rotations SET finished_at = $2 WHERE key_id = $1")
PUT_IN_FORCE = Query(
    type(None), "UPDATE keyring SET in_force_at = $2 WHERE id = $1 AND in_force_at IS NULL"
)
REWRAP = Query(type(None), "UPDATE keyring SET wrapped = $2 WHERE id = $1")
RETIRE = Query(type(None), "DELETE FROM keyring WHERE purpose = 'field' AND id <> $1")
NEW_STEP = Query(
    type(None),
    """INSERT INTO key_rotation_steps (key_id, place) VALUES ($1, $2)
    ON CONFLICT (key_id, place) DO UPDATE SET after = NULL, found = 0, clean = false""",
)
# Locked, so that of two commands at once the second goes on where the first stands.
STEP = Query(
    Step,
    """SELECT place, after, found, resealed, clean FROM key_rotation_steps
    WHERE key_id = $1 AND place = $2 FOR UPDATE""",
)
STEPS = Query(
    Step,
    """SELECT place, after, found, resealed, clean FROM key_rotation_steps
    WHERE key_id = $1 ORDER BY place""",
)
SAVE_STEP = Query(
    Step,
    """UPDATE key_rotation_steps
    SET after = $3, found = $4, resealed = resealed + $5, clean = $6
    WHERE key_id = $1 AND place = $2
    RETURNING place, after, found, resealed, clean""",
)
# Of the transaction alone, so that it also holds behind PgBouncer.
ALLOW_RESEALING = Query(str, "SELECT set_config('gateway.resealing', 'on', true)")

# The third to sixth byte of a blob are the id of its key: see `services.privacy.sealing`.
_PAGE = """SELECT {key}::text AS key,
        ('x' || encode(substring({column} FROM 3 FOR 4), 'hex'))::bit(32)::integer AS sealed_with
    FROM {table} WHERE {key} > $1::text::{kind} ORDER BY {key} LIMIT $2"""
_LOCKED = """SELECT {key}::text AS key, {bound} AS bound, {column} AS sealed FROM {table}
    WHERE {key} = ANY ($1::text[]::{kind}[]) AND {column} IS NOT NULL
    ORDER BY {key} FOR NO KEY UPDATE SKIP LOCKED"""
_PUT = """UPDATE {table} AS held SET {column} = new.sealed
    FROM unnest($1::text[], $2::bytea[]) AS new (key, sealed)
    WHERE held.{key} = new.key::{kind}"""


def _of(column: SealedColumn, sql: str) -> str:
    return sql.format(
        table=column.table,
        column=column.column,
        key=column.key,
        kind=column.kind,
        bound=column.bound,
    )


PAGES = {column.name: Query(Seen, _of(column, _PAGE)) for column in SEALED}
LOCKED = {column.name: Query(Held, _of(column, _LOCKED)) for column in SEALED}
PUT = {column.name: Query(type(None), _of(column, _PUT)) for column in SEALED}
