"""Where the embedded servers live, and whom they run as."""

import os
import pwd
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import embedded
from gateway.embedded.account import Account
from gateway.embedded.place import OUTSIDE, SOCKET_BYTES, settle
from gateway.embedded.programs import copied, installed
from tests.gateway.embedded.conftest import Command, ping, query, running

ORDINARY = pwd.getpwnam("daemon").pw_uid  # any account but root's and the servers' own
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def test_a_data_folder_is_the_place_itself(new_data_dir: Path) -> None:
    """Where the servers' account can go there, everything stands in the data folder."""
    new_data_dir.mkdir()
    place = settle(new_data_dir)
    assert place.folder == new_data_dir
    assert (new_data_dir / "embedded").read_text() == f"{new_data_dir}\n"


async def test_a_long_path_gets_short_sockets(new_data_dir: Path) -> None:
    """Sockets of a path that is too long, or in other letters, stand in a private folder."""
    deep = new_data_dir.parent / ("очень глубокая папка %" * 4) / "var"
    try:
        for _ in range(2):
            with embedded.joined(deep, database=True, queue=True, durable=False) as found:
                assert await query(found.database_url, "SELECT 1") == 1
                assert ping(found.redis_url)
        sockets = Path((deep / "embedded").read_text().splitlines()[1])
        assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= SOCKET_BYTES
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert sockets == settle(deep).sockets
    finally:
        shutil.rmtree(settle(deep).sockets)


async def test_a_moved_data_folder_keeps_its_data(new_data_dir: Path) -> None:
    """A checkout that was moved, even with its servers running, goes on where it is now."""
    moved = new_data_dir.parent / "moved"
    with embedded.joined(new_data_dir, database=True, queue=False, durable=False) as found:
        await query(found.database_url, "CREATE TABLE kept AS SELECT 7 AS value")
        new_data_dir.rename(moved)
        with embedded.joined(moved, database=True, queue=False, durable=False) as there:
            assert await query(there.database_url, "SELECT value FROM kept") == 7
    embedded.stop_unused(moved)
    assert running(moved) == {}


@as_root
async def test_a_folder_of_root_is_left_alone(new_data_dir: Path) -> None:
    """What nobody may enter stays so: data stands outside, and is found again."""
    new_data_dir.parent.chmod(0o700)
    for value in ("CREATE TABLE kept AS SELECT 7 AS value", "SELECT value FROM kept"):
        with embedded.joined(new_data_dir, database=True, queue=True, durable=False) as found:
            last = await query(found.database_url, value)
            assert ping(found.redis_url)
    assert last == 7
    assert settle(new_data_dir).folder.parent == OUTSIDE
    assert stat.S_IMODE(new_data_dir.parent.stat().st_mode) == 0o700


@as_root
async def test_a_new_folder_never_gets_the_data_of_a_deleted_one(new_data_dir: Path) -> None:
    """The passwords went with the old folder, so its place is not used again."""
    new_data_dir.mkdir()
    new_data_dir.parent.chmod(0o700)
    first = settle(new_data_dir).folder
    shutil.rmtree(new_data_dir)
    new_data_dir.mkdir()
    second = settle(new_data_dir).folder
    shutil.rmtree(first)
    assert {first.parent, second.parent} == {OUTSIDE}
    assert first != second


@as_root
async def test_an_ordinary_user_runs_servers_too(
    new_data_dir: Path, command: Callable[..., Command]
) -> None:
    """Then they run as that user, and root may use them as well without taking them over."""
    programs = installed()
    if not Account(ORDINARY, ORDINARY).can('"$1" -V', programs.postgres / "initdb"):
        pytest.skip("this checkout is out of an ordinary user's reach")
    new_data_dir.mkdir()
    os.chown(new_data_dir, ORDINARY, ORDINARY)
    users = command(new_data_dir, ORDINARY)
    found = users.started()
    assert await query(found.database_url, "SELECT 1") == 1
    assert {server.uids().effective for server in running(new_data_dir).values()} == {ORDINARY}
    roots = command(new_data_dir)
    assert roots.started() == found
    assert (users.leave(), roots.leave()) == (0, 0)
    again = command(new_data_dir, ORDINARY)
    assert again.started() == found
    assert again.leave() == 0


def test_copied_programs_run(tmp_path: Path) -> None:
    """A copy for an account that cannot reach the checkout is complete, and made once."""
    programs = copied(installed(), tmp_path)
    assert copied(installed(), tmp_path) == programs
    assert programs.root.is_relative_to(tmp_path)
    account = Account(os.geteuid(), os.getegid())
    assert account.can('"$1" -V && "$2" -v', programs.postgres / "initdb", programs.valkey)
