"""Requests that are wrong in as many ways as possible, each full of values that must not return."""

import json
from typing import Any

import httpx

from tests.acceptance.events import body, said
from tests.acceptance.office import Desk

API = "/api/v1"


async def provoke(gateway: httpx.AsyncClient, desk: Desk, marks: tuple[str, ...]) -> list[bytes]:
    """Send them; return the answers of error, headers included."""
    answers: list[httpx.Response] = []
    for mark in marks:
        answers += [await gateway.post("/vk/callback", content=each) for each in _events(mark)]
        answers += [await _ask(gateway, desk, *each) for each in _requests(mark)]
        answers += [await gateway.get(f"{API}/cases", headers=each) for each in _keys(mark)]
    # A number may be right where a number belongs; nothing is the gateway's own fault.
    assert {answer.status_code for answer in answers} == {200, 400, 401, 403, 404, 405}
    return [_whole(answer) for answer in answers if answer.is_error]


async def provoke_with_case(desk: Desk, case_id: str, mark: str) -> list[bytes]:
    """Provoke what only a case of one's own answers: wrong versions, wrong moves, reused keys."""
    path = f"/cases/{case_id}/transitions"
    _, etag = await desk.case(case_id)
    wish = {"to": "registered", "message": mark}
    versions = ({}, {"If_Match": '"0"'}, {"If_Match": mark.encode().hex()}, {"If_Match": etag})
    answers = [await desk.post(path, wish, **headers) for headers in versions]
    for text in (mark, f"{mark} Ещё."):
        letter = {"text": text}
        answers.append(
            await desk.post(f"/cases/{case_id}/messages", letter, Idempotency_Key="once")
        )
    assert {answer.status_code for answer in answers} == {200, 409, 412, 422, 428}
    return [_whole(answer) for answer in answers if answer.is_error]


def _events(mark: str) -> list[bytes]:
    """Events that are refused, or no events at all."""
    return [
        mark.encode(),
        json.dumps({"type": mark, "group_id": mark}).encode(),
        json.dumps(mark).encode(),
        body("message_new", said(1, mark), secret="wrong"),
        body("message_new", said(1, mark), group_id=1),
        body("message_new", {"message": {"text": mark, "from_id": mark}}),
        body("message_deny", {"user_id": mark}),
        body(mark, {}),
    ]


def _requests(mark: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Requests as (method, path, options) that carry a mark where something else belongs."""
    filters = (
        "kind",
        "state",
        "community",
        "updated_since",
        "overdue",
        "to_call",
        "cursor",
        "limit",
    )
    search = ("number", "phone", "category", "department", "municipality", "from", "to", "limit")
    unknown = "00000000-0000-7000-8000-000000000000"
    return [
        *(("GET", "/cases", {"params": {name: mark}}) for name in filters),
        *(("POST", "/cases/search", {"json": {name: [mark]}}) for name in search),
        ("POST", "/cases/search", {"json": {"state": mark}}),
        ("POST", "/cases/search", {"content": mark.encode()}),
        ("POST", "/cases/claim", {"json": {"limit": mark, "lease_seconds": mark, "kind": mark}}),
        ("POST", "/cases/claim", {"json": [mark]}),
        ("POST", f"/cases/{unknown}/transitions", {"json": {"to": mark, "message": mark}}),
        ("POST", f"/cases/{unknown}/messages", {"json": {"text": {"text": mark}}}),
        ("GET", f"/cases/{mark}", {}),
        ("GET", f"/{mark}", {}),
        ("DELETE", "/cases", {"json": {"name": mark}}),
        ("GET", f"/forms/{mark}", {}),
        ("PUT", "/webhook", {"json": {"url": f"ftp://{mark}"}}),
        ("PUT", "/webhook", {"json": {"url": f"http://{mark}@10.0.0.1/"}}),
        ("PUT", "/webhook", {"json": {"url": mark}}),
        ("PUT", f"/categories/{mark}", {"json": {"title": [mark]}}),
        ("PUT", "/departments/roads", {"json": {"title": mark, "backend": {"type": mark}}}),
        ("POST", "/deliveries/replay", {"json": {"ids": [mark], "destination": mark}}),
        ("GET", "/deliveries", {"params": {"state": mark}}),
        ("GET", "/consents/appeal", {"params": {"operator": mark, "subject": mark}}),
    ]


def _keys(mark: str) -> list[dict[bytes, bytes]]:
    return [{b"Authorization": key.encode()} for key in (f"Bearer gw_1_{mark}", mark)]


async def _ask(
    gateway: httpx.AsyncClient, desk: Desk, method: str, path: str, options: dict[str, Any]
) -> httpx.Response:
    return await gateway.request(method, f"{API}{path}", headers=desk.headers, **options)


def _whole(answer: httpx.Response) -> bytes:
    lines = [name + b": " + value for name, value in answer.headers.raw]
    return b"\n".join([*lines, answer.content])
