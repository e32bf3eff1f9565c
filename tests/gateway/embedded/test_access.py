"""Who can reach the embedded servers, and what they tell."""

import os
import re
import stat
from pathlib import Path

import asyncpg
import pytest
from redis.exceptions import AuthenticationError

from gateway.embedded.place import settle
from tests.gateway.embedded.conftest import Join, ping, query, running


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_password_opens_both_servers(join: Join) -> None:
    """The addresses that a command gets work as they are."""
    with join() as found:
        assert await query(found.database_url, "SELECT current_database()") == "gateway"
        assert ping(found.redis_url)


@pytest.mark.parametrize("password", [":wrong@", "@"])
async def test_without_the_password_nobody_gets_in(join: Join, password: str) -> None:
    """A wrong password and none at all are refused by both servers."""
    with join() as found:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(re.sub(r":\w+@", password, str(found.database_url)), "SELECT 1")
        with pytest.raises(AuthenticationError):
            ping(re.sub(r":\w+@", password, str(found.redis_url)))


def test_only_sockets_in_a_private_folder_listen(join: Join, data_dir: Path) -> None:
    """No port is open, and the sockets' folder is the servers' account's alone."""
    with join():
        place = settle(data_dir)
        servers = running(data_dir)
        assert set(servers) == {"postgres", "valkey"}
        for server in (*servers.values(), *servers["postgres"].children()):
            assert server.net_connections(kind="inet") == []
        assert mode(place.sockets) == 0o700
        assert mode(place.cluster) == 0o700
        assert {path.stat().st_uid for path in place.sockets.iterdir()} == {place.account.uid}


def test_passwords_stand_in_private_files_alone(join: Join, data_dir: Path) -> None:
    """Neither command lines nor logs nor settings hold a password."""
    with join():
        place = settle(data_dir)
        files = [data_dir / "postgres.password", data_dir / "valkey.password"]
        passwords = [file.read_text().strip() for file in files]
        assert {mode(file) for file in files} == {0o600}
        told = [(place.folder / "postgresql.conf").read_text()]
        told += [file.read_text() for file in place.logs.iterdir()]
        told += [" ".join(server.cmdline()) for server in running(data_dir).values()]
        assert not [text for text in told for password in passwords if password in text]


def test_servers_are_apart_from_the_command(
    join: Join, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have sessions of their own, never root's account, and none of our environment."""
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", "secret")
    with join():
        for server in running(data_dir).values():
            assert os.getsid(server.pid) != os.getsid(0)
            assert server.uids().effective != 0
            assert "GATEWAY_SECRET_KEYS" not in server.environ()


async def test_what_a_statement_holds_is_not_logged(join: Join, data_dir: Path) -> None:
    """A failing statement tells its sender, and leaves nothing in the server's log."""
    with join() as found:
        with pytest.raises(asyncpg.DataError):
            await query(found.database_url, "SELECT 'Marked Value'::integer")
        log = settle(data_dir).logs / "postgres.log"
        assert "Marked Value" not in log.read_text()
