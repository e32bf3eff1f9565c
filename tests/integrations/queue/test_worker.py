"""A worker whose connection to Valkey breaks in the middle of taking a job."""

import asyncio
from typing import Any

import pytest
from arq.worker import func
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError, WatchError  # noqa: A004 - redis has its own

from integrations.queue.settings import WORKER_OPTIONS
from integrations.queue.worker import Worker
from tests.integrations.conftest import OwnValkey
from tests.integrations.queue.test_doorbell import open_pool

PLACES = 2
NAMES = ["a", "b", "c"]


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
        if len(done) == len(NAMES) and worker.main_task:
            worker.main_task.cancel()

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
        with pytest.raises(asyncio.CancelledError):
            await worker.async_run()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    assert sorted(done) == NAMES
    assert worker.job_counter == 0
