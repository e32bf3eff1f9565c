"""Long Poll: events kept for who asks, instead of being posted to an address.

`GET /longpoll/{group_id}?act=a_check&key&ts&wait` answers `{"ts", "updates"}`, or `{"failed"}`:
1 with a new `ts` where the asked one is too old, 2 for a key that is no good any more, 3 where
key and `ts` are lost. The lever `POST /demo/communities/{group_id}/long_poll {"failed": 1|2|3}`
makes that happen to whoever asks next.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

KEPT_EVENTS = 1000
TOO_OLD, OLD_KEY, LOST = 1, 2, 3


@dataclass(slots=True)
class LongPoll:
    """What is kept of one community's events; `ts` counts them."""

    enabled: bool = False
    events: set[str] = field(default_factory=set[str])
    api_version: str = ""
    ts: int = 1
    key: str = field(default_factory=lambda: secrets.token_hex(20))
    lost_keys: set[str] = field(default_factory=set[str])
    updates: deque[tuple[int, bytes]] = field(
        default_factory=lambda: deque[tuple[int, bytes]](maxlen=KEPT_EVENTS)
    )
    news: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def switch_on(self, api_version: str, events: Iterable[str]) -> None:
        """Keep events of these kinds from now on."""
        self.enabled, self.api_version = True, api_version
        self.events.update(events)

    def keep(self, kind: str, event: bytes) -> None:
        """Keep an event if its kind was asked for."""
        if not self.enabled or kind not in self.events:
            return
        self.ts += 1
        self.updates.append((self.ts, event))
        self.news.set()

    def spoil(self, failed: int) -> None:
        """Let the next who asks be told that something failed."""
        if failed == TOO_OLD:
            self.ts += KEPT_EVENTS
            self.updates.clear()
        else:
            if failed == LOST:
                self.lost_keys.add(self.key)
            self.key = secrets.token_hex(20)
        self.news.set()

    def close(self) -> None:
        """Send home who waits, because the process ends."""
        self.closed = True
        self.news.set()

    async def check(self, key: str, ts: int, wait: float) -> dict[str, Any]:
        """Answer one question: at once if there is something, else within `wait` seconds."""
        try:
            async with asyncio.timeout(wait):
                while (answer := self._answer(key, ts)) is None:
                    self.news.clear()
                    await self.news.wait()
                return answer
        except TimeoutError:
            return {"ts": str(self.ts), "updates": []}

    def _answer(self, key: str, ts: int) -> dict[str, Any] | None:
        if key != self.key:
            return {"failed": LOST if key in self.lost_keys else OLD_KEY}
        oldest = self.updates[0][0] if self.updates else self.ts + 1
        if ts > self.ts or ts < oldest - 1:
            return {"failed": TOO_OLD, "ts": self.ts}
        news = [msgspec.Raw(event) for number, event in self.updates if number > ts]
        return {"ts": str(self.ts), "updates": news} if news or self.closed else None


def server(poll: LongPoll, address: str) -> dict[str, str]:
    """Do `groups.getLongPollServer`."""
    return {"key": poll.key, "server": address, "ts": str(poll.ts)}


def settings(poll: LongPoll, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Do `groups.getLongPollSettings`."""
    on = {kind: int(kind in poll.events) for kind in kinds}
    return {"is_enabled": poll.enabled, "api_version": poll.api_version, "events": on}


def set_settings(poll: LongPoll, kinds: tuple[str, ...], params: Mapping[str, Any]) -> int:
    """Do `groups.setLongPollSettings`."""
    if "enabled" in params:
        poll.enabled = _on(params["enabled"])
    poll.api_version = str(params.get("api_version") or poll.api_version)
    choose(poll.events, kinds, params)
    return 1


def choose(events: set[str], kinds: tuple[str, ...], params: Mapping[str, Any]) -> None:
    """Switch the events on and off that the parameters name."""
    for kind in kinds:
        if kind in params:
            (events.add if _on(params[kind]) else events.discard)(kind)


def _on(value: Any) -> bool:
    return str(value).lower() in {"1", "true"}
