"""Clubs over REST: what organisers publish, enter by phone, and take away as a table."""

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from tests.gateway.conftest import Connect, MakeKey

PROGRAMME = {"title": "Робототехника", "direction": "техническое", "municipality": "08701000"}
GROUP = {
    "programme": "robots",
    "title": "Группа 1",
    "capacity": 1,
    "waiting_capacity": 1,
    "age_from": 7,
    "age_to": 12,
    "age_on": "2026-09-01",
    "starts_on": "2026-09-01",
    "ends_on": "2036-05-31",
    "schedule": "Пн 17:00",
    "enrol_from": "2026-01-01",
    "enrol_until": "2036-05-01T12:00:00+10:00",
}
GUARDIAN = {"name": "=1+1", "phone": "+79141234567"}
CONSENT = {"version": 1, "given_at": "2026-09-01T10:00:00+10:00"}


def entry(*names: str, **fields: Any) -> dict[str, Any]:
    items = [
        {"group": "robots-1", "child": {"name": name, "birth_date": "2017-03-12"}} for name in names
    ]
    return {"items": items, "guardian": GUARDIAN, "consent": CONSENT} | fields


@pytest.fixture
async def organiser(connect: Connect, department_key: str) -> httpx.AsyncClient:
    client = connect(department_key)
    assert (await client.put("/api/v1/programmes/robots", json=PROGRAMME)).status_code == 200
    assert (await client.put("/api/v1/groups/robots-1", json=GROUP)).status_code == 200
    return client


async def test_what_is_published_is_listed(organiser: httpx.AsyncClient) -> None:
    """With what of it is in use; filters narrow it."""
    group = (await organiser.get("/api/v1/groups/robots-1")).json()
    assert (group["taken"], group["offered"], group["waiting"]) == (0, 0, 0)
    assert group["enrol_from"] == "2026-01-01T00:00:00+10:00"
    assert (await organiser.get("/api/v1/programmes")).json()["items"][0]["code"] == "robots"
    for query, found in (
        ("age=9&open=true", 1),
        ("age=15", 0),
        ("programme=robots&municipality=08701000", 1),
        ("municipality=08709000", 0),
        ("open=false", 0),
    ):
        items = (await organiser.get(f"/api/v1/groups?{query}")).json()["items"]
        assert len(items) == found, query
    assert (await organiser.get("/api/v1/groups/nothing")).status_code == 404


async def test_wrong_fields_are_named_together(organiser: httpx.AsyncClient) -> None:
    wrong = GROUP | {"age_to": 3, "enrol_until": "later", "ends_on": "2020-01-01"}
    answer = await organiser.put("/api/v1/groups/robots-1", json=wrong)
    assert answer.status_code == 400
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"age_to", "enrol_until", "ends_on"}
    answer = await organiser.put("/api/v1/programmes/x", json={"title": "", "direction": "иное"})
    assert {error["field"] for error in answer.json()["errors"]} == {"title", "direction"}


async def test_what_came_by_phone_is_filed_like_the_rest(organiser: httpx.AsyncClient) -> None:
    """The second waits or is refused, as asked; a copy with the same key is the same answer."""
    headers = {"Idempotency-Key": "one"}
    first = await organiser.post("/api/v1/enrolments", json=entry("Иванов Пётр"), headers=headers)
    assert first.status_code == 201
    (case,) = first.json()["items"]
    assert (case["kind"], case["state"], case["reach"]) == ("enrolment", "submitted", "phone")
    assert case["details"] == {"programme": "robots", "group": "robots-1"}
    again = await organiser.post("/api/v1/enrolments", json=entry("Иванов Пётр"), headers=headers)
    assert again.json() == first.json()
    refused = await organiser.post("/api/v1/enrolments", json=entry("Иванов Павел"))
    assert (refused.status_code, refused.json()["code"]) == (409, "group_full")
    same = await organiser.post("/api/v1/enrolments", json=entry("иванов петр"))
    assert (same.status_code, same.json()["code"]) == (409, "already_enrolled")
    waits = await organiser.post("/api/v1/enrolments", json=entry("Иванов Павел", if_full="wait"))
    assert waits.json()["items"][0]["state"] == "waitlisted"
    assert waits.json()["items"][0]["details"]["place"] == 1
    full = await organiser.post("/api/v1/enrolments", json=entry("Ким Ян", if_full="wait"))
    assert full.json()["code"] == "waiting_list_full"
    opened = (await organiser.get(f"/api/v1/cases/{case['id']}")).json()
    assert opened["details"]["child"] == {"name": "Иванов Пётр", "birth_date": "2017-03-12"}
    assert opened["details"]["guardian"] == GUARDIAN


async def test_siblings_by_phone_get_all_or_none(organiser: httpx.AsyncClient) -> None:
    """One bundle; nothing is made where one of them has no place."""
    both = entry("Иванов Пётр", "Иванов Павел")
    assert (await organiser.post("/api/v1/enrolments", json=both)).json()["code"] == "group_full"
    assert (await organiser.get("/api/v1/groups/robots-1")).json()["taken"] == 0
    await organiser.put("/api/v1/groups/robots-1", json=GROUP | {"capacity": 2})
    answer = (await organiser.post("/api/v1/enrolments", json=both)).json()
    assert [case["details"]["bundle"] for case in answer["items"]] == [answer["bundle"]] * 2


async def test_a_table_holds_no_formula(organiser: httpx.AsyncClient) -> None:
    """CSV and XLSX; every child's read is noted."""
    await organiser.post("/api/v1/enrolments", json=entry("Иванов Пётр"))
    answer = await organiser.get("/api/v1/groups/robots-1/export?format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="robots-1.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][2:6] == ["Иванов Пётр", "12.03.2017", "'=1+1", "'+79141234567"]
    answer = await organiser.get("/api/v1/groups/robots-1/export?format=xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells["'=1+1"] == "s"
    assert "f" not in cells.values()
    case = (await organiser.get("/api/v1/cases")).json()["items"][0]["id"]
    reads = (await organiser.get(f"/api/v1/cases/{case}/reads")).json()["items"]
    assert [read["why"] for read in reads] == ["Выгрузка группы"] * 2


async def test_the_line_and_the_children_are_the_organisers_alone(
    organiser: httpx.AsyncClient, connect: Connect, make_key: MakeKey
) -> None:
    """Another department finds nothing there, and changes nothing."""
    await organiser.post("/api/v1/enrolments", json=entry("Иванов Пётр"))
    admin = connect(await make_key("admin"))
    await admin.put("/api/v1/departments/other", json={"title": "Другие"})
    other = connect(await make_key("department", department="other"))
    for path in ("children", "waiting", "export"):
        assert (await other.get(f"/api/v1/groups/robots-1/{path}")).status_code == 404
    for method, path, body in (
        ("PUT", "groups/robots-1", GROUP),
        ("PUT", "programmes/robots", PROGRAMME),
        ("POST", "groups/robots-1/close", {"message": "Закрыто"}),
        ("POST", "enrolments", entry("Ким Ян")),
    ):
        answer = await other.request(method, f"/api/v1/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_owner"), path


async def test_closing_lets_everybody_go(organiser: httpx.AsyncClient) -> None:
    await organiser.post("/api/v1/enrolments", json=entry("Иванов Пётр"))
    answer = await organiser.post(
        "/api/v1/groups/robots-1/close", json={"message": "Педагог ушёл."}
    )
    assert (answer.json()["closed"], answer.json()["taken"]) == (True, 0)
    case = (await organiser.get("/api/v1/cases?kind=enrolment")).json()["items"][0]
    assert (case["state"], case["details"]["reason"]) == ("rejected", "group_closed")
    assert len((await organiser.get("/api/v1/cases?to_call=true")).json()["items"]) == 1


async def test_a_consent_of_one_operator_reaches_no_other(
    organiser: httpx.AsyncClient, connect: Connect, make_key: MakeKey
) -> None:
    """It is kept with each case; groups of two operators are not entered together."""
    admin = connect(await make_key("admin"))
    assert (await admin.put("/api/v1/operators/other", json={"title": "Другой"})).is_success
    body = {"title": "Другой клуб", "operator": "other"}
    assert (await admin.put("/api/v1/departments/far", json=body)).is_success
    programme = PROGRAMME | {"department": "far"}
    assert (await admin.put("/api/v1/programmes/chess", json=programme)).is_success
    group = GROUP | {"programme": "chess"}
    assert (await admin.put("/api/v1/groups/chess-1", json=group)).is_success
    both = entry("Иванов Пётр", "Иванов Павел")
    both["items"][1]["group"] = "chess-1"
    answer = await admin.post("/api/v1/enrolments", json=both)
    assert [error["field"] for error in answer.json()["errors"]] == ["items.1.group"]
    unknown = entry("Иванов Пётр", consent=CONSENT | {"version": 2})
    answer = await admin.post("/api/v1/enrolments", json=unknown)
    assert [error["field"] for error in answer.json()["errors"]] == ["consent.version"]
    assert (await admin.post("/api/v1/enrolments", json=entry("Иванов Пётр"))).status_code == 201
