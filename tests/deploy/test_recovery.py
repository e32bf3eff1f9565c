"""Point-in-time recovery as deploy/backup.md describes it, on the embedded PostgreSQL."""

import os
import shlex
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded.account import Account, account_for
from gateway.embedded.programs import installed, copied, Programs

BRIEF = "fsync = off\nlisten_addresses = ''\nshared_buffers = 16MB\n"


class Server:
    """A PostgreSQL of this test's own."""

    def __init__(self, home: Path, name: str, account: Account, programs: Programs) -> None:
        self.home, self.data = home, home / name
        self.account, self.programs = account, programs.postgres

    def run(self, program: str, *options: str | Path) -> None:
        done = self.account.run(self.programs / program, *options)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, *lines: str) -> None:
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(BRIEF + f"unix_socket_directories = '{self.home}'\n" + "\n".join(lines) + "\n")
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.home / "log")

    def stop(self) -> None:
        self.account.run(self.programs / "pg_ctl", "stop", "-m", "immediate", "-D", self.data)

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(host=str(self.home), user="gateway", database="postgres")
