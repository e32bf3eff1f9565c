"""A department's push address over REST."""

from typing import Any

import httpx
import pytest

HERE = {"url": "http://127.0.0.1:9/hook"}
SECRET = r"whsec_[A-Za-z0-9+/]{43}="


async def test_the_secret_is_shown_once(as_department: httpx.AsyncClient) -> None:
    """PUT answers the secret, GET never does."""
    put = (await as_department.put("/api/v1/webhook", json=HERE)).json()
    assert put["url"] == HERE["url"]
    assert put["secret"].startswith("whsec_")
    shown = await as_department.get("/api/v1/webhook")
    assert shown.json() == HERE


async def test_rotating_keeps_the_secret_before_for_a_day(
    as_department: httpx.AsyncClient,
) -> None:
    """The answer has a new secret and says until when the old one signs too."""
    first = (await as_department.put("/api/v1/webhook", json=HERE)).json()
    rotated = await as_department.post("/api/v1/webhook/rotate")
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != first["secret"]
    assert "previous_until" in rotated.json()


async def test_a_test_is_a_delivery_about_no_case(as_department: httpx.AsyncClient) -> None:
    """POST /webhook/test puts a hand-off without a case into the outbox."""
    await as_department.put("/api/v1/webhook", json=HERE)
    sent = (await as_department.post("/api/v1/webhook/test")).json()
    (item,) = (await as_department.get("/api/v1/deliveries")).json()["items"]
    assert item["id"] == sent["delivery"]
    assert (item["type"], item["case"], item["destination"]) == ("webhook.test", None, "roads")


@pytest.mark.parametrize("path", ["/api/v1/webhook/rotate", "/api/v1/webhook/test"])
async def test_nothing_can_be_done_with_a_webhook_that_is_not_there(
    as_department: httpx.AsyncClient, path: str
) -> None:
    """Without an address there is nothing to rotate or test; after DELETE neither."""
    assert (await as_department.post(path)).status_code == 404
    await as_department.put("/api/v1/webhook", json=HERE)
    assert (await as_department.delete("/api/v1/webhook")).status_code == 204
    assert (await as_department.post(path)).status_code == 404
    assert (await as_department.get("/api/v1/webhook")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": 5},
        {"url": "ftp://example.org"},
        {"url": "http://10.0.0.1/"},
        {"url": "http://user:pass@example.org/"},
    ],
)
async def test_a_bad_address_is_a_wrong_field(
    as_department: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    """What cannot be called is refused when it is set, not at the first hand-off."""
    answer = await as_department.put("/api/v1/webhook", json=body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["url"]


async def test_an_admin_names_the_department(as_admin: httpx.AsyncClient, roads: str) -> None:
    """Without `department` an admin is told so; with it he acts for that one."""
    answer = await as_admin.put("/api/v1/webhook", json=HERE)
    assert answer.json()["errors"][0]["field"] == "department"
    answer = await as_admin.put("/api/v1/webhook", json=HERE | {"department": roads})
    assert answer.status_code == 200
    shown = await as_admin.get("/api/v1/webhook", params={"department": roads})
    assert shown.json()["url"] == HERE["url"]


async def test_a_department_cannot_set_anothers_address(as_department: httpx.AsyncClient) -> None:
    """Naming another department is not_owner."""
    answer = await as_department.put("/api/v1/webhook", json=HERE | {"department": "other"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_owner")
