"""Numbered SQL migrations: each applied once, in order, and never edited afterwards."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from msgspec import Struct

from services.db.query import Connection, Query
from services.errors import ServiceError

FOLDER = Path(__file__).parent / "migrations"
LOCK_TIMEOUT = "5s"  # a migration that waits for a lock blocks everyone behind it: give up instead
STATEMENT_TIMEOUT = "10min"
_LOCK = 0x67617465  # of pg_advisory_lock: one process migrates, the others wait
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class MigrationError(ServiceError):
    """The database's schema cannot be brought up to date."""

    code = "migration"


class SchemaTooOld(ServiceError):
    """The database's schema is older than this program: run `gateway migrate` first."""

    code = "schema_too_old"


class Migration(Struct, frozen=True):
    """One file: its number, name, SQL and SHA-256."""

    number: int
    name: str
    sql: str
    checksum: str


class Applied(Struct, frozen=True):
    """One migration that the database remembers."""

    number: int
    name: str
    checksum: str


TABLE_EXISTS = Query(bool, "SELECT to_regclass('schema_migrations') IS NOT NULL")
APPLIED = Query(Applied, "SELECT number, name, checksum FROM schema_migrations ORDER BY number")
REMEMBER = Query(
    type(None), "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)"
)
CREATE_TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        number      integer PRIMARY KEY,
        name        text NOT NULL,
        checksum    text NOT NULL,
        applied_at  timestamptz NOT NULL DEFAULT now()
    )"""


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations of a folder in order; raises MigrationError for a gap or a bad name."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None or int(match[1]) != len(found) + 1:
            message = f"{path.name}: migrations are numbered 0001, 0002, … without a gap"
            raise MigrationError(message)
        sql = path.read_text(encoding="utf-8")
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        found.append(Migration(int(match[1]), path.stem, sql, checksum))
    return found


async def migrate(dsn: str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Apply what is missing, each file in a transaction of its own; return the names applied.

    Raises MigrationError when an applied file was edited since, or the database knows
    migrations that this program does not.
    """
    wanted = read_migrations() if migrations is None else migrations
    connection = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        return await _apply(connection, wanted)
    finally:
        await connection.close()


async def check_schema(connection: Connection) -> None:
    """Raise SchemaTooOld or MigrationError unless the schema is exactly this program's."""
    applied = await _applied(connection)
    wanted = read_migrations()
    _compare(applied, wanted)
    if len(applied) < len(wanted):
        raise SchemaTooOld


async def _apply(connection: Connection, wanted: Sequence[Migration]) -> list[str]:
    done: list[str] = []
    while True:
        async with connection.transaction():
            # Time-outs and the lock are the transaction's, so that they also hold behind PgBouncer.
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute(CREATE_TABLE)
            applied = await APPLIED.all(connection)
            _compare(applied, wanted)
            if len(applied) >= len(wanted):
                return done
            migration = wanted[len(applied)]
            await connection.execute(migration.sql)
            await REMEMBER.run(connection, migration.number, migration.name, migration.checksum)
            done.append(migration.name)


async def _applied(connection: Connection) -> list[Applied]:
    return await APPLIED.all(connection) if await TABLE_EXISTS.one(connection) else []


def _compare(applied: Sequence[Applied], wanted: Sequence[Migration]) -> None:
    if len(applied) > len(wanted):
        message = (
            f"The database knows {applied[len(wanted)].name}, this program does not: "
            "it is newer than the program. Install the newer version."
        )
        raise MigrationError(message)
    for row, migration in zip(applied, wanted, strict=False):
        if row.checksum != migration.checksum:
            message = (
                f"{migration.name}.sql was changed after it had been applied. "
                "Restore the file and write the change as a new migration."
            )
            raise MigrationError(message)
