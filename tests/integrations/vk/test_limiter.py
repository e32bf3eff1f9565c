"""Never more than 20 calls in any second, whoever calls."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from integrations.vk.limiter import HORIZON, LOCAL_SPACING, QUIET, SPACING, LocalPace, VkPace
from tests.integrations.conftest import OwnValkey

PAGE = 123


class HandClock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def redis(own_valkey: OwnValkey) -> AsyncIterator[Redis]:
    async with Redis.from_url(own_valkey.url) as client:
        yield client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pace(redis: Redis, clock: HandClock) -> VkPace:
    # Patient, for a busy machine is not what is tested here.
    return VkPace(redis, clock, patience=10)


async def server_time(redis: Redis) -> float:
    seconds, micros = await redis.time()
    return int(seconds) + int(micros) / 1_000_000


def most_in_a_second(moments: list[float]) -> int:
    """The fullest second, wherever it begins (a microsecond of rounding aside)."""
    return max(sum(start <= at <= start + 0.999_99 for at in moments) for start in moments)


async def test_calls_of_two_processes_share_one_count(
    redis: Redis, own_valkey: OwnValkey, clock: HandClock
) -> None:
    """Asked all at once, by two of them: the moments keep their distance on VK's side."""
    async with Redis.from_url(own_valkey.url) as second:
        both = [VkPace(one, clock, patience=10) for one in (redis, second)]
        await both[0].reserve(PAGE, HORIZON)
        before = await server_time(redis)
        waits = await asyncio.gather(*[both[n % 2].reserve(PAGE, HORIZON) for n in range(60)])
        after = await server_time(redis)
    taken = sorted(wait for wait in waits if wait is not None)
    assert len(taken) == 60
    # Whatever time went by while they asked is the most that their waits can be too close.
    assert taken[-1] - taken[0] >= 59 * SPACING - (after - before)


async def test_one_moment_after_another(pace: VkPace) -> None:
    """The first call goes at once, each later one `SPACING` after the one before."""
    assert await pace.reserve(PAGE, 0) == 0
    waits = [await pace.reserve(PAGE, HORIZON) for _ in range(5)]
    assert all(
        wait is not None and (n + 1) * SPACING - 0.5 < wait <= (n + 1) * SPACING
        for n, wait in enumerate(waits)
    )


async def test_what_is_too_far_is_not_taken(pace: VkPace) -> None:
    """Asking in vain costs nobody a moment."""
    await pace.pause(PAGE, 30)
    for _ in range(50):
        assert await pace.reserve(PAGE, 1) is None
    wait = await pace.reserve(PAGE, HORIZON)
    assert wait is not None
    assert 29 < wait <= 30


async def test_communities_do_not_wait_for_each_other(pace: VkPace) -> None:
    """Each has its own token, so its own count."""
    await pace.pause(PAGE, 30)
    assert await pace.reserve(PAGE + 1, 0) == 0


async def test_a_short_pause_does_not_end_a_long_one(pace: VkPace, redis: Redis) -> None:
    """Two processes may be told different things."""
    await pace.pause(PAGE, 30)
    await pace.pause(PAGE, 1)
    assert await redis.pttl(f"vk:pace:{{{PAGE}}}:paused") > 29_000


async def test_a_clock_set_back_stops_nobody_for_long(pace: VkPace, redis: Redis) -> None:
    """A moment further ahead than can be reserved is no moment."""
    await redis.set(f"vk:pace:{{{PAGE}}}:next", int((await server_time(redis) + 3600) * 1e6))
    assert await pace.reserve(PAGE, 0) == 0


async def test_a_flush_forgets_but_breaks_nothing(pace: VkPace, redis: Redis) -> None:
    """The scripts are gone too, and are brought again."""
    await pace.reserve(PAGE, 0)
    await redis.flushall()
    await redis.script_flush()
    assert await pace.reserve(PAGE, 0) == 0


async def test_without_valkey_a_process_keeps_to_its_share(
    pace: VkPace, clock: HandClock, own_valkey: OwnValkey
) -> None:
    """First a second of silence, for what was given out before; then two calls a second."""
    own_valkey.kill()
    assert await pace.reserve(PAGE, 0) is None
    assert await pace.reserve(PAGE, 5) == QUIET
    assert await pace.reserve(PAGE, 5) == QUIET + LOCAL_SPACING
    clock.now += QUIET
    assert await pace.reserve(PAGE + 1, 0) == 0
    await pace.pause(PAGE + 1, 10)
    assert await pace.reserve(PAGE + 1, 5) is None


async def test_valkey_counts_again_when_it_is_back(
    pace: VkPace, clock: HandClock, own_valkey: OwnValkey
) -> None:
    """It is asked once a second whether it is."""
    own_valkey.kill()
    assert await pace.reserve(PAGE, 0) is None
    own_valkey.start()
    assert await pace.reserve(PAGE, 0) is None
    clock.now += QUIET
    assert await pace.reserve(PAGE, 0) == 0
    assert (await pace.reserve(PAGE, 1) or 0) <= SPACING


async def test_a_valkey_that_hangs_holds_nobody(
    redis: Redis, clock: HandClock, own_valkey: OwnValkey
) -> None:
    """The wait for it is bounded, and one wait is enough for a second."""
    pace = VkPace(redis, clock, patience=0.05)
    own_valkey.freeze()
    try:
        assert await pace.reserve(PAGE, 5) == QUIET
        assert await pace.reserve(PAGE, 5) == QUIET + LOCAL_SPACING
    finally:
        own_valkey.thaw()


@given(st.lists(st.tuples(st.floats(0, 0.7), st.floats(0, 3)), min_size=1, max_size=40))
def test_ten_processes_on_their_own_keep_to_twenty(steps: list[tuple[float, float]]) -> None:
    """Whenever they ask, the moments of one process are never more than two a second."""
    clock = HandClock()
    local = LocalPace(clock)
    taken: list[float] = []
    for step, max_wait in steps:
        clock.now += step
        wait = local.reserve(PAGE, max_wait)
        if wait is not None:
            assert 0 <= wait <= max_wait
            taken.append(clock.now + wait)
    assert all(later - earlier >= LOCAL_SPACING - 1e-9 for earlier, later in pairwise(taken))
    assert not taken or most_in_a_second(taken) <= 2


@given(st.lists(st.floats(0, 2), min_size=1, max_size=80))
def test_spacing_keeps_any_second_to_twenty(asked: list[float]) -> None:
    """The arithmetic of the script: a moment is now, or `SPACING` after the last one."""
    free, moments = 0.0, []
    for at in sorted(asked):
        moments.append(max(at, free))
        free = moments[-1] + SPACING
    assert most_in_a_second(moments) <= 20
    # And so it stays when one call is held up by 100 ms on its way.
    late = [moments[0] + 0.1, *moments[1:]]
    assert most_in_a_second(late) <= 20
