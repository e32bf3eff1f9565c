"""Several commands use the embedded servers at once, and recover from whatever was killed."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import embedded
from gateway.embedded import EmbeddedError
from gateway.embedded.place import settle
from gateway.embedded.processes import gone, wait_until
from tests.gateway.embedded.conftest import Command, Join, ping, query, running

StartCommand = Callable[..., Command]


def kill(data_dir: Path, name: str) -> None:
    server = running(data_dir)[name]
    server.send_signal(signal.SIGKILL)
    assert wait_until(lambda: gone(server), 10)


async def test_commands_that_start_at_once_share_one_server(
    new_data_dir: Path, command: StartCommand
) -> None:
    """One of them makes and starts the servers, all use them, and the last to leave stops them."""
    commands = [command(new_data_dir) for _ in range(3)]
    first, second, third = (one.started() for one in commands)
    assert first == second == third
    servers = running(new_data_dir)
    for one in commands[:2]:
        assert one.leave() == 0
        assert running(new_data_dir) == servers
    assert await query(third.database_url, "SELECT 1") == 1
    assert commands[2].leave() == 0
    assert running(new_data_dir) == {}


async def test_the_second_start_keeps_the_data(join: Join) -> None:
    """What was stored is there when the servers come back."""
    with join() as found:
        await query(found.database_url, "CREATE TABLE kept AS SELECT 7 AS value")
    with join() as found:
        assert await query(found.database_url, "SELECT value FROM kept") == 7


async def test_servers_of_a_killed_command_are_joined(
    join: Join, data_dir: Path, command: StartCommand
) -> None:
    """The next command goes on with the servers that it finds, and stops them when it leaves."""
    killed = command(data_dir)
    killed.started()
    servers = running(data_dir)
    killed.kill()
    with join() as found:
        assert running(data_dir) == servers
        assert await query(found.database_url, "SELECT 1") == 1
        assert ping(found.redis_url)
    assert running(data_dir) == {}


@pytest.mark.parametrize("killed", [["postgres"], ["valkey"], ["postgres", "valkey"]])
async def test_a_killed_server_is_started_by_the_next_command(
    join: Join, data_dir: Path, killed: list[str]
) -> None:
    """Stale sockets and pid files are no obstacle, and what was committed is there."""
    with join() as found:
        await query(found.database_url, "CREATE TABLE IF NOT EXISTS survived ()")
        for name in killed:
            kill(data_dir, name)
        with join() as again:
            assert again == found
            assert await query(found.database_url, "SELECT count(*) FROM survived") == 0
            assert ping(found.redis_url)


async def test_everything_killed_at_once(join: Join, data_dir: Path, command: StartCommand) -> None:
    """As after a power cut: the next start recovers by itself."""
    killed = command(data_dir)
    killed.started()
    for name in running(data_dir):
        kill(data_dir, name)
    killed.kill()
    with join() as found:
        assert await query(found.database_url, "SELECT 1") == 1
        assert ping(found.redis_url)


async def test_a_pid_file_that_names_a_stranger(join: Join, data_dir: Path) -> None:
    """A number that belongs to another process by now is not believed, and that one is left be."""
    with join():
        place = settle(data_dir)
        files = [place.cluster / "postmaster.pid", place.logs / "valkey.pid"]
        left = [file.read_text() for file in files]
    for file, text in zip(files, left, strict=True):
        file.write_text("\n".join([str(os.getpid()), *text.split("\n")[1:]]))
    with join() as found:
        assert await query(found.database_url, "SELECT 1") == 1
        assert ping(found.redis_url)


async def test_a_server_that_hangs_is_replaced(join: Join, data_dir: Path) -> None:
    """A Valkey that runs and does not answer is ended and started anew."""
    with join() as found:
        hanging = running(data_dir)["valkey"]
        settle(data_dir).sockets.joinpath("valkey.sock").unlink()
        with join():
            assert ping(found.redis_url)
            assert gone(hanging)


def test_nobody_else_stops_servers_in_use(
    join: Join, data_dir: Path, command: StartCommand
) -> None:
    """Unused servers are stopped when asked; used ones stay."""
    with join():
        assert not embedded.stop_unused(data_dir)
        assert set(running(data_dir)) == {"postgres", "valkey"}
    killed = command(data_dir)
    killed.started()
    killed.kill()
    assert embedded.stop_unused(data_dir)
    assert running(data_dir) == {}


def test_only_what_is_wanted_is_started(data_dir: Path) -> None:
    """With an outside database the embedded one stays down."""
    with embedded.joined(data_dir, database=False, queue=True) as found:
        assert found.database_url is None
        assert set(running(data_dir)) == {"valkey"}


def test_a_lost_password_is_named(join: Join, data_dir: Path) -> None:
    """Data whose password file was deleted is not replaced; the message names the file."""
    with join():
        pass
    file = data_dir / "postgres.password"
    kept = file.read_text()
    file.unlink()
    try:
        with pytest.raises(EmbeddedError, match=r"postgres\.password is gone"), join():
            pass
    finally:
        file.write_text(kept)
