"""Categories, routes, forms and consents over REST."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

ROADS = {"kind": "appeal", "department": "roads"}


async def test_categories_are_put_and_listed(as_admin: httpx.AsyncClient, roads: str) -> None:
    """A topic below a category, with the department that acts and how long it may wait."""
    before = (await as_admin.get("/api/v1/categories")).json()["items"]
    top = await as_admin.put("/api/v1/categories/space", json={"title": "Космос"})
    assert top.json()["norm_unit"] == "calendar"
    body = {"title": "Луна", "parent": "space", "department": roads, "norm_days": 5}
    leaf = await as_admin.put("/api/v1/categories/space.moon", json=body | {"norm_unit": "working"})
    assert leaf.json() == body | {
        "code": "space.moon",
        "norm_unit": "working",
        "ssttu_code": None,
    }
    after = (await as_admin.get("/api/v1/categories")).json()["items"]
    assert [row for row in after if row not in before] == [top.json(), leaf.json()]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"title": "Л" * 41}, ["title"]),
        ({"title": "Л", "norm_days": 0, "norm_unit": "weeks"}, ["norm_days", "norm_unit"]),
        ({"title": "Л", "parent": "nothing", "department": "nobody"}, ["department", "parent"]),
        ({"title": "Л", "parent": "loop"}, ["parent"]),
    ],
)
async def test_a_wrong_category_is_explained(
    as_admin: httpx.AsyncClient, body: dict[str, Any], fields: list[str]
) -> None:
    """Unknown names and a category below itself are wrong fields too."""
    answer = await as_admin.put("/api/v1/categories/loop", json=body)
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_routes_are_replaced_as_a_whole(as_admin: httpx.AsyncClient, roads: str) -> None:
    """PUT is the list from now on, in its order; what was put is shown word for word."""
    first = {"items": [{**ROADS, "words": ["яма", "люк"]}, ROADS]}
    assert (await as_admin.put("/api/v1/routes", json=first)).json() == first
    time = {"days": [1, 2], "from": "09:00", "to": "18:00"}
    second = {"items": [{**ROADS, "municipality": "08701000", "time": time}]}
    await as_admin.put("/api/v1/routes", json=second)
    assert (await as_admin.get("/api/v1/routes")).json() == second


async def test_a_wrong_list_changes_nothing(as_admin: httpx.AsyncClient, roads: str) -> None:
    """Every unknown name is said with its place, and the rules before stay."""
    await as_admin.put("/api/v1/routes", json={"items": [ROADS]})
    wrong = {"items": [ROADS, {**ROADS, "category": "nothing"}, {**ROADS, "department": "x"}]}
    answer = await as_admin.put("/api/v1/routes", json=wrong)
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["items.1.category", "items.2.department"]
    assert (await as_admin.get("/api/v1/routes")).json() == {"items": [ROADS]}


async def test_trying_tells_where_and_why(as_admin: httpx.AsyncClient, roads: str) -> None:
    """A rule that was put a moment ago counts; the answer says which one it was."""
    await as_admin.put("/api/v1/departments/parks", json={"title": "Парки"})
    rule = {"kind": "appeal", "department": "parks", "words": ["качели"]}
    await as_admin.put("/api/v1/routes", json={"items": [rule]})
    case = {"kind": "appeal", "category": None, "text": "Сломаны качели во дворе"}
    tried = (await as_admin.post("/api/v1/routes/try", json=case)).json()
    assert tried["department"] == "parks"
    assert tried["rule"].startswith("route:")
    assert tried["why"]
    other = (await as_admin.post("/api/v1/routes/try", json={"text": "Темно"})).json()
    assert (other["department"], other["rule"]) == (roads, "default")
    wrong = await as_admin.post("/api/v1/routes/try", json={"category": "x", "community": 1})
    assert len(wrong.json()["errors"]) == 2


async def test_a_consent_begins_with_the_default_text(as_admin: httpx.AsyncClient) -> None:
    """The first to ask makes version 1; asking again gives the same."""
    first = (await as_admin.get("/api/v1/consents/appeal")).json()
    assert first["version"] == 1
    assert first["sha256"] == hashlib.sha256(first["text"].encode()).hexdigest()
    assert (await as_admin.get("/api/v1/consents/appeal")).json() == first


async def test_a_new_text_is_a_new_version(as_admin: httpx.AsyncClient) -> None:
    """The same text again is not."""
    path = "/api/v1/consents/appeal?subject=children"
    assert (await as_admin.get(path)).status_code == 404
    one = (await as_admin.put(path, json={"text": "Согласие 1"})).json()
    again = (await as_admin.put(path, json={"text": "Согласие 1"})).json()
    two = (await as_admin.put(path, json={"text": "Согласие 2"})).json()
    assert (one["version"], again["version"], two["version"]) == (1, 1, 2)
    assert (await as_admin.get(path)).json() == two


async def test_a_form_is_published_with_its_schema(as_admin: httpx.AsyncClient) -> None:
    """Steps with their kinds, and a JSON Schema whose keys are theirs; unknown ones are 404."""
    form = (await as_admin.get("/api/v1/forms/appeal")).json()
    schema = (await as_admin.get("/api/v1/forms/appeal/schema")).json()
    assert set(schema["properties"]) <= {step["key"] for step in form["steps"]}
    assert (await as_admin.get("/api/v1/forms/nothing")).status_code == 404


async def test_transitions_are_published(as_admin: httpx.AsyncClient) -> None:
    """Each (kind, from, to) once; the reasons have `other`."""
    table = (await as_admin.get("/api/v1/transitions")).json()
    moves = [(row["kind"], row["from"], row["to"]) for row in table["items"]]
    assert len(moves) == len(set(moves))
    assert all("other" in reasons for reasons in table["reasons"].values())


async def test_topics_of_a_category_differ_in_their_titles(as_admin: httpx.AsyncClient) -> None:
    """A typed label means one of them: capitals and ё are no difference; elsewhere it may stand."""
    await as_admin.put("/api/v1/categories/space", json={"title": "Космос"})
    topic = {"title": "Звёзды", "parent": "space"}
    await as_admin.put("/api/v1/categories/space.stars", json=topic)
    again = await as_admin.put("/api/v1/categories/space.stars", json=topic)
    assert again.status_code == 200
    twin = {"title": "звезды", "parent": "space"}
    refused = await as_admin.put("/api/v1/categories/space.twin", json=twin)
    assert [error["field"] for error in refused.json()["errors"]] == ["title"]
    elsewhere = await as_admin.put("/api/v1/categories/stars", json={"title": "Звёзды"})
    assert elsewhere.status_code == 200


async def test_an_operator_s_admin_sees_its_own_consent(
    connect: Callable[[str], httpx.AsyncClient],
    make_key: Callable[..., Awaitable[str]],
    as_admin: httpx.AsyncClient,
) -> None:
    """What it puts without naming an operator, it also reads without naming one."""
    await as_admin.put("/api/v1/operators/district", json={"title": "Район"})
    own = connect(await make_key("admin", operator="district"))
    put = await own.put("/api/v1/consents/appeal", json={"text": "Согласие района"})
    assert put.status_code == 200
    assert (await own.get("/api/v1/consents/appeal")).json() == put.json()
    assert (await as_admin.get("/api/v1/consents/appeal")).json() != put.json()


async def test_short_lists_are_one_page(as_admin: httpx.AsyncClient) -> None:
    """Every list has a cursor, so that a client can read them all in the same way."""
    assert (await as_admin.get("/api/v1/categories")).json()["next_cursor"] is None
