"""What a running process is made of: opened once at its start, closed at its end."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from arq.connections import ArqRedis
from litestar.connection import ASGIConnection
from msgspec import Struct
from redis.asyncio import ConnectionPool, Redis

from gateway.clock import SystemClock
from gateway.metrics import Metrics
from gateway.settings import Settings, check_public_url
from integrations.demo.identity import DemoIdentities
from integrations.queue.doorbell import ArqDoorbell
from integrations.queue.settings import deserialize, redis_settings, serialize
from integrations.storage.disk import DiskStorage
from integrations.storage.ledger import ERASURES, LedgerFolder
from services.cases.identity import Providers
from services.communities.communities import any_callback
from services.communities.directory import REFRESH_SECONDS, Directory
from services.db.migrate import check_schema
from services.db.pool import open_pool
from services.house import House
from services.ports import Clock, Doorbell, Storage
from services.privacy.errors import WrongSecretKeys
from services.privacy.keyring import open_keyring, refresh_keyring

HEARTBEAT = "gateway:worker"
"""The key that every worker sets anew in Valkey, with a time to live."""

FILES = "files"
"""The folder of residents' files within GATEWAY_DATA_DIR; several machines have to share it."""

POOL_SECONDS = 5.0  # to wait for a connection; then the caller is told to come again
VALKEY_SECONDS = 1.0  # one command needs one thousandth of it

STALE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    WrongSecretKeys,  # the ring was wrapped anew with a key that this process was not given
)

logger = structlog.get_logger()


class Parts(Struct, frozen=True, kw_only=True):
    """The opened parts, given to handlers and jobs. `leaving` is set when the process will end."""

    settings: Settings
    pool: asyncpg.Pool
    valkey: Redis
    house: House
    doorbell: Doorbell
    storage: Storage
    identities: Providers
    metrics: Metrics
    leaving: asyncio.Event


def parts_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Parts:
    """Return the parts of the application that answers this request."""
    return connection.app.state.parts


@asynccontextmanager
async def open_parts(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[Parts, None]:
    """Open the database, the keys, the directory (read anew every second) and the queue.

    `settings` name both URLs. Raises SchemaTooOld or MigrationError for an old or foreign schema,
    WrongSecretKeys, SettingsError, and OS or asyncpg errors when the database cannot be reached;
    Valkey may be away.
    """
    async with contextlib.AsyncExitStack() as stack:
        pool = await open_pool(settings.database_url or "")
        stack.push_async_callback(_close, pool)
        directory = Directory()
        async with pool.acquire() as connection, connection.transaction():
            await check_schema(connection)
            keyring = await open_keyring(connection, settings.secret_keys)
            check_public_url(settings, callbacks=await any_callback(connection))
            await directory.refresh(connection)
        house = House(
            region=settings.region,
            zone=settings.timezone,
            clock=clock or SystemClock(),
            keyring=keyring,
            directory=directory,
            public_url=settings.public_url,
            ledger=LedgerFolder(settings.data_dir / ERASURES),
        )
        refreshing = asyncio.create_task(_keep_fresh(pool, house, settings.secret_keys))
        stack.push_async_callback(_stop, refreshing)
        valkey = Redis.from_url(
            settings.redis_url or "", socket_timeout=VALKEY_SECONDS, socket_connect_timeout=1
        )
        stack.push_async_callback(valkey.aclose)
        queue = open_queue(settings.redis_url or "")
        stack.push_async_callback(queue.aclose)
        yield Parts(
            settings=settings,
            pool=pool,
            valkey=valkey,
            house=house,
            doorbell=ArqDoorbell(queue),
            storage=DiskStorage(settings.data_dir / FILES),
            # In production nothing but a real provider may say that somebody is verified.
            identities={"demo": DemoIdentities()} if settings.mode == "local" else {},
            metrics=Metrics(),
            leaving=asyncio.Event(),
        )


def open_queue(url: str) -> ArqRedis:
    """Return arq's connections, made when first used: Valkey may be away at the start."""
    chosen = redis_settings(url)
    connections = ConnectionPool.from_url(
        url,
        retry=chosen.retry,
        retry_on_timeout=chosen.retry_on_timeout,
        retry_on_error=chosen.retry_on_error,
        socket_connect_timeout=chosen.conn_timeout,
    )
    queue = ArqRedis(connections, job_serializer=serialize, job_deserializer=deserialize)
    queue.auto_close_connection_pool = True  # the connections are nobody else's
    return queue


async def _keep_fresh(pool: asyncpg.Pool, house: House, secret_keys: Sequence[bytes]) -> None:
    """Look once a second whether reference data or the keys changed, while the process lives."""
    away = False
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        try:
            async with pool.acquire() as connection:
                await house.directory.refresh(connection)
                await refresh_keyring(connection, house.sealer, secret_keys)
            away = False
        except STALE as error:
            if not away:  # once, not every second
                logger.warning("directory_not_refreshed", error=type(error).__name__)
            away = True


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _close(pool: asyncpg.Pool) -> None:
    """Let running statements end, but never hang on a connection that is stuck."""
    try:
        await asyncio.wait_for(pool.close(), timeout=5)
    except TimeoutError:
        pool.terminate()
