"""What the stand-in counts: calls, refusals, broken rules, and how fast calls came."""

from collections import Counter, deque
from typing import Any

MAX_VIOLATIONS_KEPT = 500
MAX_CALLS_KEPT = 500


class Window:
    """How many things happened within the last `seconds`, and the most there ever were."""

    __slots__ = ("most", "seconds", "times")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.times: deque[float] = deque()
        self.most = 0

    def count(self, now: float) -> int:
        """Say how many are within the window that ends now."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        return len(self.times)

    def add(self, now: float) -> int:
        """Add one and say how many there are with it."""
        self.times.append(now)
        number = self.count(now)
        self.most = max(self.most, number)
        return number


class Counters:
    """Counted since the start or the last reset."""

    def __init__(self) -> None:
        self.methods: Counter[str] = Counter()
        self.errors: Counter[int] = Counter()
        self.events: Counter[str] = Counter()
        self.calls: deque[dict[str, Any]] = deque(maxlen=MAX_CALLS_KEPT)
        self.messages = 0
        self.duplicates = 0
        self.violations: deque[dict[str, Any]] = deque(maxlen=MAX_VIOLATIONS_KEPT)
        self.violation_count = 0

    def violation(self, group_id: int | None, method: str, what: str) -> None:
        """Keep that a rule was broken which a careful caller never breaks."""
        self.violation_count += 1
        self.violations.append({"group_id": group_id, "method": method, "what": what})

    def report(self) -> dict[str, Any]:
        """Put the counts into JSON's shape."""
        return {
            "calls": self.methods.total(),
            "methods": dict(self.methods),
            "errors": {str(code): number for code, number in sorted(self.errors.items())},
            "events": dict(self.events),
            "messages": self.messages,
            "duplicates_dropped": self.duplicates,
            "violation_count": self.violation_count,
            "violations": list(self.violations),
        }
