"""The commands, as processes on an outside database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def gateway(database: str, redis_url: str, tmp_path: Path) -> Run:
    """Run `gateway` in an empty folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    own = {
        "GATEWAY_DATABASE_URL": database,
        "GATEWAY_REDIS_URL": redis_url,
        "GATEWAY_DATA_DIR": str(tmp_path / "var"),
    }

    def run(*arguments: str, text: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=tmp_path,
            env=kept | own | more,
            input=text,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=60,
        )

    return run


def good(done: "subprocess.CompletedProcess[str]") -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def bad(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_reference_data_is_added_and_listed(gateway: Run) -> None:
    """What `add` took, `list` shows; adding again updates."""
    good(gateway("operator", "add", "--code", "district", "--title", "Район"))
    good(gateway("department", "add", "--code", "roads", "--title", "Д", "--operator", "district"))
    good(gateway("department", "add", "--code", "roads", "--title", "Дороги", "--default"))
    assert "Район" in good(gateway("operator", "list"))
    line = good(gateway("department", "list")).splitlines()[1]
    assert line.split() == ["roads", "Дороги", "district", "yes", "pull"]


def test_a_community_takes_its_token_from_a_file_or_input(gateway: Run, tmp_path: Path) -> None:
    """Secrets need not stand among a process's arguments; what was made is shown, once."""
    (tmp_path / "token").write_text("vk1.a.token\n")
    add = ("community", "add", "--group-id", "7", "--title", "Город", "--token")
    assert "secret was made" in good(gateway(*add, "@token"))
    assert "secret" not in good(gateway(*add, "-", text="vk1.a.other\n"))
    listed = good(gateway("community", "list"))
    assert "vk1.a" not in listed
    assert listed.splitlines()[1].split() == ["7", "Город", "-", "default", "callback", "-", "-"]
    assert "missing" in bad(gateway(*add, "@missing"))


def test_a_key_stands_alone_on_the_last_line(gateway: Run) -> None:
    """Scripts read it there; listed is only its id, by which it is revoked."""
    good(gateway("department", "add", "--code", "roads", "--title", "Д"))
    issue = ("key", "issue", "--role", "department", "--department", "roads", "--holder", "Пётр")
    key = good(gateway(*issue)).splitlines()[-1]
    word, key_id, secret = key.split("_")
    assert word == "gw"
    listed = good(gateway("key", "list"))
    assert key_id in listed
    assert "Пётр" in listed
    assert secret not in listed
    good(gateway("key", "revoke", key_id))
    assert "revoked" in good(gateway("key", "list"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("key", "issue", "--role", "department"), "department"),
        (("key", "issue", "--role", "admin", "--operator", "nobody"), "operator"),
        (("key", "revoke", "nothing"), "key"),
        (("department", "add", "--code", "ЖКХ", "--title", "Т"), "code"),
        (("department", "add", "--code", "a", "--title", "Т", "--operator", "nobody"), "operator"),
        (("community", "add", "--group-id", "0", "--title", "Т", "--token", "t"), "group_id"),
        (("community", "connect", "--group-id", "7"), "no community 7"),
        (("import", "missing.json"), "missing.json"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    gateway: Run, arguments: tuple[str, ...], words: str
) -> None:
    """Another exit code, one plain line on standard error, nothing on standard output."""
    done = gateway(*arguments)
    assert words in bad(done)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_an_import_is_all_or_nothing(gateway: Run, tmp_path: Path) -> None:
    """With a wrong line nothing is taken, and every wrong line is named."""
    file = tmp_path / "data.csv"
    file.write_text("type,code,title\ndepartment,roads,Дороги\ndepartment,BAD,\nfax,a,b\n")
    assert "line 4" in bad(gateway("import", str(file)))
    file.write_text("type,code,title\ndepartment,roads,Дороги\ndepartment,BAD,\n")
    said = bad(gateway("import", str(file)))
    assert "line 3.code" in said
    assert "line 3.title" in said
    assert "roads" not in good(gateway("department", "list"))
    file.write_text("type,code,title\ndepartment,roads,Дороги\n")
    assert "departments: 1" in good(gateway("import", str(file)))
    assert "roads" in good(gateway("department", "list"))


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_an_old_schema_is_refused(gateway: Run, database: str, command: str) -> None:
    """On an outside database the processes name `gateway migrate` instead of doing it."""
    asyncio.run(_forget(database))
    assert "gateway migrate" in bad(gateway(command, GATEWAY_PORT="18932"))


def test_check_says_what_is_in_order(gateway: Run) -> None:
    """One line each; no worker is no fault."""
    said = good(gateway("check"))
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "settings",
        "database",
        "queue",
        "worker",
    ]
    away = gateway("check", GATEWAY_REDIS_URL="redis://127.0.0.1:1")
    assert "queue" in bad(away)


def test_a_database_that_is_away_is_a_sentence(gateway: Run) -> None:
    """Not a traceback, and no address that may hold a password."""
    url = "postgresql://someone:hunter2@127.0.0.1:1/none"
    said = bad(gateway("operator", "list", GATEWAY_DATABASE_URL=url))
    assert "GATEWAY_DATABASE_URL" in said
    assert "hunter2" not in said


def test_other_secret_keys_are_refused(gateway: Run) -> None:
    """Sealed values must never be written under a key that does not fit the others."""
    good(gateway("operator", "list"))
    other = gateway("operator", "list", GATEWAY_SECRET_KEYS=f"{'A' * 43}=")
    assert "GATEWAY_SECRET_KEYS" in bad(other)


def test_migrating_an_up_to_date_database_changes_nothing(gateway: Run) -> None:
    """`gateway migrate` may be run at every deployment."""
    assert good(gateway("migrate")) == "The schema is up to date.\n"


def test_production_knows_no_stand_ins(gateway: Run) -> None:
    """The demo refuses to run there."""
    production = {
        "GATEWAY_MODE": "production",
        "GATEWAY_SECRET_KEYS": f"{'A' * 43}=",
        "GATEWAY_PUBLIC_URL": "https://example.org",
    }
    assert "no demo in production" in bad(gateway("demo", **production))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("key", "issue", "--role", "king"),
        ("community", "add", "--group-id", "x"),
    ],
)
def test_wrong_arguments_are_said_in_a_sentence(gateway: Run, arguments: tuple[str, ...]) -> None:
    """One line that names what is wrong and where the help is; no page of usage."""
    said = bad(gateway(*arguments))
    assert len(said.splitlines()) == 1
    assert "--help" in said


def test_help_imports_nothing_heavy() -> None:
    """`gateway --help` answers at once."""
    code = (
        "import sys, gateway.cli; print([m for m in ('asyncpg', 'litestar') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def _forget(database: str) -> None:
    connection = await asyncpg.connect(database)
    last = "SELECT max(number) FROM schema_migrations"
    await connection.execute(f"DELETE FROM schema_migrations WHERE number = ({last})")
    await connection.close()
