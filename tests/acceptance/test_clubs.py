"""A child is enrolled in the chat, over real HTTP between real processes; then a line forms."""

import httpx

from tests.acceptance.office import Desk, Json
from tests.acceptance.people import CONTACT, NAME, Resident
from tests.acceptance.town import GROUP

PROGRAMME = {"title": "Робототехника", "direction": "техническое", "address": "ул. Ленина, 1"}
ONE_PLACE: Json = {
    "programme": "robots",
    "title": "Группа 1",
    "capacity": 1,
    "waiting_capacity": 5,
    "age_from": 7,
    "age_to": 12,
    "age_on": "2026-09-01",
    "starts_on": "2026-09-01",
    "ends_on": "2036-05-31",
    "schedule": "Пн 17:00",
    "enrol_from": "2026-01-01",
    "enrol_until": "2036-05-01",
}


async def publish(desk: Desk) -> None:
    assert (await desk.put("/programmes/robots", PROGRAMME)).status_code == 200
    assert (await desk.put("/groups/robots-1", ONE_PLACE)).status_code == 200


async def choose(resident: Resident, child: str) -> str:
    """Go up to the choice of the group; return what is said then."""
    await resident.start()
    for label in ("Записать в кружок", "Техническое", "Согласен", child, "Робототехника"):
        shown = await resident.say_or_press(label)
    return shown


async def finish(resident: Resident) -> str:
    """Answer the rest; return the summary."""
    for words in (NAME, CONTACT, "Пропустить"):
        await resident.say(words)
    return await resident.press("Не нужны")


async def test_a_place_is_taken_and_the_next_one_waits_for_it(
    vk: httpx.AsyncClient, desk: Desk
) -> None:
    """Enrolled in the chat; full for the second, who waits, is offered the place and takes it."""
    await publish(desk)
    first, second = Resident(vk, GROUP, 7001), Resident(vk, GROUP, 7002)
    await choose(first, "Иванов Пётр, 12.03.2017")
    shown = await first.say_or_press("Группа 1 · мест: 1")
    assert "Пн 17:00" in shown
    await first.press("Продолжить")
    assert "Иванов Пётр, 12.03.2017" in await finish(first)
    told = await first.press("Отправить")
    assert "Место закреплено" in told

    shown = await choose(second, "Ким Ян, 01.02.2016")
    shown = await second.say_or_press("Группа 1 · нет мест")
    assert "нет мест" in shown
    await second.press("В лист ожидания")
    await second.press("Продолжить")
    assert "в листе ожидания" in await finish(second)
    told = await second.press("Отправить")
    assert "Ваше место в очереди: 1" in told

    cases = [case for case in await desk.cases() if case["kind"] == "enrolment"]
    assert [case["state"] for case in cases] == ["submitted", "waitlisted"]
    opened, etag = await desk.case(cases[0]["id"])
    assert opened["details"]["child"] == {"name": "Иванов Пётр", "birth_date": "2017-03-12"}
    answer = await desk.move(
        opened["id"], etag, "rejected", message="Пётр уже занят.", reason="other"
    )
    assert answer.status_code == 200, answer.text
    assert "Пётр уже занят." in await first.hear()

    offer = await second.hear_message()
    assert "освободилось место" in offer["text"]
    told = await second.press("Занять")
    assert "закреплено" in told
    case, _ = await desk.case(cases[1]["id"])
    assert case["state"] == "submitted"


async def test_a_place_that_went_meanwhile_leads_back_with_all_that_was_entered(
    vk: httpx.AsyncClient, desk: Desk
) -> None:
    await publish(desk)
    await desk.put("/groups/robots-2", ONE_PLACE | {"title": "Группа 2"})
    slow = Resident(vk, GROUP, 7003)
    await choose(slow, "Цой Вера, 05.05.2016")
    await slow.say_or_press("Группа 2 · мест: 1")
    await slow.press("Продолжить")
    await finish(slow)
    entry = {
        "items": [{"group": "robots-2", "child": {"name": "Ли Ан", "birth_date": "2016-01-01"}}],
        "guardian": {"name": "Ли", "phone": "+79140000001"},
        "consent": {"version": 1, "given_at": "2026-09-01T10:00:00+10:00"},
    }
    assert (await desk.post("/enrolments", entry)).status_code == 201
    told = await slow.press("Отправить")
    assert "нет мест" in told
    shown = await slow.press("В лист ожидания")
    assert "Цой Вера, 05.05.2016" in shown
    assert "место в очереди" in await slow.press("Отправить")
