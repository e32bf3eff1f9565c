"""gateway backup and restore, as processes on real PostgreSQL."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway import embedded
from integrations.storage.ledger import LedgerFolder
from services.backups.queries import MARK, TABLES
from services.backups.taking import in_order
from tests.gateway.test_cli import bad

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()
ACCOUNT = UUID(int=7)
BLOB = "ab" * 16


class Site:
    """A database with its data folder."""

    def __init__(self, database: str, redis_url: str, folder: Path) -> None:
        self.database, self.redis_url, self.folder = database, redis_url, folder

    def run(self, *arguments: str, key: str = KEY) -> "subprocess.CompletedProcess[str]":
        kept = {name: text for name, text in os.environ.items() if not name.startswith("GATEWAY_")}
        own = {
            "GATEWAY_DATABASE_URL": self.database,
            "GATEWAY_REDIS_URL": self.redis_url,
            "GATEWAY_DATA_DIR": str(self.folder),
            "GATEWAY_SECRET_KEYS": key,
        }
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=self.folder.parent,
            env=kept | own,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=100,
        )

    def good(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, statement: str, *values: Any) -> list[Any]:
        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.database)
            try:
                return await connection.fetch(statement, *values)
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture
def site(database: str, redis_url: str, tmp_path: Path) -> Site:
    """A gateway with a case, a file, and deliveries in every state of leaving."""
    site = Site(database, redis_url, tmp_path / "var")
    site.good("department", "add", "--code", "roads", "--title", "Дороги", "--default")
    site.good("community", "add", "--group-id", "5", "--token", "t", "--title", "С")
    site.sql(
        """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed)
        VALUES ($1, 1, 'vk', 'k', 's')""",
        ACCOUNT,
    )
    site.sql(
        """INSERT INTO cases (id, number, kind, state, operator_id, account_id, subject, final,
            personal, created_at, updated_at)
        VALUES ($1, '27-26-0000001-7', 'appeal', 'closed', 1, $1, 'Ямы', true, 'words', now(),
            now())""",
        ACCOUNT,
    )
    site.sql("SELECT setval('case_sequence', 1)")
    for state in ("waiting", "leased", "sent"):
        site.sql(
            """INSERT INTO deliveries (id, kind, state, type, community_id, account_id, random_id,
                next_at, created_at, personal)
            VALUES ($1, 'message', $2, 'notice', 1, $3, 9, now(), now(), 'words')""",
            uuid4(),
            state,
            ACCOUNT,
        )
        site.sql(
            """INSERT INTO deliveries (id, kind, state, type, department_id, case_id, next_at,
                created_at)
            SELECT $1, 'hand_off', $2, 'case.assigned', id, $3, now(), now() FROM departments
            WHERE code = 'roads'""",
            uuid4(),
            state,
            ACCOUNT,
        )
    site.sql(
        """INSERT INTO files (id, state, account_id, community_id, dialog_id, case_id, number,
            place, attempts, next_at, content_type, size, scan, personal, created_at)
        VALUES ($1, 'stored', $1, 1, $1, $1, 1, $2, 1, now(), 'image/jpeg', 3, 'clean', 'key',
            now())""",
        ACCOUNT,
        BLOB,
    )
    (site.folder / "files" / BLOB[:2]).mkdir(parents=True)
    (site.folder / "files" / BLOB[:2] / f"{BLOB}x1").write_bytes(b"sealed")
    return site


@pytest.fixture
def other(servers: embedded.Embedded, redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Another machine, with an empty database."""
    address, name = str(servers.database_url), f"restored_{uuid4().hex}"
    target = Site(
        urlunsplit(urlsplit(address)._replace(path=f"/{name}")), redis_url, tmp_path / "other"
    )
    own = Site(address, redis_url, tmp_path)
    own.sql(f"CREATE DATABASE {name}")
    yield target
    own.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def file(site: Site, tmp_path: Path) -> str:
    made = tmp_path / "backup"
    site.good("backup", str(made))
    return str(made)


def test_everything_is_there_again_and_nothing_leaves_by_itself(
    site: Site, other: Site, file: str
) -> None:
    """Rows, files and sequences are as they were; what may have left waits for a person."""
    (site.folder / "erasures").mkdir()
    said = other.good("restore", file, "--erasures", str(site.folder / "erasures"))
    assert "2 messages and 0 hand-offs" in said
    for table in ("accounts", "cases", "communities", "files", "keyring", "canary", "categories"):
        rows = f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1"
        assert site.sql(rows) == other.sql(rows), table
    deliveries = "SELECT kind, error, attempts, count(*) FROM deliveries WHERE state = $1"
    grouped = f"{deliveries} GROUP BY 1, 2, 3"
    assert [tuple(row) for row in other.sql(grouped, "dead")] == [("message", "restored", 0, 2)]
    assert [tuple(row) for row in other.sql(grouped, "waiting")] == [("hand_off", None, 1, 2)]
    ids = "SELECT id, random_id FROM deliveries ORDER BY seq"
    assert site.sql(ids) == other.sql(ids)
    assert other.sql("SELECT nextval('case_sequence')")[0][0] == 10_002
    assert (other.folder / "files" / BLOB[:2] / f"{BLOB}x1").read_bytes() == b"sealed"
    assert not other.sql("SELECT FROM schema_migrations WHERE name = $1", MARK)
    assert "database: ok" in other.run("check").stdout


def test_what_was_erased_after_the_backup_is_erased_again(
    site: Site, other: Site, file: str
) -> None:
    """The ledger lies outside the backup and is followed; it is kept for the next restore."""
    now = site.sql("SELECT now()")[0][0]
    ledger = LedgerFolder(site.folder / "erasures")
    asyncio.run(ledger.note(ACCOUNT, "erase", now))
    asyncio.run(ledger.note(UUID(int=8), "erase", now))  # who came after the backup
    said = other.good("restore", file, "--erasures", str(site.folder / "erasures"))
    assert "1 erasures" in said
    assert other.sql("SELECT personal FROM cases")[0][0] is None
    assert other.sql("SELECT personal FROM files")[0][0] is None
    assert [row[0] for row in other.sql("SELECT state FROM files")] == ["dropped"]
    assert len(LedgerFolder(other.folder / "erasures").read()) == 2


def test_refusals_are_plain_and_change_nothing(
    site: Site, other: Site, file: str, tmp_path: Path
) -> None:
    """Wrong key, a database in use, no ledger, another version, a damaged file."""
    lost = "--without-erasures"
    assert "GATEWAY_SECRET_KEYS" in bad(other.run("restore", file, lost, key=OTHER))
    assert "already" in bad(site.run("restore", file, lost))
    assert "--erasures" in bad(other.run("restore", file))
    assert "exists already" in bad(site.run("backup", file))
    whole = Path(file).read_bytes()
    line, _, rest = whole.partition(b"\n")
    head = json.loads(line)
    changed = json.dumps(head | {"schema": "0001_house"}).encode()
    for name, content, why in (
        ("older", changed + b"\n" + rest, "0001_house"),
        ("cut", whole[:-20], "damaged"),
        ("spoiled", whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:], "damaged"),
        ("longer", whole + b"x", "damaged"),
        ("none", b"hello", "no backup"),
    ):
        (tmp_path / name).write_bytes(content)
        assert why in bad(other.run("restore", str(tmp_path / name), lost)), name
    table = other.sql("SELECT to_regclass('cases')")[0][0]
    assert table is None or not other.sql("SELECT FROM keyring")


def test_a_backup_holds_no_key_and_no_plain_row(site: Site, file: str) -> None:
    """Whoever has the file alone reads when it was made, and nothing else."""
    content = Path(file).read_bytes()
    assert Path(file).stat().st_mode & 0o777 == 0o600
    for secret in (b"k" * 32, KEY.encode(), "Дороги".encode(), b"27-26-0000001-7"):
        assert secret not in content
    assert "Whole" in site.good("restore", file, "--check")


async def test_every_table_can_be_put_after_those_it_points_to(connection: Any) -> None:
    """A migration that makes two tables point to each other would make restores impossible."""
    tables = in_order(await TABLES.all(connection))
    assert len({table.name for table in tables}) == len(tables) > 30
