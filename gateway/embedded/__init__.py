"""PostgreSQL and Valkey out of wheels: nothing to install, nothing on the machine changed.

Any number of commands may use the servers of a data folder at once. Each holds a shared lock on
`embedded.lock` while it does; starting and stopping happen one at a time, under `embedded.turn`;
who leaves and gets the exclusive lock was the last one and stops the servers. Locks end with
their process, so a command that was killed leaves servers that the next one joins.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from gateway.embedded.errors import EmbeddedError
from gateway.embedded.place import settle, settled
from gateway.embedded.postgres import Postgres
from gateway.embedded.valkey import Valkey

__all__ = ["Embedded", "EmbeddedError", "joined", "stop_unused"]


class Embedded(Struct, frozen=True):
    """Where the servers are reached: for asyncpg, and for redis or arq; None where not asked."""

    database_url: str | None = None
    redis_url: str | None = None


@contextmanager
def joined(
    data_dir: Path, *, database: bool, queue: bool, durable: bool = True
) -> Generator[Embedded]:
    """Use the embedded servers of a data folder: those that run, or new ones.

    `database` and `queue` say which are wanted. `durable=False` is for tests: what was committed
    may be lost with the machine. It counts for whoever starts the server. Blocks for as long
    as another command starts or stops them. Raises EmbeddedError, in one sentence.
    """
    data_dir = data_dir.resolve()
    with _locked(data_dir, "embedded.turn", fcntl.LOCK_EX) as turn:
        lock = _lock(data_dir, "embedded.lock", fcntl.LOCK_SH)
        try:
            place = settle(data_dir)
            embedded = Embedded(
                Postgres(data_dir, place, durable).ensure() if database else None,
                Valkey(data_dir, place).ensure() if queue else None,
            )
            fcntl.flock(turn, fcntl.LOCK_UN)
            yield embedded
        finally:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _leave(data_dir, lock)


def stop_unused(data_dir: Path) -> bool:
    """Stop servers that nobody uses, such as a killed command's; return whether nobody does."""
    data_dir = data_dir.resolve()
    with _locked(data_dir, "embedded.turn", fcntl.LOCK_EX):
        return _leave(data_dir, _lock(data_dir, "embedded.lock", fcntl.LOCK_SH))


def _leave(data_dir: Path, lock: int) -> bool:
    """Give up the shared lock; stop the servers when nobody else has one. Called in one's turn."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if settled(data_dir):
            place = settle(data_dir)
            Valkey(data_dir, place).stop()
            Postgres(data_dir, place).stop()
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


@contextmanager
def _locked(data_dir: Path, name: str, kind: int) -> Generator[int]:
    lock = _lock(data_dir, name, kind)
    try:
        yield lock
    finally:
        os.close(lock)


def _lock(data_dir: Path, name: str, kind: int) -> int:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(data_dir / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        reason = (error.strerror or "").lower()
        message = f"{data_dir} cannot be used by this account ({reason})."
        raise EmbeddedError(message) from error
    try:
        fcntl.flock(lock, kind)
    except BaseException:
        os.close(lock)
        raise
    return lock
