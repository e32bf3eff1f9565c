"""A worker whose connection to Valkey breaks in the middle of taking a job."""

import asyncio
from typing import Any

import pytest
from arq.constants import in_progress_key_prefix
from arq.cron import cron
from arq.worker import func
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError, WatchError  # noqa: A004 - redis has its own

from integrations.queue.settings import WORKER_OPTIONS
from integrations.queue.worker import Worker
from tests.integrations.conftest import OwnValkey
from tests.integrations.queue.test_doorbell import open_pool

PLACES = 2
NAMES = ["a", "b", "c"]
LONGEST = {"short": 40, "long": 1510, "cron:tidy": 610}
"""Job → seconds for which it may be held back: its own time and ten more."""


@pytest.mark.parametrize("error", [WatchError, ConnectionError])
@pytest.mark.parametrize("where", ["exists", "get"])
async def test_a_broken_connection_ends_no_worker(
    own_valkey: OwnValkey, monkeypatch: pytest.MonkeyPatch, error: type[Exception], where: str
) -> None:
    """Between looking at a job and taking it, or when its words are read: it is done later.

    What could not be taken stays in the queue, and no place among `max_jobs` is lost.
    """
    done: list[str] = []

    async def job(ctx: dict[Any, Any], name: str) -> None:
        done.append(name)

    whole, broken = getattr(Pipeline, where), iter(range(2 * PLACES))

    def break_first(pipe: Any, *keys: str) -> Any:
        if next(broken, None) is not None:
            raise error
        return whole(pipe, *keys)

    async with open_pool(own_valkey.url) as pool:
        options: dict[str, Any] = {**WORKER_OPTIONS, "max_jobs": PLACES}
        functions = [func(job, name="job")]
        worker = Worker(functions=functions, redis_pool=pool, handle_signals=False, **options)
        for name in NAMES:
            await pool.enqueue_job("job", name)
        monkeypatch.setattr(Pipeline, where, break_first)
        running = asyncio.create_task(worker.async_run())
        for _ in range(3000):
            if len(done) >= len(NAMES) and worker.job_counter == 0:
                break
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert sorted(done) == NAMES
    assert worker.job_counter == 0


async def test_a_killed_worker_holds_each_job_back_for_its_own_time(own_valkey: OwnValkey) -> None:
    """However long another kind of job, or one of the clock's, may take."""
    seen: dict[str, int] = {}

    async def note(ctx: dict[Any, Any]) -> None:
        key = in_progress_key_prefix + ctx["job_id"]
        seen[ctx["job_id"].rpartition(":")[0] or ctx["job_id"]] = await pool.ttl(key)
        if len(seen) == len(LONGEST) and worker.main_task:
            worker.main_task.cancel()

    async with open_pool(own_valkey.url) as pool:
        worker = Worker(
            functions=[func(note, name="short"), func(note, name="long", timeout=1500)],
            cron_jobs=[cron(note, name="cron:tidy", run_at_startup=True, timeout=600)],
            redis_pool=pool,
            handle_signals=False,
            **WORKER_OPTIONS,
        )
        for name in ("short", "long"):
            await pool.enqueue_job(name, _job_id=name)
        with pytest.raises(asyncio.CancelledError):
            await worker.async_run()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    assert {name: LONGEST[name] - 5 <= ttl <= LONGEST[name] for name, ttl in seen.items()} == (
        dict.fromkeys(LONGEST, True)
    )
