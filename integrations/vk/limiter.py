"""Keeps every community within VK's 20 calls a second, counted over all processes in Valkey.

Calls are spaced, not counted: each takes the next free moment, at least `SPACING` after the one
before, so that no second, wherever it begins, holds more than 20. (A bucket of 20 tokens would
let 40 calls through around the moment it is refilled.)
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog import get_logger

log = get_logger()

SPACING = 0.055
"""Seconds between two calls. 50 ms would do if all calls took the same time to arrive; 55 ms put
20 of them into 1.1 s, so one that is held up 100 ms on its way still does not make 21."""
LOCAL_SPACING = 0.5
"""Seconds between two calls of one process while Valkey is away: ten processes still keep to 20."""
QUIET = 1.0
"""Seconds of silence after Valkey was lost, so that the calls it gave out are past."""
PATIENCE = 0.1
"""Seconds that Valkey has to answer: it takes less than one thousandth, or is not well."""
HORIZON = 60.0
"""Seconds ahead that a moment can be reserved. A later one was left by a clock set back."""

# Times are microseconds of the server's clock, as texts: Lua's own conversion drops digits.
RESERVE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local moment = tonumber(redis.call('GET', KEYS[1]) or '0')
if moment < now or moment > now + tonumber(ARGV[3]) then moment = now end
local paused = redis.call('PTTL', KEYS[2])
if paused > 0 and now + paused * 1000 > moment then moment = now + paused * 1000 end
if moment - now > tonumber(ARGV[2]) then return -1 end
redis.call('SET', KEYS[1], string.format('%.0f', moment + ARGV[1]), 'EX', 3600)
return moment - now
"""
# A longer pause is never cut short by another process's shorter one.
PAUSE = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
end
"""


class VkPace:
    """`services.ports.Pace` for VK: one count per community for all processes."""

    def __init__(
        self,
        redis: Redis,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        """Take Valkey, a clock in seconds for when it is away, and how long it may take."""
        self._reserve: Any = redis.register_script(RESERVE)
        self._pause: Any = redis.register_script(PAUSE)
        self._local = LocalPace(clock)
        self._clock = clock
        self._patience = patience
        self._away = False
        self._ask_again_at = 0.0

    async def reserve(self, group_id: int, max_wait: float) -> float | None:
        """Take the next moment in which this community may call VK.

        Gives the seconds to wait before the call; None, and nothing taken, when that would be
        more than `max_wait` seconds (at most `HORIZON`). Without Valkey: this process's share.
        """
        max_wait = min(max_wait, HORIZON)
        arguments = [_micro(SPACING), _micro(max_wait), _micro(HORIZON) + _micro(SPACING)]
        wait = await self._ask(self._reserve, [_moment(group_id), _paused(group_id)], arguments)
        if wait is None:
            return self._local.reserve(group_id, max_wait)
        return None if wait < 0 else wait / 1_000_000

    async def pause(self, group_id: int, seconds: float) -> None:
        """Let no process call for this community for so many seconds (errors 6 and 29)."""
        self._local.pause(group_id, seconds)
        await self._ask(self._pause, [_paused(group_id)], [max(1, round(seconds * 1000))])

    async def _ask(self, script: Any, keys: list[str], arguments: list[int]) -> int | None:
        """Run a script; None when Valkey is away, which is asked again after a second."""
        if self._clock() < self._ask_again_at:
            return None
        try:
            async with asyncio.timeout(self._patience):
                answer = int(await script(keys=keys, args=arguments) or 0)
        except (RedisError, OSError, TimeoutError) as error:
            self._note_loss(type(error).__name__)
            return None
        self._away = False
        return answer

    def _note_loss(self, error: str) -> None:
        self._ask_again_at = self._clock() + QUIET
        if not self._away:
            log.warning("vk_pace_without_valkey", error=error)
            self._local.quiet_until(self._ask_again_at)
        self._away = True


class LocalPace:
    """The small fixed share of one process, for as long as nobody counts for all of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock in seconds that never goes back."""
        self._clock = clock
        self._quiet_until = 0.0
        self._moments: dict[int, float] = {}

    def reserve(self, group_id: int, max_wait: float) -> float | None:
        """Take the next moment: seconds to wait, or None when that is more than `max_wait`."""
        now = self._clock()
        moment = max(now, self._quiet_until, self._moments.get(group_id, now))
        if moment - now > max_wait:
            return None
        self._moments[group_id] = moment + LOCAL_SPACING
        return moment - now

    def pause(self, group_id: int, seconds: float) -> None:
        """Give out no moment of this community for so many seconds."""
        until = self._clock() + seconds
        self._moments[group_id] = max(until, self._moments.get(group_id, until))

    def quiet_until(self, moment: float) -> None:
        """Give out no moment at all before this one."""
        self._quiet_until = max(self._quiet_until, moment)


def _micro(seconds: float) -> int:
    return round(seconds * 1_000_000)


# The braces keep both keys of a community on one node of a cluster.
def _moment(group_id: int) -> str:
    return f"vk:pace:{{{group_id}}}:next"


def _paused(group_id: int) -> str:
    return f"vk:pace:{{{group_id}}}:paused"
