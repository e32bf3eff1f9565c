"""Ctrl-C ends a process and all that it started; the next start finds the data."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from gateway import embedded
from tests.acceptance.conftest import client
from tests.acceptance.events import body, post, said
from tests.acceptance.processes import Process, free_port
from tests.acceptance.town import GROUP, SECRETS, Town, town_folder
from tests.acceptance.waiting import soon
from tests.gateway.embedded.conftest import running

INTERRUPTED = {0, 130}


@pytest.fixture
def town() -> Iterator[Town]:
    """A town in which nothing runs yet, on servers of its own."""
    with town_folder() as folder:
        town = Town(folder)
        try:
            yield town
        finally:
            town.close()


def everything(town: Town) -> list[psutil.Process]:
    """Return every process of the town: ours, what they started, and the servers."""
    ours = [psutil.Process(process.popen.pid) for process in town.processes if process.alive]
    servers = list(running(town.data_dir).values())
    return [found for one in (*ours, *servers) for found in (one, *one.children(recursive=True))]


def all_gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=0)[1]


def listens(process: Process, port: int) -> bool:
    """Whether a process answers on a port; one that ended would never."""
    assert process.alive, process.said()
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    return False


@pytest.mark.parametrize("first", ["serve", "worker"])
def test_who_leaves_last_stops_the_servers(town: Town, first: str) -> None:
    """The servers stay for the other one; after both nothing is left, and the data is kept."""
    processes = {"serve": town.serve(), "worker": town.worker()}
    soon(lambda: town.health() == "ready")
    town.must("department", "add", "--code", "kept", "--title", "Отдел")
    before = everything(town)
    servers = running(town.data_dir)
    assert processes.pop(first).interrupt() in INTERRUPTED
    assert running(town.data_dir) == servers
    assert processes.popitem()[1].interrupt() in INTERRUPTED
    soon(lambda: all_gone(before))
    assert running(town.data_dir) == {}
    assert "Traceback" not in "".join(town.logs().values())

    again = town.serve()
    soon(lambda: listens(again, town.port))
    assert "kept" in town.must("department", "list")
    assert again.interrupt() in INTERRUPTED
    assert running(town.data_dir) == {}


def test_the_demo_leaves_nothing_behind(town: Town) -> None:
    """`gateway demo` starts a family of processes; Ctrl-C ends all of it, twice in a row."""
    demo_port = free_port()
    town.settings |= {"GATEWAY_DEMO_PORT": str(demo_port), "GATEWAY_VK_API_URL": ""}
    first, second = (keys_of_a_demo(town) for _ in range(2))
    assert first == second
    assert json.loads(first)["admin"]


def keys_of_a_demo(town: Town) -> bytes:
    """Start the demo and interrupt it when it is ready; return the keys that it made or kept."""
    demo = town.start("gateway", "demo")
    soon(lambda: town.health() == "ready")
    soon(lambda: f":{town.port}" in demo.said())
    before = everything(town)
    assert len(before) > 4
    assert demo.interrupt() in INTERRUPTED
    soon(lambda: all_gone(before))
    assert running(town.data_dir) == {}
    assert "Traceback" not in demo.said()
    return (town.data_dir / "demo.json").read_bytes()


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_a_start_that_is_interrupted_leaves_nothing_behind(town: Town, name: str) -> None:
    """Ctrl-C while the servers are being made: the next start begins where this one was."""
    begun = town.start("gateway", name)
    soon(lambda: _exists(town.data_dir / "embedded.lock"))
    begun.interrupt()
    soon(lambda: running(town.data_dir) == {})
    town.must("operator", "list")
    assert running(town.data_dir) == {}


async def test_a_gateway_that_is_told_to_stop_finishes_what_it_accepted(town: Town) -> None:
    """Readiness goes down first, calls are still answered; what was answered `ok` is kept."""
    serve = town.serve()
    soon(lambda: town.health() is not None)
    options = ("--secret", SECRETS[GROUP], "--title", "Город", "--token", "token")
    town.must("community", "add", "--group-id", str(GROUP), *options)
    answers: list[int] = []
    seen: list[int] = []
    busy, over = asyncio.Event(), threading.Event()

    def watch() -> None:
        """Ask as a balancer does, in a thread of its own, until nobody listens any more."""
        with suppress(httpx.TransportError), httpx.Client(base_url=town.url) as balancer:
            while not over.is_set():
                seen.append(balancer.get("/health/ready").status_code)
                time.sleep(0.02)

    async with client(town.url) as gateway:

        async def come(user_id: int) -> None:
            with suppress(httpx.TransportError):  # nobody listens any more
                for text in ("меню", "1"):
                    answer = await post(gateway, body("message_new", said(user_id, text)))
                    answers.append(answer.status_code)
                    if len(answers) > 50:
                        busy.set()

        watching = asyncio.create_task(asyncio.to_thread(watch))
        coming = [asyncio.create_task(come(user_id)) for user_id in range(1, 50)]
        try:
            await asyncio.wait_for(busy.wait(), 60)
            serve.popen.terminate()
            await asyncio.gather(watching, *coming)
        finally:
            over.set()  # a loop is not closed before its threads have ended
    assert await asyncio.to_thread(serve.popen.wait, 30) == 0
    assert seen[-1] == 503
    assert set(answers) <= {200, 503}
    with embedded.joined(town.data_dir, database=True, queue=False) as servers:
        connection = await asyncpg.connect(servers.database_url)
        kept = await connection.fetchval("SELECT count(*) FROM inbox")
        await connection.close()
    assert kept == answers.count(200)


def _exists(path: Path) -> bool:
    return path.exists()
