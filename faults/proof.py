"""One round: residents file appeals, a fault strikes amid them, and all is as it was said."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from faults.house import RECOVERY_SECONDS, House
from faults.strikes import Strike
from tests.acceptance.office import Note
from tests.acceptance.people import Json, Resident
from tests.acceptance.rush import ANSWER, Department, Rush, check_conversation
from tests.acceptance.town import GROUP, SECOND_GROUP
from tests.acceptance.waiting import eventually, noticed


class Round(Struct, frozen=True, kw_only=True):
    """Who files appeals: VK ids from `first_id` on, in the order that `seed` makes.

    `in_turn`: nobody may hear a message before an earlier one. `attended`: an admin sees to what
    is listed as stopped or failed; else the product has to recover unaided.
    """

    first_id: int
    residents: int
    seed: int
    in_turn: bool
    attended: bool


async def prove(house: House, strike: Strike, round_: Round) -> None:
    """Raise AssertionError where something was lost, doubled, out of order or left behind.

    The ledger is kept by the residents: the number that each was told, and every message that
    each of them read, in its order; and on the wire: what was answered `ok`.
    """
    known = {case["id"] for case in await house.desk.cases()}
    people = [
        Resident(
            house.vk,
            (GROUP, SECOND_GROUP)[number % 2],
            round_.first_id + number,
            RECOVERY_SECONDS,
        )
        for number in range(round_.residents)
    ]
    rush, department = Rush(people, random.Random(round_.seed)), Department(house.desk)
    async with department.at_work():
        await asyncio.gather(rush.run(), _strike(house, rush, strike, round_))
        await noticed(lambda: len(department.answered) >= round_.residents, RECOVERY_SECONDS)
    if round_.attended:
        await house.attend()
    if round_.in_turn:
        await rush.hear_answers()

    cases = [case for case in await house.desk.cases() if case["id"] not in known]
    assert Counter(case["number"] for case in cases) == Counter(set(rush.numbers)), "cases"
    assert len(cases) == round_.residents, "a case too many or too few"
    for person in people:
        await eventually(lambda person=person: _has_heard(person), RECOVERY_SECONDS)
        if round_.in_turn:
            check_conversation((await person.conversation())["messages"])
    for case in cases:
        await noticed(partial(house.letterbox.of, "case.assigned", case["id"]), RECOVERY_SECONDS)
        _check_notes(house.letterbox.of("case.assigned", case["id"]), case)
    await eventually(lambda: _is_settled(house), RECOVERY_SECONDS)
    assert house.ledger.accepted, "no event was overheard"
    assert not await house.lost_events(), "events were answered `ok` and lost"
    assert not await house.held_too_long(), "something is held past its time"


def _check_notes(notes: Sequence[Note], case: Json) -> None:
    """However often it was told, it is one note, of this case, with these words."""
    told = {note.headers["webhook-id"]: json.loads(note.body) for note in notes}
    assert len(told) == 1, "two hand-offs of a case"
    for note in notes:
        body = json.loads(note.body)
        assert body["timestamp"] == told[note.headers["webhook-id"]]["timestamp"], "another note"
        assert body["data"]["number"] == case["number"], "a note of another case"


async def _has_heard(person: Resident) -> bool:
    """Whether everything was answered, and once: each step, and the number and the answer."""
    messages = (await person.conversation())["messages"]
    steps = sum(1 for message in messages if message["from"] == "resident")
    told = [message["text"] for message in messages if message["from"] == "community"]
    assert len(told) <= steps + 1, "a message was doubled"
    numbers = sum("Номер вашей заявки" in text for text in told)
    answers = sum(ANSWER in text for text in told)
    return (len(told), numbers, answers) == (steps + 1, 1, 1)


async def _strike(house: House, rush: Rush, strike: Strike, round_: Round) -> None:
    await rush.middle()
    await strike(house)
    await house.mend()
    if round_.attended:
        await house.attend()


async def _is_settled(house: House) -> bool:
    return await house.unsettled() == 0
