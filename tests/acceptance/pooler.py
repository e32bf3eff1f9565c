"""PgBouncer in transaction mode before the run's PostgreSQL."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from gateway.embedded.account import Account
from tests.acceptance.waiting import soon

PORT = 6432
SESSIONS = 5  # of PostgreSQL, for all processes together: few enough to be passed around
CONFIGURATION = """
[databases]
* = host={server} port={port}
[pgbouncer]
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 200
listen_port = {own_port}
unix_socket_dir = {folder}
unix_socket_mode = 0700
auth_type = scram-sha-256
auth_file = {folder}/users
"""


def program() -> str:
    """Return PgBouncer, or skip the test; on a machine of CI its absence is a failure."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        missing = "needs PgBouncer: apt-get install pgbouncer"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@contextmanager
def pooled(database_url: str, folder: Path) -> Generator[str]:
    """Give the address of the same database through a PgBouncer that runs until the end.

    It runs as the account that PostgreSQL runs as, whose socket nobody else may use.
    """
    parts = urlsplit(database_url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    owner = Path(query["host"]).stat()
    account = Account(owner.st_uid, owner.st_gid)
    text = CONFIGURATION.format(
        server=query["host"],
        port=query["port"],
        sessions=SESSIONS,
        own_port=PORT,
        folder=folder,
    )
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "users").write_text(f'"{parts.username}" "{parts.password}"\n')
    for path in (folder, *folder.iterdir()):
        path.chmod(0o700)
        account.own(path)
    same = account.uid == os.geteuid()
    identity: dict[str, Any] = (
        {} if same else {"user": account.uid, "group": account.gid, "extra_groups": []}
    )
    process = subprocess.Popen(
        [program(), str(folder / "pgbouncer.ini")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity,
    )
    try:
        soon((folder / f".s.PGSQL.{PORT}").exists)
        place = urlencode({"host": str(folder), "port": PORT})
        yield urlunsplit(parts._replace(query=place))
    finally:
        process.kill()
        process.wait()
