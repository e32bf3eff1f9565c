"""An enrolment is sent: the answers become cases, or the resident chooses again."""

from uuid import UUID

from msgspec.structs import replace

from services.cases.wording import count
from services.clubs import texts
from services.clubs.choosing import Chosen, Shelf, chosen, waits
from services.clubs.enrolling import (
    DECISION,
    DECISION_AFTER_TEST,
    Asked,
    Enrolled,
    Guardian,
    Wish,
    enrol,
)
from services.clubs.errors import REASONS, EnrolmentRefused
from services.clubs.form import MOST_CHILDREN, NAME, NOBODY, keys
from services.clubs.queries import OPEN_GROUPS, PLACE
from services.db.query import Connection
from services.dialogs.world import Answers, Done, Finish, Visitor, World
from services.house import House
from services.residents.children import children_of, keep_child

CHOOSE_AGAIN = "Введённое сохранилось: выберите, пожалуйста, ещё раз."


async def load_clubs(
    connection: Connection, house: House, visitor: Visitor | None, world: World
) -> Shelf:
    """Read the groups of the page's municipality, and the children the resident has named."""
    today = world.now.astimezone(house.zone).date()
    rows = await OPEN_GROUPS.all(connection, world.community.municipality, today)
    children = {}
    if visitor is not None:
        children = await children_of(connection, house, visitor.account_id)
    return Shelf({row.code: row for row in rows}, children)


async def send_enrolment(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """File the cases in the caller's transaction; what was taken meanwhile is chosen again."""
    known = await load_clubs(connection, house, visitor, world)
    seen = _with(world, known)
    every = chosen(seen, finish.answers)
    if any(one.child is None or one.group is None for one in every):
        return _again(finish.answers, REASONS["group_closed"])
    try:
        async with connection.transaction():
            enrolled = await enrol(connection, house, _asked(visitor, world, finish, every))
    except EnrolmentRefused as refusal:
        return _again(finish.answers, refusal.message)
    for one in every:
        if one.child is not None:
            await keep_child(
                connection, house, visitor.account_id, world.operator.id, one.child, world.now
            )
    return await _told(connection, enrolled, every)


def _with(world: World, known: Shelf) -> World:
    return replace(world, loaded={**(world.loaded or {}), NAME: known})


def _asked(visitor: Visitor, world: World, finish: Finish, every: tuple[Chosen, ...]) -> Asked:
    answers = finish.answers
    priority = answers.get("priority")
    wishes = tuple(
        Wish(
            group_id=one.group.id,
            child=one.child,
            certificate=answers.get("certificate") if len(every) == 1 else None,
            priority=None if priority in {None, NOBODY} else priority,
        )
        for one in every
        if one.child is not None and one.group is not None
    )
    return Asked(
        wishes=wishes,
        guardian=Guardian(answers["guardian"], answers["phone"]),
        conditions=answers["conditions"],
        if_full="wait" if waits(answers) else "refuse",
        operator_id=world.operator.id,
        account_id=visitor.account_id,
        community_id=world.community.id,
    )


def _again(answers: Answers, why: str) -> Done:
    """Lead back to the choice of the group, with all else that was entered."""
    dropped = {"review"}
    for number in range(1, MOST_CHILDREN + 1):
        dropped |= {keys(number)["group"], keys(number)["wait"]}
    kept = {key: value for key, value in answers.items() if key not in dropped}
    return Done(f"{why} {CHOOSE_AGAIN}", begin=NAME, answers=kept)


async def _told(connection: Connection, enrolled: Enrolled, every: tuple[Chosen, ...]) -> Done:
    first: UUID = enrolled.filed[0].id
    place = None
    if enrolled.state == "waitlisted":
        place = await PLACE.maybe(connection, first)
    tested = any(one.group is not None and one.group.entrance_test for one in every)
    days = (DECISION_AFTER_TEST if tested else DECISION).days
    term = count(days, "рабочего дня", "рабочих дней", "рабочих дней")
    numbers = [case.number for case in enrolled.filed]
    return Done(texts.accepted(enrolled.state, numbers, place, term), numbers[0])
