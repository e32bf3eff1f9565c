"""Messages on their way: a batch with one bad message, and a lease that was lost."""

from collections.abc import Sequence

from services.deliveries.sending import LEASE, claim, drain, send_batch
from services.deliveries.sweeping import sweep_deliveries
from services.ports import Outgoing, Page, Verdict
from tests.services.inbox.conftest import Hall, Post, hall

__all__ = ["hall"]

BAD = 2


class Fussy(Post):
    """A channel that refuses a whole batch for the one message it can't take."""

    async def send(self, page: Page, batch: Sequence[Outgoing]) -> list[Verdict]:
        if all(item.peer_id != BAD for item in batch):
            return await super().send(page, batch)
        outcome = "dead" if len(batch) == 1 else "apart"
        return [Verdict(outcome=outcome, code="our_mistake")] * len(batch)


async def queue(hall: Hall, *people: int) -> None:
    """Let a message to each of these wait, as if another process were to send it."""
    hall.inline.queued(hall.community.id)
    for user_id in people:
        await hall.says(user_id, "меню")


async def states(hall: Hall) -> list[tuple[str, int]]:
    async with hall.pool.acquire() as connection:
        rows = await connection.fetch("SELECT state, attempts FROM deliveries ORDER BY seq")
    return [(row["state"], row["attempts"]) for row in rows]


async def test_the_one_that_spoils_a_batch_does_not_hold_the_others(hall: Hall) -> None:
    """Each is sent alone: the bad one is dead and visible, the others arrive once."""
    await queue(hall, 1, BAD, 3)
    post = Fussy()
    assert await drain(hall.pool, hall.house, post, hall.pace, hall.community, 60)
    assert await states(hall) == [("sent", 1), ("dead", 1), ("sent", 1)]
    assert [peer_id for peer_id, _, _ in post.messages] == [1, 3]


async def test_a_lost_lease_settles_nothing(hall: Hall) -> None:
    """Who comes back after its lease was given on may not end the try of another."""
    await queue(hall, 1)
    slow = await claim(hall.pool, hall.house, hall.community)
    hall.clock.move(seconds=LEASE.total_seconds() + 1)
    await sweep_deliveries(hall.pool, hall.house, hall.bells)
    again = await claim(hall.pool, hall.house, hall.community)
    assert [item.random_id for item in again] == [item.random_id for item in slow]

    hall.post.verdicts = [Verdict(outcome="dead", code="late")]
    await send_batch(hall.pool, hall.house, hall.post, hall.pace, hall.community, slow)
    assert await states(hall) == [("leased", 2)]
    await send_batch(hall.pool, hall.house, hall.post, hall.pace, hall.community, again)
    assert await states(hall) == [("sent", 2)]
