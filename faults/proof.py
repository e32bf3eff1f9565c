"""One round: residents file appeals, a fault strikes amid them, and all is as it was said."""

import asyncio
import random
from collections import Counter

from msgspec import Struct

from faults.house import House
from faults.strikes import Strike
from tests.acceptance.people import Resident
from tests.acceptance.rush import ANSWER, Department, Rush, check_conversation
from tests.acceptance.town import GROUP, SECOND_GROUP
from tests.acceptance.waiting import eventually, noticed


class Round(Struct, frozen=True, kw_only=True):
    """Who files appeals: VK ids from `first_id` on, in the order that `seed` makes.

    `in_turn`: nobody may hear a message before an earlier one.
    """

    first_id: int
    residents: int
    seed: int
    in_turn: bool


async def prove(house: House, strike: Strike, round_: Round) -> None:
    """Raise AssertionError where something was lost, doubled, out of order or left behind.

    The ledger is kept by the residents: the number that each was told, and every message that
    each of them read, in its order.
    """
    known = {case["id"] for case in await house.desk.cases()}
    people = [
        Resident(house.vk, (GROUP, SECOND_GROUP)[number % 2], round_.first_id + number)
        for number in range(round_.residents)
    ]
    rush, department = Rush(people, random.Random(round_.seed)), Department(house.desk)
    async with department.at_work():
        await asyncio.gather(rush.run(), _strike(house, rush, strike))
        await noticed(lambda: len(department.answered) >= round_.residents)
    await house.let_time_pass()
    if round_.in_turn:
        await rush.hear_answers()

    cases = [case for case in await house.desk.cases() if case["id"] not in known]
    assert Counter(case["number"] for case in cases) == Counter(set(rush.numbers)), "cases"
    assert len(cases) == round_.residents, "a case too many or too few"
    for person in people:
        await eventually(lambda person=person: _has_heard(person))
        if round_.in_turn:
            check_conversation((await person.conversation())["messages"])
    for case in cases:
        await house.letterbox.next("case.assigned", case["id"])
        notes = house.letterbox.of("case.assigned", case["id"])
        assert len({note.headers["webhook-id"] for note in notes}) == 1, "two hand-offs of a case"
    await eventually(lambda: _is_settled(house))


async def _has_heard(person: Resident) -> bool:
    """Whether everything was answered, and once: each step, and the number and the answer."""
    messages = (await person.conversation())["messages"]
    steps = sum(1 for message in messages if message["from"] == "resident")
    told = [message["text"] for message in messages if message["from"] == "community"]
    assert len(told) <= steps + 1, "a message was doubled"
    numbers = sum("Номер вашей заявки" in text for text in told)
    answers = sum(ANSWER in text for text in told)
    return (len(told), numbers, answers) == (steps + 1, 1, 1)


async def _strike(house: House, rush: Rush, strike: Strike) -> None:
    await rush.middle()
    await strike(house)
    await house.mend()


async def _is_settled(house: House) -> bool:
    return await house.unsettled() == 0
