"""The one character that PostgreSQL can't keep is the caller's mistake, wherever it is sent."""

from typing import Any

import httpx
import pytest

REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/operators/a%00b", {}),
    ("GET", "/departments/a%00b", {}),
    ("GET", "/deliveries?destination=a%00b", {}),
    ("GET", "/consents/a%00b", {}),
    ("GET", "/consents/appeal?operator=a%00b", {}),
    ("GET", "/cases?state=a%00b", {}),
    (
        "PUT",
        "/operators/default",
        {"title": "a\0b", "address": "a", "phone": "1", "email": "a@b.c"},
    ),
    ("PUT", "/departments/roads", {"title": "a\0b"}),
    ("PUT", "/departments/roads", {"title": "a", "templates": {"answer": "a\0b"}}),
    ("PUT", "/departments/a%00b", {"title": "a"}),
    ("PUT", "/categories/roads", {"title": "a\0b"}),
    ("PUT", "/routes", {"items": [{"kind": "appeal", "words": ["a\0b"], "department": "roads"}]}),
    ("POST", "/routes/try", {"kind": "appeal", "text": "a\0b"}),
    ("POST", "/cases/search", {"tag": "a\0b"}),
    ("POST", "/deliveries/replay", {"destination": "a\0b"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
async def test_a_nul_is_bad_input(
    as_admin: httpx.AsyncClient, roads: str, method: str, path: str, body: dict[str, Any]
) -> None:
    """400 or, as the name of a thing, 404; never an error of ours."""
    content: dict[str, Any] = {"json": body} if method != "GET" else {}
    answer = await as_admin.request(method, f"/api/v1{path}", **content)
    assert answer.status_code in {400, 404}, answer.text
    assert "\0" not in answer.text
