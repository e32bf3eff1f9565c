"""A clock that tests move, and a bell that wakes nobody."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)  # a Tuesday, noon in Khabarovsk


class Hands:
    """A clock that goes on by a millisecond at each look, and by what a test says."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


class Bell:
    """Remembers what was rung for; tests call what would be woken."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    async def ring(self, job: str, *ids: str) -> None:
        self.rung.append(job)

    async def ring_each(self, job: str, ids: Iterable[str]) -> None:
        self.rung.append(job)
