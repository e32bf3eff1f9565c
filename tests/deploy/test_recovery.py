"""Point-in-time recovery as deploy/backup.md describes it, on the embedded PostgreSQL."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded.place import Place, settle

TRIES = 300  # of a tenth of a second


class Server:
    """A PostgreSQL of this test's own."""

    def __init__(self, place: Place, name: str) -> None:
        self.place, self.data = place, place.folder / name

    def run(self, program: str, *options: str | Path) -> None:
        done = self.place.account.run(self.place.programs.postgres / program, *options)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, *lines: str) -> None:
        own = ("fsync = off", "listen_addresses = ''", "shared_buffers = 16MB")
        sockets = f"unix_socket_directories = '{self.place.sockets}'"
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join((*own, sockets, *lines, "")))
        log = self.place.logs / f"{self.data.name}.log"
        self.run("pg_ctl", "start", "-s", "-w", "-D", self.data, "-l", log)

    def stop(self) -> None:
        self.place.account.run(
            self.place.programs.postgres / "pg_ctl", "stop", "-m", "immediate", "-D", self.data
        )

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=str(self.place.sockets), user="gateway", database="postgres"
        )


@pytest.fixture
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="gateway-recovery-"))
    folder.chmod(0o711)
    yield settle(folder)
    shutil.rmtree(folder, ignore_errors=True)


async def until(connection: asyncpg.Connection, question: str, *values: object) -> None:
    for _ in range(TRIES):
        if await connection.fetchval(question, *values):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(question)


async def test_the_database_goes_back_to_a_moment(place: Place) -> None:
    """What was committed before the moment is there, what came after it is not."""
    archive = place.account.private(place.folder / "archive")
    place.account.private(place.folder / "primary")
    place.account.private(place.folder / "base")
    primary, base = Server(place, "primary"), Server(place, "base")
    primary.run("initdb", "-D", primary.data, "-U", "gateway", "--auth=trust", "--no-sync")
    command = f"test ! -f {archive}/%f && cp %p {archive}/%f"
    primary.start("archive_mode = on", f"archive_command = '{command}'")
    try:
        connection = await primary.connect()
        await connection.execute("CREATE TABLE told (n integer); INSERT INTO told VALUES (1)")
        options = ("-U", "gateway", "-X", "none", "-c", "fast", "--no-sync")
        await asyncio.to_thread(
            primary.run, "pg_basebackup", "-h", place.sockets, "-D", base.data, *options
        )
        await connection.execute("INSERT INTO told VALUES (2)")
        moment = await connection.fetchval("SELECT clock_timestamp()::text")
        await connection.execute("SELECT pg_sleep(0.1)")
        await connection.execute("INSERT INTO told VALUES (3)")
        segment = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
        archived = "SELECT last_archived_wal >= $1 FROM pg_stat_archiver"
        await until(connection, archived, segment)
        await connection.close()
    finally:
        primary.stop()
    (base.data / "recovery.signal").touch()
    place.account.own(base.data / "recovery.signal")
    base.start(
        "archive_mode = off",
        f"restore_command = 'cp {archive}/%f %p'",
        f"recovery_target_time = '{moment}'",
        "recovery_target_action = promote",
    )
    try:
        connection = await base.connect()
        await until(connection, "SELECT NOT pg_is_in_recovery()")
        rows = await connection.fetch("SELECT n FROM told ORDER BY n")
        await connection.close()
    finally:
        base.stop()
    assert [row["n"] for row in rows] == [1, 2]
