"""An appeal from the chat to a department and back, over real HTTP between real processes."""

from datetime import datetime

import httpx
from standardwebhooks.webhooks import Webhook

from services.cases.number import is_case_number
from tests.acceptance.office import Desk, Json, Letterbox, Note
from tests.acceptance.people import ADDRESS, CONTACT, NAME, TEXT, Resident, payload_of
from tests.acceptance.town import DEPARTMENT, GROUP
from tests.acceptance.waiting import eventually

ANSWER = "Яму засыпали 20 ноября.\n\n«Гарантия» — 2 года; вопросы: 8 (4212) 00-00-00 <i>&amp;</i>"
STILL = "Засыпали только половину, у дома 12 яма осталась."


async def test_an_appeal_walks_to_the_department_and_back(
    vk: httpx.AsyncClient, desk: Desk, letterbox: Letterbox
) -> None:
    """Filed in the chat, handed off, answered, read word for word, found unsolved, reopened."""
    secret = await desk.listen(letterbox)
    resident = Resident(vk, GROUP, 5001)
    shown = await resident.fill_in()
    for entered in (TEXT, ADDRESS, NAME, CONTACT):
        assert entered in shown
    told = await resident.press("Отправить")

    case = await check_assigned(desk, letterbox, secret)
    assert case["number"] in told
    assert case["details"]["text"] == TEXT
    assert case["details"]["applicant"] == {"name": NAME, "contact": CONTACT}

    etag = await check_versions(desk, case)
    answered = await desk.move(case["id"], etag, "answered", message=ANSWER)
    assert answered.status_code == 200, answered.text
    notice = await hear_about(resident, ANSWER)
    assert case["number"] in notice["text"]
    assert payload_of(notice, "Не решено") == {
        "command": "case",
        "case": case["id"],
        "do": "reopen",
    }

    await resident.press("Не решено")
    told = await resident.say(STILL)
    assert case["number"] in told
    await check_reopened(desk, letterbox, secret, case["id"])


async def check_assigned(desk: Desk, letterbox: Letterbox, secret: str) -> Json:
    """The webhook is signed and thin; the case that it names can be claimed; return it."""
    note = await letterbox.next("case.assigned")
    content = verified(note, secret)
    case_id = content["data"]["case_id"]
    claimed = await desk.claim()
    assert [case["id"] for case in claimed] == [case_id]
    assert await desk.claim() == []  # nobody gets it a second time
    case, etag = await desk.case(case_id)
    assert is_case_number(case["number"])
    assert content["data"] == {
        "case_id": case_id,
        "number": case["number"],
        "kind": "appeal",
        "state": "registered",
        "version": case["version"],
        "department": DEPARTMENT,
    }
    assert etag == f'"{case["version"]}"'
    return case


async def check_versions(desk: Desk, case: Json) -> str:
    """A transition needs the version that the caller has seen; return the newest one."""
    _, etag = await desk.case(case["id"])
    path = f"/cases/{case['id']}/transitions"
    unconditional = await desk.post(path, {"to": "in_work"})
    assert (unconditional.status_code, unconditional.json()["code"]) == (
        428,
        "precondition_required",
    )
    moved = await desk.move(case["id"], etag, "in_work")
    assert moved.status_code == 200
    assert moved.json()["state"] == "in_work"
    stale = await desk.move(case["id"], etag, "answered", message="поздно")
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    return moved.headers["ETag"]


async def hear_about(resident: Resident, words: str) -> Json:
    """Listen until the page writes these words."""
    while True:
        message = await resident.hear_message()
        if words in message["text"]:
            return message


async def check_reopened(desk: Desk, letterbox: Letterbox, secret: str, case_id: str) -> None:
    """The case is the department's work again, and its back end hears of it."""
    content = verified(await letterbox.next("case.reopened", case_id), secret)
    assert content["data"]["state"] == "reopened"
    case, _ = await desk.case(case_id)
    assert case["state"] == "reopened"
    assert content["data"]["version"] == case["version"]
    events = (await desk.get(f"/cases/{case_id}/events")).json()["items"]
    last = events[-1]
    assert (last["by"], last["to"], last["message"]) == ("resident", "reopened", STILL)
    assert [item["id"] for item in await eventually(desk.claim)] == [case_id]


def verified(note: Note, secret: str) -> Json:
    """Check the signature as a department would, and that the body holds nothing more."""
    content = Webhook(secret).verify(note.body, note.headers)
    assert content == note.content
    assert set(content) == {"type", "timestamp", "data"}
    assert set(content["data"]) == {
        "case_id",
        "number",
        "kind",
        "state",
        "version",
        "department",
    }
    assert datetime.fromisoformat(content["timestamp"]).utcoffset() is not None
    return content
