"""Ringing for the workers, while Valkey comes and goes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from arq.connections import ArqRedis, create_pool
from arq.worker import func

from integrations.queue.doorbell import ArqDoorbell
from integrations.queue.settings import (
    WORKER_OPTIONS,
    deserialize,
    redis_settings,
    serialize,
)
from integrations.queue.worker import Worker
from tests.integrations.conftest import OwnValkey


@asynccontextmanager
async def open_pool(url: str) -> AsyncGenerator[ArqRedis]:
    settings = redis_settings(url)
    pool = await create_pool(settings, job_serializer=serialize, job_deserializer=deserialize)
    async with pool:
        yield pool


@pytest.fixture
async def pool(own_valkey: OwnValkey) -> AsyncIterator[ArqRedis]:
    async with open_pool(own_valkey.url) as opened:
        yield opened


@pytest.fixture
def bell(pool: ArqRedis) -> ArqDoorbell:
    # Patient, for a busy machine is not what is tested here.
    return ArqDoorbell(pool, patience=10)


class Work:
    """A worker's only job: it remembers its ids, and waits when it is told to."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.seen = asyncio.Condition()
        self.worker: Worker | None = None

    async def job(self, _: dict[Any, Any], *ids: str) -> None:
        async with self.seen:
            self.done.append(ids)
            self.seen.notify_all()
        await self.go_on.wait()

    async def settle(self) -> None:
        assert self.worker is not None
        await asyncio.gather(*self.worker.tasks.values())

    async def times(self, number: int) -> None:
        async with asyncio.timeout(60), self.seen:
            await self.seen.wait_for(lambda: len(self.done) >= number)


@pytest.fixture
async def work(own_valkey: OwnValkey) -> AsyncIterator[Work]:
    work = Work()
    async with open_pool(own_valkey.url) as opened:
        work.worker = Worker(
            [func(work.job, name="look")],  # pyright: ignore[reportArgumentType]  # arq wants *args: Any
            redis_pool=opened,
            handle_signals=False,
            **WORKER_OPTIONS,
        )
        running = asyncio.create_task(work.worker.async_run())
        yield work
        assert not running.done()
        work.go_on.set()
        await work.settle()
        # Not by Worker.close, which calls what redis-py has deprecated.
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_worker_does_what_is_rung_for(bell: ArqDoorbell, work: Work) -> None:
    """The ids arrive as they were given."""
    await bell.ring("look", "0199-a", "7")
    await work.times(1)
    assert work.done == [("0199-a", "7")]


async def test_what_waits_already_is_not_queued_again(bell: ArqDoorbell, pool: ArqRedis) -> None:
    """However often it is rung, two wait at most; other ids are other work."""
    for _ in range(5):
        await bell.ring("look", "1")
    await bell.ring("look", "2")
    queued = sorted(str(job.job_id) for job in await pool.queued_jobs())
    assert queued == ["look:1", "look:1:again", "look:2"]


async def test_several_are_rung_for_in_one_ring(bell: ArqDoorbell, work: Work) -> None:
    """Each id is a job of its own."""
    await bell.ring_each("look", ["1", "2", "3"])
    await work.times(3)
    assert sorted(work.done) == [("1",), ("2",), ("3",)]


async def test_a_ring_during_the_job_is_heard_after_it(bell: ArqDoorbell, work: Work) -> None:
    """The running job may have looked before there was something to see."""
    work.go_on.clear()
    await bell.ring("look")
    await work.times(1)
    await bell.ring("look")
    await work.times(2)
    work.go_on.set()


async def test_the_same_ring_is_heard_again_once_its_job_is_done(
    bell: ArqDoorbell, pool: ArqRedis, work: Work
) -> None:
    """No result is kept that would make the id a used one."""
    for number in range(1, 6):
        await bell.ring("look")
        await work.times(number)
        await work.settle()
    assert not await pool.keys("arq:result:*")


async def test_a_ring_is_json_and_holds_only_ids(bell: ArqDoorbell, pool: ArqRedis) -> None:
    """Whoever can write to Valkey can make no worker run code of theirs."""
    await bell.ring("look", "0199-a")
    job = deserialize(await pool.get("arq:job:look:0199-a"))
    assert {"f": job["f"], "a": job["a"], "k": job["k"]} == {"f": "look", "a": ["0199-a"], "k": {}}


async def test_a_ring_nobody_hears_is_not_an_error(pool: ArqRedis, own_valkey: OwnValkey) -> None:
    """Valkey away or hanging: whoever rings goes on, and soon."""
    await pool.ping()
    own_valkey.freeze()
    await ArqDoorbell(pool, patience=0.05).ring("look", "1")
    own_valkey.thaw()
    own_valkey.kill()
    await ArqDoorbell(pool, patience=0.05).ring("look", "2")


async def test_after_a_ring_unheard_there_is_a_second_of_silence(
    pool: ArqRedis, own_valkey: OwnValkey
) -> None:
    """A thousand who ring do not wait for Valkey one after the other."""
    times = iter([100.0, 100.2, 100.3, 101.3])
    bell = ArqDoorbell(pool, patience=0.05, clock=lambda: next(times))
    own_valkey.kill()
    await bell.ring("look", "lost")
    own_valkey.start()
    await bell.ring("look", "silent")
    bell._patience = 10
    await bell.ring("look", "heard")
    assert [job.job_id for job in await pool.queued_jobs()] == ["look:heard"]


async def test_worker_and_bell_outlive_a_restart_of_valkey(
    bell: ArqDoorbell, work: Work, own_valkey: OwnValkey
) -> None:
    """Both find it again by themselves; what was in it is gone, which the sweep makes good."""
    await bell.ring("look", "before")
    await work.times(1)
    await work.settle()
    own_valkey.kill()
    # Long enough for a worker that polls a hundred times a second to find nobody there.
    await asyncio.sleep(0.3)
    own_valkey.start()
    await bell.ring("look", "after")
    await work.times(2)
    assert work.done == [("before",), ("after",)]


async def test_a_job_that_nobody_can_read_is_dropped(
    bell: ArqDoorbell, pool: ArqRedis, work: Work
) -> None:
    """And the next one is done."""
    await pool.set("arq:job:odd", b"\x80\x04\x95pickle")
    await pool.zadd("arq:queue", {"odd": 1})
    await bell.ring("look")
    await work.times(1)
