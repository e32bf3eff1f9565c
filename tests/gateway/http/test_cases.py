"""Cases over REST, as a department and an admin use them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest

from gateway.parts import Parts
from services.cases.clocks import message_rule
from services.cases.filing import NewCase, file_case
from services.cases.personal import AppealPersonal
from services.ports import Identity

FileAppeal = Callable[..., Awaitable[str]]


@pytest.fixture
async def file_appeal(parts: Parts, roads: str) -> FileAppeal:
    """File an appeal of somebody who phoned; return its path."""

    async def file(department: str = roads, **fields: Any) -> str:
        rows = parts.house.directory.snapshot.departments.values()
        given: dict[str, Any] = {
            "kind": "appeal",
            "operator_id": 1,
            "department_id": next(row.id for row in rows if row.code == department),
            "subject": "Дороги: ямы",
            "legal_kind": "message",
            "clock": message_rule(None, None),
            "personal": AppealPersonal(
                text="Яма во дворе", name="Иванов И. И.", contact="+79141234567"
            ),
        }
        async with parts.pool.acquire() as connection, connection.transaction():
            filed = await file_case(connection, parts.house, NewCase(**(given | fields)))
        return f"/api/v1/cases/{filed.id}"

    return file


@pytest.fixture
async def path(file_appeal: FileAppeal) -> str:
    return await file_appeal()


def seen(answer: httpx.Response) -> dict[str, str]:
    return {"If-Match": answer.headers["ETag"]}


async def test_a_department_answers_a_case(as_department: httpx.AsyncClient, path: str) -> None:
    """Claimed, read, answered; the answer is a call to make, and then told."""
    claimed = await as_department.post(
        "/api/v1/cases/claim", json={"limit": 5, "lease_seconds": 60}
    )
    (case,) = claimed.json()["items"]
    assert case["details"]["text"] == "Яма во дворе"
    assert claimed.json()["leased_until"]
    read = await as_department.get(path)
    assert (read.json()["id"], read.headers["ETag"]) == (case["id"], '"1"')
    assert read.headers["Cache-Control"] == "no-store"
    answered = await as_department.post(
        f"{path}/transitions", json={"to": "answered", "message": "Заделали"}, headers=seen(read)
    )
    assert (answered.status_code, answered.headers["ETag"]) == (200, '"2"')
    assert (answered.json()["state"], answered.json()["reach"]) == ("answered", "phone")
    assert "text" not in answered.json()["details"]
    to_call = await as_department.get("/api/v1/cases", params={"to_call": "true"})
    assert [item["id"] for item in to_call.json()["items"]] == [case["id"]]
    events = (await as_department.get(f"{path}/events")).json()["items"]
    assert [event["type"] for event in events] == ["filed", "transition"]
    assert events[-1]["delivery"] == "parked"
    called = await as_department.post(f"{path}/called", json={"event": events[-1]["id"]})
    assert called.status_code == 200
    to_call = await as_department.get("/api/v1/cases", params={"to_call": "true"})
    assert to_call.json() == {"items": [], "next_cursor": None}
    reads = (await as_department.get(f"{path}/reads")).json()["items"]
    assert len(reads) == 3  # claimed, opened, and the history


async def test_checks_come_in_their_order(
    client: httpx.AsyncClient,
    as_department: httpx.AsyncClient,
    connect: Any,
    make_key: Any,
    path: str,
) -> None:
    """401, 403, 404, 400, 428, 412, 409, and what is missing last."""

    async def code(who: httpx.AsyncClient, where: str, etag: str | None, body: Any) -> Any:
        headers = {} if etag is None else {"If-Match": etag}
        answer = await who.post(f"{where}/transitions", content=body, headers=headers)
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        return answer.status_code, answer.json()["code"]

    closed, answered = b'{"to": "closed"}', b'{"to": "answered"}'
    viewer = connect(await make_key("viewer"))
    assert await code(client, path, None, b"{") == (401, "unauthorized")
    assert await code(viewer, path, None, b"{") == (403, "forbidden")
    nowhere = f"/api/v1/cases/{uuid4()}"
    assert await code(as_department, nowhere, None, b"{") == (404, "not_found")
    assert await code(as_department, path, None, b"{") == (400, "invalid_request")
    assert await code(as_department, path, None, b'{"to": "x"}') == (400, "invalid_request")
    assert await code(as_department, path, None, closed) == (428, "precondition_required")
    assert await code(as_department, path, '"2"', closed) == (412, "version_conflict")
    assert await code(as_department, path, '"1"', closed) == (409, "transition_not_allowed")
    assert await code(as_department, path, '"1"', answered) == (400, "invalid_request")


async def test_another_departments_case_is_not_there(
    parts: Parts, connect: Any, make_key: Any, path: str
) -> None:
    """404 for every call on it, and no item of any list."""
    async with parts.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO departments (code, operator_id, title) VALUES ('parks', 1, 'Парки')"
        )
    parks = connect(await make_key("department", department="parks"))
    for part in ("", "/events", "/reads", "/clocks"):
        assert (await parks.get(f"{path}{part}")).status_code == 404
    for part in ("/transitions", "/messages", "/called", "/release"):
        assert (await parks.post(f"{path}{part}", json={})).status_code == 404
    assert (await parks.put(f"{path}/tags", json={})).status_code == 404
    assert (await parks.get("/api/v1/cases")).json()["items"] == []


async def test_an_admin_reads_masked_and_opens_with_a_reason(
    as_admin: httpx.AsyncClient, as_department: httpx.AsyncClient, path: str
) -> None:
    """The reason is shown to whoever asks who read."""
    masked = (await as_admin.get(path)).json()["details"]
    assert (masked["text"], masked["applicant"]["name"]) == ("***", "И***")
    empty = await as_admin.post(f"{path}/personal-data", json={"reason": ""})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (400, "reason")
    opened = await as_admin.post(f"{path}/personal-data", json={"reason": "Проверка жалобы"})
    assert opened.json()["details"]["applicant"]["contact"] == "+79141234567"
    (note,) = (await as_admin.get(f"{path}/reads")).json()["items"]
    assert set(note) == {"who", "actor", "why", "at"}
    assert note["why"] == "Проверка жалобы"
    denied = await as_department.post(f"{path}/personal-data", json={"reason": "Хочу"})
    assert denied.status_code == 403


async def test_a_repeated_post_is_done_once(as_department: httpx.AsyncClient, path: str) -> None:
    """The same Idempotency-Key gets the same answer; with another body it is refused."""
    headers = {"Idempotency-Key": "one"}
    first = await as_department.post(f"{path}/messages", json={"text": "Едем"}, headers=headers)
    again = await as_department.post(f"{path}/messages", json={"text": "Едем"}, headers=headers)
    assert (first.status_code, first.content) == (200, again.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    events = (await as_department.get(f"{path}/events")).json()["items"]
    assert [event["type"] for event in events] == ["filed", "message"]
    other = await as_department.post(f"{path}/messages", json={"text": "Нет"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_lists_are_paged_and_searched(
    as_admin: httpx.AsyncClient, as_department: httpx.AsyncClient, file_appeal: FileAppeal
) -> None:
    """Over GET by what may stand in a URL, by POST for the rest; every wrong filter is named."""
    paths = [await file_appeal() for _ in range(3)]
    first = (await as_admin.get("/api/v1/cases", params={"limit": 2})).json()
    cursor = first["next_cursor"]
    rest = (await as_admin.get("/api/v1/cases", params={"limit": 2, "cursor": cursor})).json()
    found = [item["id"] for item in first["items"] + rest["items"]]
    assert found == [path.rpartition("/")[2] for path in paths]
    stolen = await as_department.get("/api/v1/cases", params={"cursor": cursor})
    assert (stolen.status_code, stolen.json()["code"]) == (400, "invalid_cursor")
    number = first["items"][0]["number"]
    one = await as_admin.post("/api/v1/cases/search", json={"number": number})
    assert [item["number"] for item in one.json()["items"]] == [number]
    everything = await as_admin.post("/api/v1/cases/search", json={})
    assert len(everything.json()["items"]) == 3
    since = "/api/v1/cases?updated_since=2020-01-01T00:00:00+10:00"
    assert len((await as_admin.get(since)).json()["items"]) == 3
    wrong = await as_admin.get("/api/v1/cases", params={"limit": 201, "overdue": "maybe"})
    fields = {error["field"] for error in wrong.json()["errors"]}
    assert (wrong.status_code, fields) == (400, {"limit", "overdue"})
    wrong = await as_admin.get("/api/v1/cases", params={"kind": "letter", "state": "lost"})
    assert {error["field"] for error in wrong.json()["errors"]} == {"kind", "state"}


async def test_tags_and_release_answer_the_case(
    as_department: httpx.AsyncClient, path: str
) -> None:
    """With its ETag, which they do not change."""
    tagged = await as_department.put(f"{path}/tags", json={"tags": ["яма"]})
    assert (tagged.json()["tags"], tagged.headers["ETag"]) == (["яма"], '"1"')
    claim = {"limit": 1, "lease_seconds": 60}
    for _ in range(2):
        taken = await as_department.post("/api/v1/cases/claim", json=claim)
        assert len(taken.json()["items"]) == 1
        released = await as_department.post(f"{path}/release")
        assert released.headers["ETag"] == '"1"'
    wrong = await as_department.post("/api/v1/cases/claim", json={"limit": 0})
    fields = {error["field"] for error in wrong.json()["errors"]}
    assert fields == {"limit", "lease_seconds"}


async def test_the_actor_is_kept_as_claimed(as_department: httpx.AsyncClient, path: str) -> None:
    """`Gateway-Actor` stands in the history and in the notes of reads."""
    as_department.headers["Gateway-Actor"] = "Ivanova"
    read = await as_department.get(path)
    await as_department.post(f"{path}/transitions", json={"to": "in_work"}, headers=seen(read))
    events = (await as_department.get(f"{path}/events")).json()["items"]
    assert (events[-1]["actor"], events[-1]["from"], events[-1]["to"]) == (
        "Ivanova",
        "registered",
        "in_work",
    )
    (note, *_) = (await as_department.get(f"{path}/reads")).json()["items"]
    assert note["actor"] == "Ivanova"


async def test_of_many_with_the_same_version_one_wins(
    as_department: httpx.AsyncClient, path: str
) -> None:
    """The others are told to read again: nothing is answered twice."""
    body = {"to": "answered", "message": "Заделали"}
    answers = await asyncio.gather(
        *(
            as_department.post(f"{path}/transitions", json=body, headers={"If-Match": '"1"'})
            for _ in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    events = (await as_department.get(f"{path}/events")).json()["items"]
    assert [event["type"] for event in events] == ["filed", "transition"]


async def test_the_same_post_many_times_at_once_is_done_once(
    as_department: httpx.AsyncClient, path: str
) -> None:
    """Whoever comes while the first runs is told so; later the answer is repeated."""
    headers = {"Idempotency-Key": "one"}
    answers = await asyncio.gather(
        *(
            as_department.post(f"{path}/messages", json={"text": "Едем"}, headers=headers)
            for _ in range(6)
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    events = (await as_department.get(f"{path}/events")).json()["items"]
    assert [event["type"] for event in events] == ["filed", "message"]


async def test_a_ticket_of_identity_is_shown_to_its_provider_once(
    as_department: httpx.AsyncClient, parts: Parts, path: str
) -> None:
    """The same request again gets the first answer: a ticket may be good for one time only."""
    asked: list[str] = []

    class Once:
        async def identify(self, ticket: str) -> Identity | None:
            asked.append(ticket)
            return Identity(full_name="Иванова Мария", reply_to="m@example.ru")

    cast("dict[str, Any]", parts.identities)["once"] = Once()
    body = {"provider": "once", "ticket": "abc"}
    headers = {"Idempotency-Key": "one"}
    first = await as_department.post(f"{path}/identity", json=body, headers=headers)
    assert first.status_code == 200, first.text
    again = await as_department.post(f"{path}/identity", json=body, headers=headers)
    assert (again.content, asked) == (first.content, ["abc"])
    other = body | {"ticket": "other"}
    reused = await as_department.post(f"{path}/identity", json=other, headers=headers)
    assert (reused.json()["code"], asked) == ("idempotency_key_reused", ["abc"])
