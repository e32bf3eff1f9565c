"""gateway backup, gateway restore."""

import asyncio
import os
import shutil
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import asyncpg
import msgspec

from gateway.clock import SystemClock
from gateway.commands.session import TROUBLE, DatabaseAway, settled
from gateway.parts import FILES
from gateway.settings import Settings
from integrations.storage.disk import DiskStorage
from integrations.storage.ledger import ERASURES, LedgerFolder
from services.backups.archive import End, Frame, Head, Writer, read_frames, read_head
from services.backups.queries import AS_OF, Erasure
from services.backups.restoring import check_empty, load, settle_in
from services.backups.taking import take
from services.communities.directory import Directory
from services.db.migrate import check_schema, migrate, read_migrations
from services.db.pool import POOL_SIZE, open_pool
from services.errors import ServiceError
from services.house import House
from services.privacy.keyring import Keyring, open_keyring

SNAPSHOT = "repeatable_read"
# A long copy is the one statement that may take hours.
PATIENT = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


def backup(args: Namespace) -> None:
    """Write a backup; the file appears when it is whole. Raises ServiceError."""
    target = Path(args.file)
    if target.exists():
        raise ServiceError(f"{target} exists already; name a new file.")
    draft = target.with_name(f".{target.name}.part")
    with settled() as settings:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                end = asyncio.run(_take(settings, file))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(target)
        except FileNotFoundError as error:
            raise ServiceError(f"{target} cannot be written.") from error
    print(f"{target}: {end.rows} rows, {end.blobs} files.")
    if end.missing:
        print(f"{end.missing} files were let go of meanwhile and are not in it.")


def restore(args: Namespace) -> None:
    """Restore or check a backup. Raises ServiceError, and leaves the database unused then."""
    with settled() as settings:
        try:
            with Path(args.file).open("rb") as file:
                _restore_from(file, args, settings)
        except (IsADirectoryError, FileNotFoundError, PermissionError):
            raise ServiceError(f"{args.file} cannot be read.") from None


def _restore_from(file: BinaryIO, args: Namespace, settings: Settings) -> None:
    head, line = read_head(file)
    if not args.check:
        _refuse_other_version(head)
    start = file.tell()
    # The whole file is read before anything is changed: a damaged one leaves nothing behind.
    ends = [
        frame
        for frame in read_frames(file, head, line, settings.secret_keys)
        if isinstance(frame, End)
    ]
    if args.check:
        print(f"Whole, of {head.taken_at:%Y-%m-%d %H:%M:%S %z}: {ends[0].rows} rows.")
        return
    erasures = _erasures(args, settings)
    file.seek(start)
    frames = read_frames(file, head, line, settings.secret_keys)
    asyncio.run(_restore(settings, head, frames, erasures))


async def _take(settings: Settings, file: BinaryIO) -> End:
    async with (
        _connected(settings) as connection,
        connection.transaction(isolation=SNAPSHOT, readonly=True),
    ):
        await connection.execute(PATIENT)
        await check_schema(connection)
        taken_at = await AS_OF.one(connection)
        writer = Writer(file, settings.secret_keys[0], taken_at, newest_schema())
        return await take(connection, DiskStorage(settings.data_dir / FILES), writer, _tell)


async def _restore(
    settings: Settings, head: Head, frames: Iterator[Frame], erasures: list[Erasure]
) -> None:
    storage = DiskStorage(settings.data_dir / FILES)
    if any((settings.data_dir / FILES).glob("*/*")):
        raise ServiceError(f"{settings.data_dir / FILES} holds files already; name an empty one.")
    try:
        await migrate(settings.database_url or "")
    except TROUBLE as error:
        raise DatabaseAway from error
    try:
        async with _connected(settings) as connection:
            await check_empty(connection)
            async with connection.transaction():
                await connection.execute(PATIENT)
                end, last = await load(connection, storage, frames, _tell)
                keyring = await open_keyring(connection, settings.secret_keys)
    except asyncpg.PostgresError as error:
        # Its own words may hold a row's values.
        message = f"The database does not take the backup ({type(error).__name__})."
        raise ServiceError(message) from None
    pool = await open_pool(settings.database_url or "", size=POOL_SIZE)
    try:
        house = await _house(settings, pool, keyring)
        _tell("erasures since the backup, and what fell due")
        replayed, held = await settle_in(pool, house, head, last, erasures)
    finally:
        await pool.close()
    print(f"Restored: {end.rows} rows, {end.blobs} files, as of {head.taken_at:%Y-%m-%d %H:%M %z}.")
    print(f"{replayed} erasures and withdrawals made since were made again.")
    print(
        f"{held.messages} messages and {held.hand_offs} hand-offs may have left already and are "
        "set aside as dead (`restored`): look at them, replay what did not arrive."
    )
    print("Keys revoked since then are good again: see `gateway key list`.")


async def _house(settings: Settings, pool: asyncpg.Pool, keyring: Keyring) -> House:
    directory = Directory()
    async with pool.acquire() as connection:
        await directory.refresh(connection)
    return House(
        region=settings.region,
        zone=settings.timezone,
        clock=SystemClock(),
        keyring=keyring,
        directory=directory,
    )


def _erasures(args: Namespace, settings: Settings) -> list[Erasure]:
    """Return what was noted since, and keep it for the next restore."""
    if args.without_erasures:
        return []
    own = LedgerFolder(settings.data_dir / ERASURES)
    folder = own.folder if args.erasures is None else Path(args.erasures)
    if not folder.is_dir():
        message = (
            f"{folder} is not there: the ledger of what residents erased since the backup. Name "
            "the one of before with --erasures, or say --without-erasures if it is lost."
        )
        raise ServiceError(message)
    try:
        found = LedgerFolder(folder).read()
        if folder.resolve() != own.folder.resolve():
            shutil.copytree(folder, own.folder, dirs_exist_ok=True)
    except (OSError, msgspec.DecodeError):
        raise ServiceError(f"{folder} cannot be read as a ledger of erasures.") from None
    return found


def _refuse_other_version(head: Head) -> None:
    if head.schema != newest_schema():
        message = (
            f"The backup is of a version that ends with migration {head.schema}, this one ends "
            f"with {newest_schema()}: restore it with that version, then upgrade."
        )
        raise ServiceError(message)


def newest_schema() -> str:
    """Return the name of this program's newest migration."""
    return read_migrations()[-1].name


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncGenerator[asyncpg.Connection, None]:
    try:
        connection = await asyncpg.connect(settings.database_url, statement_cache_size=0)
    except TROUBLE as error:
        raise DatabaseAway from error
    try:
        yield connection
    finally:
        await connection.close()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
