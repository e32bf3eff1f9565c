"""A consent that is withdrawn ends enrolments; what is erased leads back to nobody."""

from services.dialogs.world import Finish, Visitor
from services.residents import my_data
from tests.services.clubs.conftest import Club
from tests.services.dialogs.conftest import world_with


async def decide(club: Club, account: object, action: str) -> None:
    async with club.pool.acquire() as connection, connection.transaction():
        visitor = Visitor(account_id=account, dialog_id=account, event_id="e")  # pyright: ignore[reportArgumentType]
        finish = Finish("data", {"action": action, "sure": "yes"}, 0)
        world = world_with(now=club.clock.now())
        await my_data.act(connection, club.house, visitor, world, finish)


async def test_withdrawing_gives_the_place_back(club: Club) -> None:
    group, account = await club.group(capacity=1), await club.resident()
    filed = (await club.apply(group, account=account)).filed[0]
    await decide(club, account, "withdraw")
    assert await club.state(filed.id) == "withdrawn"
    assert await club.pool.fetchval("SELECT taken FROM groups WHERE id = $1", group) == 0
    await club.check()


async def test_erasing_leaves_no_key_of_the_child(club: Club) -> None:
    """Neither the sealed values nor the hash by which the child would be found again."""
    group, account = await club.group(), await club.resident()
    filed = (await club.apply(group, account=account)).filed[0]
    await decide(club, account, "erase")
    row = await club.pool.fetchrow(
        """SELECT c.personal, c.phone_key, e.child_key FROM cases c
        JOIN enrolments e ON e.case_id = c.id WHERE c.id = $1""",
        filed.id,
    )
    assert tuple(row or ()) == (None, None, b"")
    await club.check()
