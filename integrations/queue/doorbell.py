"""Rings for the workers: the only place that knows how arq takes a job."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from arq.connections import ArqRedis
from arq.constants import default_queue_name, job_key_prefix
from arq.jobs import serialize_job
from structlog import get_logger

from integrations.queue.settings import serialize

log = get_logger()

PATIENCE = 0.2
"""Seconds that ringing may take, of which a Valkey that is well needs one hundredth."""
SILENCE = 1.0
"""Seconds without a ring after one that was not heard: those who ring shall not all wait."""
FORGOTTEN = 24 * 3600 * 1000
"""Milliseconds until a job that no worker took is dropped; the sweep would have found its work."""

# What `ArqRedis.enqueue_job` does, for any number of jobs in one trip instead of four for each.
# arq refuses an id while its job runs, when that job may have looked already; so there is a second
# id, and at most one more job waits behind the running one.
RING = """
for at = 3, #ARGV, 2 do
  for _, id in ipairs({ARGV[at], ARGV[at] .. ':again'}) do
    if redis.call('EXISTS', KEYS[2] .. id) == 0 then
      redis.call('PSETEX', KEYS[2] .. id, ARGV[2], ARGV[at + 1])
      redis.call('ZADD', KEYS[1], ARGV[1], id)
      break
    end
  end
end
"""


class ArqDoorbell:
    """`services.ports.Doorbell` on arq's queue."""

    def __init__(
        self,
        pool: ArqRedis,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take arq's pool, made with our serializers, how long a ring may take, and a clock."""
        self._script: Any = pool.register_script(RING)
        self._patience = patience
        self._clock = clock
        self._silent_until = 0.0

    async def ring(self, job: str, *ids: str) -> None:
        """Ask for `job` with opaque ids; a ring nobody hears is logged, and found by the sweep.

        The same job with the same ids waits in the queue once, however often it is rung for.
        """
        await self._ring(job, [ids])

    async def ring_each(self, job: str, ids: Iterable[str]) -> None:
        """Ask for `job` once for each id, in one trip."""
        await self._ring(job, [(each,) for each in ids])

    async def _ring(self, job: str, calls: list[tuple[str, ...]]) -> None:
        if self._clock() < self._silent_until:
            return
        ringing = asyncio.create_task(self._enqueue(job, calls))
        # Not awaited to its end: cancelled in the middle of a command, redis-py first tidies up
        # by asking Valkey once more, which may be what hangs.
        done, _ = await asyncio.wait({ringing}, timeout=self._patience)
        if not done:
            ringing.cancel()
            ringing.add_done_callback(_forget)
            self._note_loss(job, "timeout")
        elif (error := ringing.exception()) is not None:
            self._note_loss(job, type(error).__name__)

    def _note_loss(self, job: str, error: str) -> None:
        self._silent_until = self._clock() + SILENCE
        log.warning("ring_not_heard", job=job, error=error)

    async def _enqueue(self, job: str, calls: list[tuple[str, ...]]) -> None:
        now = time.time_ns() // 1_000_000
        arguments: list[Any] = [now, FORGOTTEN]
        for ids in calls:
            arguments.append(":".join((job, *ids)))
            arguments.append(serialize_job(job, ids, {}, None, now, serializer=serialize))
        await self._script(keys=[default_queue_name, job_key_prefix], args=arguments)


def _forget(ringing: asyncio.Task[None]) -> None:
    """Take the outcome of a ring that was given up, which asyncio would complain about."""
    if not ringing.cancelled():
        ringing.exception()
