"""The demo's data, and what holds its processes together."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from gateway.demo import kept_file, prepare
from gateway.settings import Settings
from integrations.demo.seed import DEPARTMENTS, PAGES


async def test_a_second_start_keeps_everything(settings: Settings, pool: asyncpg.Pool) -> None:
    """Keys and secrets stay as they were printed; what somebody changed stays changed."""
    first = await prepare(settings)
    await pool.execute("UPDATE departments SET title = 'Моё имя' WHERE code = 'roads'")
    assert await prepare(settings) == first
    assert await pool.fetchval("SELECT title FROM departments WHERE code = 'roads'") == "Моё имя"
    assert await pool.fetchval("SELECT count(*) FROM api_keys") == len(DEPARTMENTS) + 1
    assert await pool.fetchval("SELECT count(*) FROM communities") == len(PAGES)
    assert kept_file(settings).stat().st_mode & 0o777 == 0o600


async def test_another_database_is_filled_anew(settings: Settings, pool: asyncpg.Pool) -> None:
    """Keys that this database does not know are of no use."""
    first = await prepare(settings)
    await pool.execute("DELETE FROM api_keys")
    second = await prepare(settings)
    assert second.admin != first.admin


async def test_webhooks_follow_the_stand_in(settings: Settings, pool: asyncpg.Pool) -> None:
    """It may listen elsewhere today; an address that somebody else set is left alone."""
    await prepare(settings)
    await pool.execute(
        "UPDATE webhooks SET url = 'http://127.0.0.1:1/department/hook' WHERE department_id = 1"
    )
    await pool.execute("UPDATE webhooks SET url = 'https://a.ru/' WHERE department_id = 2")
    await prepare(settings)
    urls = "SELECT url FROM webhooks WHERE department_id = $1"
    assert await pool.fetchval(urls, 1) == f"http://127.0.0.1:{settings.demo_port}/department/hook"
    assert await pool.fetchval(urls, 2) == "https://a.ru/"


@pytest.mark.parametrize("killed", [False, True])
def test_a_process_on_the_leash_ends_with_its_starter(tmp_path: Path, killed: bool) -> None:
    """When the pipe ends the module is told to stop, so that no port stays taken."""
    (tmp_path / "waiting.py").write_text(
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print(sys.argv[1], flush=True)\n"
        "signal.pause()\n"
    )
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "gateway.leash", str(reading), "waiting", "argument"]
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        pass_fds=[reading],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"},
    )
    os.close(reading)
    assert process.stdout is not None
    assert process.stdout.readline() == b"argument\n"
    if killed:
        process.terminate()
    os.close(writing)
    assert process.wait(30) == 7
    process.stdout.close()
