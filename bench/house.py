"""A house of the benchmark's own: embedded servers in a temporary folder, durable, with pages."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from gateway import embedded, settings
from gateway.parts import Parts, open_parts
from services.communities.communities import NewPage, add_page
from services.communities.consents import current_document
from services.communities.queries import COMMUNITIES, Community, ConsentDocument
from services.db.migrate import migrate
from services.departments.departments import NewDepartment, add_department

NOWHERE = "http://127.0.0.1:9/method/"  # nobody listens there: nothing leaves this machine
FIRST_GROUP = 1000
SECRET = "bench-secret"  # noqa: S105 - of pages that live as long as the benchmark


class House(Struct, frozen=True, kw_only=True):
    """The opened parts, the pages, the document to agree to, and the environment of processes."""

    parts: Parts
    pages: tuple[Community, ...]
    document: ConsentDocument
    environ: dict[str, str]
    folder: Path


@contextmanager
def own_folder() -> Generator[Path]:
    """Give a folder that the account of the embedded servers can reach; it is removed."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of processes that live in a folder and listen on ports of their own.

    Nothing of ours is handed on but the search path: a `GATEWAY_…` of the person who measures
    would be measured too.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "GATEWAY_DATA_DIR": str(folder / "var"),
        "GATEWAY_VK_API_URL": NOWHERE,
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_DEMO_PORT": str(free_port()),
    }


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return listening.getsockname()[1]


@asynccontextmanager
async def open_house(pages: int) -> AsyncGenerator[House]:
    """Open a house with an operator, a department and so many pages; it is gone afterwards."""
    with own_folder() as folder:
        environ = environment(folder)
        told = settings.load(environ, folder / ".env")
        with embedded.joined(told.data_dir, database=True, queue=True) as servers:
            await migrate(str(servers.database_url))
            told = replace(told, database_url=servers.database_url, redis_url=servers.redis_url)
            async with open_parts(told) as parts:
                document = await _furnish(parts, pages)
                async with parts.pool.acquire() as connection:
                    found = tuple(await COMMUNITIES.all(connection))
                yield House(
                    parts=parts, pages=found, document=document, environ=environ, folder=folder
                )


async def _furnish(parts: Parts, pages: int) -> ConsentDocument:
    directory, sealer = parts.house.directory, parts.house.sealer
    async with parts.pool.acquire() as connection, connection.transaction():
        await add_department(
            connection, NewDepartment(code="roads", title="Управление дорог", default=True)
        )
        for number in range(pages):
            page = NewPage(
                group_id=FIRST_GROUP + number,
                title=f"Город {number + 1}",
                token=f"token-{number}",
                secret=SECRET,
            )
            await add_page(connection, sealer, page)
        await directory.refresh(connection)
        operator = next(iter(directory.snapshot.operators))
        document = await current_document(connection, operator, "appeal", "self")
        await directory.refresh(connection)
    return document
