"""A data folder whose servers a test may treat badly, and commands that use them."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from redis import Redis

from gateway import embedded
from gateway.embedded.place import settle

COMMAND = Path(__file__).with_name("command.py")

Join = Callable[[], AbstractContextManager[embedded.Embedded]]


class Command:
    """A command in a process of its own, like those that `command.py` describes."""

    def __init__(self, data_dir: Path, *account: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, COMMAND, data_dir, *map(str, account)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def started(self) -> embedded.Embedded:
        """Wait until the servers answer and return where."""
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline().strip() for _ in range(2)]
        assert all(lines), "the command ended before it had joined"
        return embedded.Embedded(*lines)

    def leave(self) -> int:
        """Let it end and return its exit code."""
        self.process.communicate()
        return self.process.returncode

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder that the servers' account can reach; its cluster serves several tests."""
    with _folder() as folder:
        yield folder / "var"


@pytest.fixture
def new_data_dir() -> Iterator[Path]:
    """A data folder without servers, for one test."""
    with _folder() as folder:
        yield folder / "var"


@pytest.fixture
def join(data_dir: Path) -> Join:
    return partial(embedded.joined, data_dir, database=True, queue=True, durable=False)


@pytest.fixture
def command() -> Iterator[Callable[..., Command]]:
    """Starts commands; what a test leaves running is killed."""
    made: list[Command] = []

    def start(data_dir: Path, *account: int) -> Command:
        made.append(Command(data_dir, *account))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.kill()


def running(data_dir: Path) -> dict[str, psutil.Process]:
    """Return the servers of a data folder that run, by name."""
    place = settle(data_dir)
    files = {"postgres": place.cluster / "postmaster.pid", "valkey": place.logs / "valkey.pid"}
    found: dict[str, psutil.Process] = {}
    for name, file in files.items():
        if file.exists():
            try:
                process = psutil.Process(int(file.read_text().split()[0]))
                if process.status() != psutil.STATUS_ZOMBIE:
                    found[name] = process
            except psutil.NoSuchProcess:
                pass
    return found


async def query(url: str | None, statement: str) -> Any:
    """Return the first value of a statement, over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def ping(url: str | None) -> bool:
    with closing(Redis.from_url(str(url))) as client:
        return bool(client.ping())


@contextmanager
def _folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gateway-embedded-"))
    folder.chmod(0o711)
    data_dir = folder / "var"
    try:
        yield folder
    finally:
        embedded.stop_unused(data_dir)
        place = settle(data_dir)
        for path in {place.sockets, place.folder, folder}:
            shutil.rmtree(path, ignore_errors=True)
