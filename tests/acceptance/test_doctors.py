"""A doctor is booked in the chat, over real HTTP between real processes."""

from datetime import UTC, datetime, timedelta

import httpx

from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.town import GROUP
from tests.acceptance.waiting import eventually

POLICIES = ("2700000000000009", "2700000000000017")


async def publish(desk: Desk) -> None:
    """A clinic, a doctor and one slot that the public sees."""
    assert (await desk.put("/clinics/p1", {"title": "Поликлиника № 1"})).status_code == 200
    doctor = {"clinic": "p1", "name": "Ким Ю. А.", "speciality": "терапевт", "room": "12"}
    assert (await desk.put("/practitioners/d1", doctor)).status_code == 200
    start = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(days=2)
    slots = [
        {
            "practitioner": "d1",
            "starts_at": (start + timedelta(minutes=minutes)).isoformat(),
            "ends_at": (start + timedelta(minutes=minutes + 15)).isoformat(),
        }
        for minutes in (0, 30)
    ]
    assert (await desk.post("/slots", {"items": slots})).status_code == 200

    async def free() -> bool:
        items = (await desk.get("/slots", state="free")).json()["items"]
        return len(items) == 2

    await eventually(free)


async def choose(resident: Resident, name: str, policy: str) -> None:
    """Go up to the choice of the day."""
    await resident.start()
    for label in ("Записаться к врачу", "Терапевт", "Для себя", "Согласен"):
        await resident.say_or_press(label)
    for words in (f"{name}, 05.11.1986", policy):
        await resident.say(words)
    for label in ("Поликлиника № 1", "Любой врач"):
        await resident.press(label)


async def test_a_doctor_is_booked_moved_and_cancelled(vk: httpx.AsyncClient, desk: Desk) -> None:
    """The ticket comes in the chat; a held time is nobody else's; cancelled, it is free again."""
    await publish(desk)
    first, second = Resident(vk, GROUP, 8001), Resident(vk, GROUP, 8002)
    await choose(first, "Иванова Мария", POLICIES[0])
    await first.say("1")
    summary = await first.say("1")
    assert "закреплено за вами" in summary
    await choose(second, "Ким Ян", POLICIES[1])
    await second.say("1")
    labels = (await second.conversation())["keyboard"]["rows"]
    assert sum(label["label"][2] == ":" for row in labels for label in row) == 1
    told = await first.press("Отправить")
    assert "Талон" in told
    assert "напоминания" in await first.hear()
    assert "напомним за день" in await first.press("Согласен")
    assert "Кабинет 12" in told
    case = next(each for each in await desk.cases() if each["kind"] == "appointment")
    assert case["state"] == "booked"
    opened, _ = await desk.case(case["id"])
    assert opened["details"]["patient"]["policy"] == POLICIES[0]

    await first.start()
    await first.press("Мои заявки")
    shown = await first.say(case["number"])
    assert "Ким Ю. А., терапевт" in shown
    await first.press("Приду")
    await first.start()
    await first.press("Мои заявки")
    await first.say(case["number"])
    await first.press("Отменить")
    told = await first.press("Да")
    assert "отменена" in told
    after, _ = await desk.case(case["id"])
    assert after["state"] == "cancelled"
