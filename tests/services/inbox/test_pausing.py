"""A page whose token died: it alone stops, what waits stays, and leaves when it goes on."""

from schemas.dialogs import Message
from services.deliveries.outbox import NewMessage, write_message
from services.ports import Verdict
from tests.services.inbox.conftest import Hall

DEAD = Verdict(outcome="retry", code="token_invalid", scope="page")


async def _write(hall: Hall, text: str) -> None:
    async with hall.pool.acquire() as connection:
        account = await connection.fetchval("SELECT id FROM accounts")
        new = NewMessage(
            account_id=account,
            community_id=hall.community.id,
            case_id=None,
            message=Message(text),
            type="notice",
        )
        await write_message(connection, hall.house.sealer, hall.clock.now(), new)


async def test_a_dead_token_stops_the_page_at_once(hall: Hall) -> None:
    """One call finds out; no process claims more of it, whatever it remembers of the page."""
    await hall.says(7, "меню")
    await hall.settle()
    for text in ("первое", "второе"):
        await _write(hall, text)
    hall.post.verdicts = [DEAD, DEAD, DEAD]
    before = len(hall.post.messages)
    await hall.settle()
    assert len(hall.post.verdicts) == 2
    assert await hall.value("SELECT paused FROM communities") == "token_invalid"
    assert await hall.value("SELECT paused_by FROM communities") == "gateway"
    assert len(hall.post.messages) == before
    hall.post.verdicts.clear()
    await hall.value("UPDATE communities SET paused = NULL, paused_by = NULL")
    await hall.settle()
    assert hall.post.to(7)[-2:] == ["первое", "второе"]
