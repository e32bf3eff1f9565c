"""How often somebody may do something: a burst at once, then so many a second.

The generic cell rate algorithm: of everybody who comes only one moment is remembered, that at which
the whole burst is free again. It lives in the memory of one process: with several processes each
allows as much.
"""

from collections.abc import Hashable

from msgspec import Struct

REMEMBERED = 100_000
"""Who was seen lately; beyond that, those who could do everything again are forgotten."""


class Allowance(Struct, frozen=True):
    """How many times at once, and how many a second after that."""

    burst: int
    per_second: float


class Throttle:
    """Counts what everybody does. Times are seconds of any clock that never goes back."""

    def __init__(self, allowance: Allowance, remembered: int = REMEMBERED) -> None:
        """Take what is allowed, and of how many people at most it is remembered."""
        self._every = 1 / allowance.per_second
        self._leeway = (allowance.burst - 1) * self._every
        self._remembered = remembered
        self._whole_at: dict[Hashable, float] = {}

    def wait(self, who: Hashable, now: float) -> float:
        """Return for how many seconds `who` has to wait before the next time; 0 for not at all."""
        return max(0.0, self._whole_at.get(who, now) - self._leeway - now)

    def take(self, who: Hashable, now: float) -> float:
        """Count one time if it is allowed now; return the seconds to wait if it is not, else 0."""
        wait = self.wait(who, now)
        if not wait:
            if len(self._whole_at) >= self._remembered and who not in self._whole_at:
                self._forget(now)
            self._whole_at[who] = max(self._whole_at.get(who, now), now) + self._every
        return wait

    def _forget(self, now: float) -> None:
        """Forget who has the whole burst again; where that is nobody, those nearest to it."""
        busy = {who: at for who, at in self._whole_at.items() if at > now}
        if len(busy) >= self._remembered:
            busiest = sorted(busy.items(), key=lambda item: item[1])
            busy = dict(busiest[self._remembered // 2 :])
        self._whole_at = busy
