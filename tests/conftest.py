"""One PostgreSQL and one Valkey for the whole run, shared by its processes and started on demand.

`database` is a migrated database of the test's own, `pool` a pool of connections to it.
`connection` is cheaper: one connection in a transaction that is rolled back.
`redis_url` is an empty database of Valkey.
"""

import asyncio
import faulthandler
import fcntl
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
import redis

from gateway import embedded
from gateway.telemetry import configure_logs
from services.db.migrate import migrate
from services.db.pool import open_pool

TEMPLATE = "template_gateway"
FOLDER = pytest.StashKey[Path]()
STDERR = 2
CLEANED_UP_WITHIN = 120  # seconds; what hangs longer ends with its process


def pytest_configure(config: pytest.Config) -> None:
    # What a shell runs in the background is deaf to Ctrl-C, and so is all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    configure_logs("production")  # the default shows every local variable of a traceback
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="gateway-tests-"))
        folder.chmod(0o711)  # for root: the servers' account must be able to pass
        config.stash[FOLDER] = folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a failed test nothing else watches its clean-up: pytest has called its watches off."""
    faulthandler.dump_traceback_later(CLEANED_UP_WITHIN, exit=True, file=STDERR)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["servers"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(FOLDER, None)
    if folder is None:
        return
    for _ in range(50):  # processes of an interrupted run may take a moment to end
        if embedded.stop_unused(folder / "var"):
            break
        time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[embedded.Embedded]:
    """The servers of this run; what is written need not survive it."""
    given = getattr(pytestconfig, "workerinput", {}).get("servers")
    folder = Path(given) if given else pytestconfig.stash[FOLDER]
    with embedded.joined(folder / "var", database=True, queue=True, durable=False) as found:
        with (folder / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            asyncio.run(_make_template(str(found.database_url)))
        yield found


@pytest.fixture
async def database(servers: embedded.Embedded) -> AsyncIterator[str]:
    """The address of a migrated database that nobody else uses."""
    address = str(servers.database_url)
    name = f"test_{uuid4().hex}"
    await _run(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield _database(address, name)
    await _run(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of connections to the test's own database."""
    pool = await open_pool(database, size=8)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def common_database(servers: embedded.Embedded, worker_id: str) -> str:
    """The address of a migrated database for tests that roll back what they do."""
    address = str(servers.database_url)
    name = f"common_{worker_id}"
    asyncio.run(_run(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"))
    return _database(address, name)


@pytest.fixture
async def connection(common_database: str) -> AsyncIterator[Any]:
    """A connection in a transaction that is rolled back after the test."""
    pool = await open_pool(common_database, size=1)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()
    await pool.close()


@pytest.fixture
def redis_url(servers: embedded.Embedded, worker_id: str) -> str:
    """The address of an empty database of Valkey that only this process of the run uses."""
    number = 1 + int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    address = f"{servers.redis_url}?db={number}"
    with redis.Redis.from_url(address) as client:
        client.flushdb()
    return address


async def _make_template(address: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        known = "SELECT true FROM pg_database WHERE datname = $1"
        if not await connection.fetchval(known, TEMPLATE):
            draft = f"{TEMPLATE}_draft"
            await connection.execute(f"DROP DATABASE IF EXISTS {draft}")
            await connection.execute(f"CREATE DATABASE {draft}")
            await migrate(_database(address, draft))
            await connection.execute(f"ALTER DATABASE {draft} RENAME TO {TEMPLATE}")
    finally:
        await connection.close()


async def _run(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _database(address: str, name: str) -> str:
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
