"""A department's own system that misbehaves: in the end one case there, and a true state here."""

import asyncio
from collections import Counter
from typing import Any, get_args

from faults.house import House
from faults.proof import Round
from integrations.demo.department.system import DONE, Habit, description
from tests.acceptance.people import Resident
from tests.acceptance.town import GROUP, SECOND_GROUP
from tests.acceptance.waiting import eventually

SYSTEMS: dict[str, Habit] = {f"system_{habit}": habit for habit in get_args(Habit)}
CODE = "there"
ANSWER = "Сделано: система ведомства."
PATIENCE = 17.0  # longer than the gateway waits for a back end
LONG_TAKEN = "UPDATE backend_cases SET taken_at = taken_at - interval '10 minutes'"
POLLS_ARE_DUE = """UPDATE backend_cases SET poll_at = now(), leased_until = NULL
    WHERE poll_at IS NOT NULL"""


async def prove_system(house: House, habit: Habit, round_: Round) -> None:
    """Raise AssertionError where a case is not there exactly once, or its answer did not arrive.

    Residents file appeals, which are forwarded to a department with a system of its own; that
    behaves badly at first. Then it is well, both sides are compared, and its officers answer.
    """
    here = {"title": "Ведомство со своей системой"}
    backend = description(f"{house.town.vk_url}/system")
    assert (await house.admin.put(f"/departments/{CODE}", here | {"backend": backend})).is_success
    people = [
        Resident(house.vk, (GROUP, SECOND_GROUP)[number % 2], round_.first_id + number)
        for number in range(round_.residents)
    ]
    known = {case["id"] for case in await house.desk.cases()}
    await asyncio.gather(*(_file(person) for person in people))
    cases = [case for case in await house.desk.cases() if case["id"] not in known]
    assert len(cases) == round_.residents
    await _behave(house, habit)
    await asyncio.gather(*(_forward(house, case["id"]) for case in cases))
    await asyncio.sleep(PATIENCE if habit in {"hang", "late"} else 2.0)
    if habit != "backwards":
        await _behave(house, "ok")
    await house.mend()
    await house.attend()
    await eventually(lambda: _is_settled(house))
    await house.execute(LONG_TAKEN)
    await _compare(house)
    await house.let_time_pass()
    await eventually(lambda: _is_settled(house))

    tickets = (await house.vk.get("/department/system")).json()["tickets"]
    found = Counter(ticket["number"] for ticket in tickets)
    assert all(found[case["number"]] == 1 for case in cases), "not once at the other side"
    numbers = {case["number"] for case in cases}
    for ticket in tickets:
        if ticket["number"] in numbers:
            body = {"status": DONE, "comment": ANSWER}
            path = f"/department/system/tickets/{ticket['id']}"
            assert (await house.vk.post(path, json=body)).is_success
    for case in cases:
        await eventually(lambda case=case: _is_answered(house, case["id"]))
    for person in people:
        await eventually(lambda person=person: _has_heard(person))
    await _behave(house, "ok")


async def _file(person: Resident) -> None:
    await person.fill_in()
    await person.press("Отправить")


async def _behave(house: House, habit: Habit) -> None:
    answer = await house.vk.put("/department/system/habit", json={"habit": habit})
    assert answer.is_success, answer.text


async def _forward(house: House, case_id: str) -> None:
    _, etag = await house.desk.case(case_id)
    body = {"departments": [CODE], "message": "Передали тому, кто отвечает."}
    answer = await house.desk.post(f"/cases/{case_id}/forward", body, If_Match=etag)
    assert answer.is_success, answer.text


async def _compare(house: House) -> None:
    asked = (await house.admin.post("/reconciliations", {"department": CODE})).json()

    async def done() -> bool:
        shown = (await house.admin.get(f"/reconciliations/{asked['id']}")).json()
        assert shown["state"] != "failed", shown
        return shown["state"] == "done"

    await eventually(done)


async def _is_settled(house: House) -> bool:
    """Whether nothing waits or is leased; what was refused is the comparison's to find."""
    items: list[Any] = []
    for state in ("waiting", "leased"):
        items += (await house.admin.get("/deliveries", state=state)).json()["items"]
    return not items


async def _is_answered(house: House, case_id: str) -> bool:
    await house.execute(POLLS_ARE_DUE)  # what it says next may be another thing
    case = (await house.admin.get(f"/cases/{case_id}")).json()
    states = {each["department"]: each["state"] for each in case["assignments"]}
    return states[CODE] == "answered"


async def _has_heard(person: Resident) -> bool:
    told = [message["text"] for message in await person.messages()]
    answers = sum(ANSWER in text for text in told)
    assert answers <= 1, "an answer was doubled"
    return answers == 1
