"""What commands have in common: settings, the embedded servers, a connection, values from files."""

import asyncio
import getpass
import os
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal, NoReturn
from zoneinfo import ZoneInfo

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from gateway import embedded
from gateway.settings import Settings, load
from services.audit.acting import act_as
from services.db.migrate import check_schema, migrate
from services.db.pool import open_pool
from services.db.query import Connection
from services.errors import ServiceError
from services.privacy.keyring import open_keyring
from services.privacy.sealing import Sealer

STANDARD_INPUT = "-"
TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What is met where the database is away or refuses us."""


class DatabaseAway(ServiceError):
    """The database cannot be reached; see GATEWAY_DATABASE_URL."""

    code = "database_away"


class Desk(Struct, frozen=True):
    """A connection in a transaction, what seals, and the region's zone."""

    connection: Connection
    sealer: Sealer
    zone: ZoneInfo


@contextmanager
def joined(settings: Settings) -> Generator[Settings, None, None]:
    """Fill in the embedded servers where no URL is set, and use them until the end.

    An embedded database is brought up to date. A SIGTERM in between leaves the servers as
    cleanly as a Ctrl-C. Raises EmbeddedError and MigrationError.
    """
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        own_database, own_queue = settings.database_url is None, settings.redis_url is None
        if not own_database and not own_queue:
            yield settings
            return
        with embedded.joined(settings.data_dir, database=own_database, queue=own_queue) as found:
            if found.database_url is not None:
                asyncio.run(migrate(found.database_url))
            yield replace(
                settings,
                database_url=settings.database_url or found.database_url,
                redis_url=settings.redis_url or found.redis_url,
            )
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def settled() -> Generator[Settings, None, None]:
    """Read the settings from the environment and join the embedded servers where needed."""
    with joined(load(os.environ)) as settings:
        yield settings


@asynccontextmanager
async def open_desk(
    settings: Settings, isolation: Literal["repeatable_read"] | None = None
) -> AsyncGenerator[Desk, None]:
    """Open a transaction on an up-to-date database; it is committed unless something is raised.

    What it changes of the house is noted with the account that runs the command. Raises
    DatabaseAway, SchemaTooOld, MigrationError and WrongSecretKeys.
    """
    try:
        pool = await open_pool(settings.database_url or "", size=1)
    except TROUBLE as error:
        raise DatabaseAway from error
    try:
        async with pool.acquire() as connection, connection.transaction(isolation=isolation):
            await check_schema(connection)
            await act_as(connection, command_name())
            keyring = await open_keyring(connection, settings.secret_keys)
            yield Desk(connection, keyring.sealer, settings.timezone)
    finally:
        await pool.close()


@asynccontextmanager
async def opened_pool(settings: Settings) -> AsyncGenerator[asyncpg.Pool, None]:
    """Open connections to an up-to-date database, for what takes many transactions.

    Raises what `open_desk` raises; a database that goes away in the middle is DatabaseAway too.
    """
    async with AsyncExitStack() as stack:
        async with open_desk(settings):
            pass
        try:
            pool = await open_pool(settings.database_url or "", size=2)
            stack.push_async_callback(pool.close)
            yield pool
        except TROUBLE as error:
            raise DatabaseAway from error


def command_name() -> str:
    """Return how notes name whoever runs this command: the account of the machine."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's number without a name
        return f"command:{os.getuid()}"


def read_value(text: str) -> str:
    """Return a secret given as it is, as `@FILE`, or as `-` for standard input.

    Raises ServiceError for a file that cannot be read.
    """
    if text == STANDARD_INPUT:
        return sys.stdin.readline().strip()
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ServiceError(f"The file {text[1:]} cannot be read.") from None


def table(rows: list[tuple[Any, ...]]) -> str:
    """Return rows as aligned columns; None is a dash."""
    cells = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    return "\n".join(lines)


def _leave(_number: int, _frame: Any) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
