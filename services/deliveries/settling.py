"""What becomes of a delivery after a try."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from services.db.query import Connection
from services.deliveries.queries import SETTLE
from services.ports import Verdict

BackOff = Callable[[int, float], timedelta | None]


class Settlement(Struct, frozen=True):
    """One settled try, `attempts` by number. `next_at` is set where it will be tried again."""

    id: UUID
    attempts: int
    state: str
    next_at: datetime | None = None
    error: str | None = None


def judge(
    delivery_id: UUID,
    attempts: int,
    verdict: Verdict,
    back_off: BackOff,
    now: datetime,
) -> Settlement:
    """Turn a verdict into the delivery's next state.

    `attempts` counts this try; `back_off` says how long to wait after so many. A delivery whose
    tries are used up is dead: an admin sees it and can send it again.
    """
    code = verdict.code or None
    if verdict.outcome == "sent":
        return Settlement(delivery_id, attempts, "sent")
    if verdict.outcome in {"parked", "dead"}:
        return Settlement(delivery_id, attempts, verdict.outcome, None, code)
    if verdict.scope == "page" and verdict.retry_after is None:
        return Settlement(delivery_id, attempts, "waiting", now, code)
    pause = back_off(attempts, random.random())  # noqa: S311 - jitter needs no secrecy
    if pause is None:
        return Settlement(delivery_id, attempts, "dead", None, code)
    asked = timedelta(seconds=verdict.retry_after or 0)
    return Settlement(delivery_id, attempts, "waiting", now + max(pause, asked), code)


async def settle(connection: Connection, now: datetime, settled: Sequence[Settlement]) -> None:
    """Write what became of the tries; where another try has begun since, this changes nothing."""
    await SETTLE.run(
        connection,
        now,
        [item.id for item in settled],
        [item.attempts for item in settled],
        [item.state for item in settled],
        [item.next_at for item in settled],
        [item.error for item in settled],
    )
