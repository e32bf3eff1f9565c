"""After the commit: the workers are woken for what moves have put into the outbox."""

from collections.abc import Iterable

from services.cases.applying import Moved
from services.ports import Doorbell


async def ring_for(doorbell: Doorbell, moved: Iterable[Moved]) -> None:
    """Ring once for each page that has something to send, and once for the hand-offs.

    A worker that is woken before the commit would see nothing: only whoever has committed calls.
    """
    made = list(moved)
    pages = {
        str(each.community_id) for each in made if each.deliveries and each.community_id is not None
    }
    if pages:
        await doorbell.ring_each("send", sorted(pages))
    if any(each.hand_offs for each in made):
        await doorbell.ring("hand_off")
