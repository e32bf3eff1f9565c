"""The line of events that wait: fair to pages, in order for residents.

Pages take turns, so that an event of a quiet page never stands behind the thousand of another.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from services.errors import Unavailable
from services.inbox.visits import Visit

WAITING_LIMIT = 2048  # events; more than this and the channel is told to come back later
PAGE_LIMIT = 1024  # of them of one page: the others always find room


class Waiting(Struct):
    """An event in the line; `done` is set when it has been taken, or has failed."""

    visit: Visit
    done: asyncio.Future[None]


class Line:
    """Events that wait, and what is claimed by those under way."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._pages: dict[int, deque[Waiting]] = {}
        self._count = 0
        self._claimed: set[object] = set()

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    def add(self, waiting: Waiting) -> None:
        """Put an event at the end of its page's line; raises Unavailable where that is full."""
        page = self._pages.setdefault(waiting.visit.community.id, deque())
        if self._count >= WAITING_LIMIT or len(page) >= PAGE_LIMIT:
            raise Unavailable
        page.append(waiting)
        self._count += 1

    def take(self, count: int) -> list[Waiting]:
        """Return the next events, one page's after the other's, and claim what they are about.

        None shares its resident or its own id with another one under way: it stays in the line.
        """
        batch: list[Waiting] = []
        kept: dict[int, list[Waiting]] = {}
        turns = deque(self._pages)
        while turns and len(batch) < count:
            page = turns.popleft()
            found = self._first_free(page, kept.setdefault(page, []))
            if found is not None:
                batch.append(found)
                turns.append(page)
        for page, waiting in kept.items():
            self._pages[page].extendleft(reversed(waiting))
            self._to_the_end(page)
        self._count -= len(batch)
        return batch

    def free(self, batch: Iterable[Waiting]) -> None:
        """Give up what a batch has claimed."""
        for waiting in batch:
            self._claimed.difference_update(waiting.visit.claims)

    def _first_free(self, page: int, kept: list[Waiting]) -> Waiting | None:
        """Take a page's first event that nothing under way is in the way of; add others to kept."""
        line = self._pages[page]
        while line:
            waiting = line.popleft()
            claims = waiting.visit.claims
            if self._claimed.isdisjoint(claims):
                self._claimed.update(claims)
                return waiting
            kept.append(waiting)
        return None

    def _to_the_end(self, page: int) -> None:
        """Let the other pages begin next time; forget a page for which nothing waits."""
        line = self._pages.pop(page)
        if line:
            self._pages[page] = line
