"""Departments, operators and pages over REST."""

from typing import Any

import httpx
import pytest

from gateway.parts import Parts
from services.communities.communities import NewPage, add_page


async def test_an_admin_adds_a_department(as_admin: httpx.AsyncClient) -> None:
    """What was put is shown, with what was not given at its default."""
    put = await as_admin.put("/api/v1/departments/parks", json={"title": "Парки"})
    assert put.status_code == 200
    shown = (await as_admin.get("/api/v1/departments/parks")).json()
    assert shown == put.json()
    assert shown == {
        "code": "parks",
        "title": "Парки",
        "operator": "default",
        "default": False,
        "moderation": False,
        "four_eyes": False,
        "backend": {"type": "pull"},
        "templates": [],
    }


async def test_what_is_shown_can_be_put_back(as_department: httpx.AsyncClient) -> None:
    """GET, change one thing, PUT: nothing else changes."""
    await as_department.put("/api/v1/webhook", json={"url": "http://127.0.0.1:9/"})
    shown = (await as_department.get("/api/v1/departments/roads")).json()
    changed = await as_department.put("/api/v1/departments/roads", json=shown | {"four_eyes": True})
    assert changed.json() == shown | {"four_eyes": True}


async def test_another_department_is_not_ones_own(
    as_department: httpx.AsyncClient, as_admin: httpx.AsyncClient
) -> None:
    """It may be read, not changed; that is said before the body is looked at."""
    await as_admin.put("/api/v1/departments/parks", json={"title": "Парки"})
    assert (await as_department.get("/api/v1/departments/parks")).status_code == 200
    refused = await as_department.put("/api/v1/departments/parks", content=b"nonsense")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
    unknown = await as_department.put("/api/v1/departments/new", json={"title": "Новая"})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["title"]),
        ({"title": 1, "moderation": "yes"}, ["title", "moderation"]),
        ({"title": "А", "backend": {"type": "fax"}}, ["backend.type"]),
        ({"title": "А", "backend": {"type": "mis"}}, ["backend.url"]),
        ({"title": "А", "backend": {"type": "webhook"}}, ["backend.type"]),
        ({"title": "А", "operator": "nobody"}, ["operator"]),
    ],
)
async def test_all_wrong_fields_are_named(
    as_admin: httpx.AsyncClient, body: dict[str, Any], fields: list[str]
) -> None:
    """One request is enough to learn everything that is wrong."""
    answer = await as_admin.put("/api/v1/departments/parks", json=body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_a_webhooks_address_is_set_elsewhere(as_department: httpx.AsyncClient) -> None:
    """PUT /departments can give the webhook up, not redirect it."""
    await as_department.put("/api/v1/webhook", json={"url": "http://127.0.0.1:9/"})
    elsewhere = {"title": "Д", "backend": {"type": "webhook", "url": "http://127.0.0.1:8/"}}
    answer = await as_department.put("/api/v1/departments/roads", json=elsewhere)
    assert answer.json()["errors"][0]["field"] == "backend.url"
    pull = {"title": "Д", "backend": {"type": "pull"}}
    assert (await as_department.put("/api/v1/departments/roads", json=pull)).status_code == 200
    assert (await as_department.get("/api/v1/webhook")).status_code == 404


@pytest.mark.parametrize("code", ["Roads", "дороги", "-a", "a" * 65])
async def test_a_code_follows_the_contract(as_admin: httpx.AsyncClient, code: str) -> None:
    """Codes are small Latin letters, digits and three signs."""
    for noun in ("departments", "operators", "categories"):
        answer = await as_admin.put(f"/api/v1/{noun}/{code}", json={"title": "Т"})
        assert answer.json()["errors"][0]["field"] == "code"


async def test_an_operator_is_put_and_shown(as_admin: httpx.AsyncClient) -> None:
    """PUT replaces, so what is not given is emptied."""
    body = {"title": "Район", "phone": "+7 4212 00-00-00", "appeal_system_url": "https://a.ru/"}
    await as_admin.put("/api/v1/operators/district", json=body)
    shown = (await as_admin.get("/api/v1/operators/district")).json()
    assert shown == {"code": "district", "address": "", "email": "", **body}
    await as_admin.put("/api/v1/operators/district", json={"title": "Район"})
    assert (await as_admin.get("/api/v1/operators/district")).json()["phone"] == ""


async def test_an_operators_admin_keeps_to_that_operator(
    as_admin: httpx.AsyncClient, make_key: Any, connect: Any, roads: str
) -> None:
    """A key for one operator changes nothing of another's."""
    await as_admin.put("/api/v1/operators/district", json={"title": "Район"})
    district = connect(await make_key("admin", operator="district"))
    own = await district.put("/api/v1/departments/parks", json={"title": "Парки"})
    assert own.json()["operator"] == "district"
    for path, body in (
        (f"/api/v1/departments/{roads}", {"title": "Чужая"}),
        ("/api/v1/departments/parks", {"title": "П", "operator": "default"}),
        ("/api/v1/operators/default", {"title": "Чужой"}),
        ("/api/v1/consents/appeal?operator=default", {"text": "Чужое"}),
        ("/api/v1/webhook", {"url": "http://127.0.0.1:9/", "department": roads}),
        ("/api/v1/routes", {"items": [{"kind": "appeal", "department": roads}]}),
    ):
        answer = await district.put(path, json=body)
        assert (answer.status_code, path) == (403, path)


async def test_a_page_is_changed_without_its_token(
    as_admin: httpx.AsyncClient, parts: Parts
) -> None:
    """PUT changes what admins see; `paused` stays unless it is said; a token is never shown."""
    async with parts.pool.acquire() as connection, connection.transaction():
        new = NewPage(group_id=77, title="Город", token="vk1.a.token")
        secret = await add_page(connection, parts.house.sealer, new)
    shown = (await as_admin.get("/api/v1/communities/77")).json()
    assert (shown["transport"], shown["operator"], shown["paused"]) == ("callback", "default", None)
    paused = {"title": "Город", "municipality": "08701000", "paused": "ремонт"}
    assert (await as_admin.put("/api/v1/communities/77", json=paused)).json()["paused_at"]
    kept = await as_admin.put("/api/v1/communities/77", json={"title": "Город 2"})
    assert (kept.json()["paused"], kept.json()["municipality"]) == ("ремонт", None)
    going = await as_admin.put("/api/v1/communities/77", json={"title": "Г", "paused": None})
    assert (going.json()["paused"], going.json()["paused_at"]) == (None, None)
    listed = await as_admin.get("/api/v1/communities")
    assert "vk1.a.token" not in listed.text
    assert str(secret) not in listed.text
    assert (await as_admin.put("/api/v1/communities/78", json=paused)).status_code == 404


async def test_pages_are_listed_a_few_at_a_time(
    as_admin: httpx.AsyncClient, as_department: httpx.AsyncClient, parts: Parts
) -> None:
    """A cursor goes on where the list ended, for the key that got it alone."""
    for number in (93, 91, 92):
        async with parts.pool.acquire() as connection:
            new = NewPage(group_id=number, title="Город", token="vk1.a.token")
            await add_page(connection, parts.house.sealer, new)
    path, seen = "/api/v1/communities?limit=2", list[int]()
    first = (await as_admin.get(path)).json()
    rest = (await as_admin.get(f"{path}&cursor={first['next_cursor']}")).json()
    for page in (first, rest):
        seen += [item["group_id"] for item in page["items"]]
    assert seen == [93, 91, 92]
    assert rest["next_cursor"] is None
    foreign = await as_department.get(f"{path}&cursor={first['next_cursor']}")
    assert foreign.json()["code"] == "invalid_cursor"
    assert (await as_admin.get("/api/v1/communities?limit=201")).status_code == 400
