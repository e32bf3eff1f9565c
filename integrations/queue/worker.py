"""arq's worker, which outlives a Valkey that goes away at the wrong moment.

redis-py repeats a command whose connection broke, but not one of a watch (a WatchError), nor one
whose new connection breaks while it greets. arq catches neither: the process would end, with its
page's messages still leased.
"""

import asyncio
from contextlib import suppress

import arq.worker
from arq.constants import in_progress_key_prefix
from redis.exceptions import WatchError
from structlog import get_logger

from integrations.queue.settings import RESTART

log = get_logger()

BROKEN = (WatchError, *RESTART)
MARGIN = 10  # seconds, as arq gives: to be stopped and say so
REST = 0.5  # seconds before the next look, for a Valkey that refuses at once


class Worker(arq.worker.Worker):
    """`arq.worker.Worker` that takes a broken connection for what it is: it looks again soon."""

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start these jobs; one that could not be taken stays in the queue."""
        for job_id in job_ids:
            self.in_progress_timeout_s = self.held_back(job_id.decode())
            try:
                await super().start_jobs([job_id])
            except BROKEN as error:
                log.warning("job_not_taken", job=job_id.decode(), error=type(error).__name__)
                if job_id.decode() not in self.tasks:  # its place among `max_jobs` is free again
                    self._release_sem_dec_counter_on_complete()

    def held_back(self, job_id: str) -> float:
        """Return for how many seconds a job cannot be taken again when its worker is killed.

        arq takes the longest time that any job may have: the comparisons of back ends would hold
        a page's messages back for half an hour.
        """
        name = job_id.partition(":")[0]
        if name == "cron":
            name = job_id.rpartition(":")[0]
        known = self.functions.get(name)
        return ((known.timeout_s if known else None) or self.job_timeout_s or 0) + MARGIN

    async def run_job(self, job_id: str, score: int) -> None:
        """Run a job; one whose words with Valkey broke off is free to be run again at once."""
        try:
            await super().run_job(job_id, score)
        except BROKEN as error:
            log.warning("job_broken_off", job=job_id, error=type(error).__name__)
            with suppress(*BROKEN):  # else it is held back until the time of its kind is over
                await self.pool.delete(in_progress_key_prefix + job_id)

    async def _poll_iteration(self) -> None:
        """Look for jobs and start them."""
        try:
            await super()._poll_iteration()
        except BROKEN as error:
            log.warning("queue_out_of_reach", error=type(error).__name__)
            await asyncio.sleep(REST)
