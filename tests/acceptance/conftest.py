"""Towns to walk in.

`town` has its own database in the run's PostgreSQL and its own numbers in Valkey, and serves the
tests of one module. `own_town` has servers of its own, which a test may treat badly. Both are
ready when a test gets them; what their processes said is shown when it fails.
"""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
import redis

from gateway import embedded
from tests.acceptance.office import Desk, Letterbox, open_letterbox
from tests.acceptance.town import Town, town_folder
from tests.conftest import TEMPLATE

LOG_SHOWN = 6000  # characters of each process, the last ones
VALKEY_NUMBERS_FROM = 8  # those below are used by other tests


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for town in {found for found in item.funcargs.values() if isinstance(found, Town)}:
            report.sections += [
                (f"log of {name}", said[-LOG_SHOWN:]) for name, said in town.logs().items()
            ]


@pytest.fixture(scope="module")
def addresses(servers: embedded.Embedded, worker_id: str) -> Iterator[tuple[str, str]]:
    """A migrated database and an empty Valkey that only this module uses."""
    address = str(servers.database_url)
    name = f"town_{uuid4().hex}"
    asyncio.run(_run(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"))
    worker = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    redis_url = f"{servers.redis_url}?db={VALKEY_NUMBERS_FROM + worker}"
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    yield urlunsplit(urlsplit(address)._replace(path=f"/{name}")), redis_url
    asyncio.run(_run(address, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def town(addresses: tuple[str, str]) -> Iterator[Town]:
    with town_folder() as folder:
        yield from living(Town(folder, *addresses))


@pytest.fixture(scope="module")
def own_town() -> Iterator[Town]:
    with town_folder() as folder:
        yield from living(Town(folder))


@pytest.fixture
async def vk(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """The stand-in for VK."""
    async with client(town.vk_url) as http:
        yield http


@pytest.fixture
async def gateway(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with client(town.url) as http:
        yield http


@pytest.fixture
def desk(town: Town, gateway: httpx.AsyncClient) -> Desk:
    return Desk(gateway, town.keys["department"])


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as found:
        yield found


def client(url: str) -> httpx.AsyncClient:
    """Return a client with patience for long polls and many calls at once."""
    limits = httpx.Limits(max_connections=200)
    return httpx.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False)


def living(town: Town) -> Iterator[Town]:
    """Start everything in a town and end it after the tests."""
    try:
        _settle(town)
        yield town
    finally:
        town.close()


def _settle(town: Town) -> None:
    try:
        town.settle_in()
    except BaseException as error:
        for name, said in town.logs().items():
            error.add_note(f"log of {name}:\n{said[-LOG_SHOWN:]}")
        raise


async def _run(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
