"""The application over a database and a queue of the test's own, without a network.

`client` carries no key; `as_admin` and `as_department` carry one. `department_key` belongs to the
department `roads`; `make_key` makes others.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace

from gateway.app import create_app
from gateway.chat import open_chat, open_inbox
from gateway.http.callback import Callback
from gateway.parts import Parts, open_parts
from gateway.settings import Settings, load
from services.departments.departments import NewDepartment, add_department
from services.departments.keys import NewKey, issue_key

ADDRESS = "http://gateway.test"
MakeKey = Callable[..., Awaitable[str]]
Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
def settings(database: str, redis_url: str, tmp_path: Path) -> Settings:
    local = load({"GATEWAY_DATA_DIR": str(tmp_path)}, env_file=tmp_path / "no.env")
    return replace(local, database_url=database, redis_url=redis_url)


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with open_parts(settings) as parts:
        yield parts


@pytest.fixture
async def app(parts: Parts) -> AsyncIterator[Litestar]:
    async with open_chat(parts) as chat, open_inbox(parts, chat) as inbox:
        yield create_app(parts, Callback(parts, inbox, chat))


@pytest.fixture
async def connect(app: Litestar) -> AsyncIterator[Connect]:
    """Make a client, with a key or without."""
    async with AsyncExitStack() as stack:

        def connect(key: str | None = None) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            transport = httpx.ASGITransport(cast("Any", app))
            client = httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)
            stack.push_async_callback(client.aclose)
            return client

        yield connect


@pytest.fixture
def client(connect: Connect) -> httpx.AsyncClient:
    return connect()


@pytest.fixture
async def make_key(parts: Parts) -> MakeKey:
    """Make a key of a role, with the fields of `NewKey`."""

    async def make(role: Any, **more: Any) -> str:
        async with parts.pool.acquire() as connection:
            return await issue_key(connection, parts.house.now(), NewKey(role=role, **more))

    return make


@pytest.fixture
async def roads(parts: Parts) -> str:
    """The department `roads`, known to the directory."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(connection, NewDepartment(code="roads", title="Дорожная служба"))
        await parts.house.directory.refresh(connection)
    return "roads"


@pytest.fixture
async def admin_key(make_key: MakeKey) -> str:
    return await make_key("admin")


@pytest.fixture
async def department_key(make_key: MakeKey, roads: str) -> str:
    return await make_key("department", department=roads)


@pytest.fixture
def as_admin(connect: Connect, admin_key: str) -> httpx.AsyncClient:
    return connect(admin_key)


@pytest.fixture
def as_department(connect: Connect, department_key: str) -> httpx.AsyncClient:
    return connect(department_key)
