"""The department's HTTP: the webhook's address, and what its page asks for."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Struct

from integrations.demo.department.desk import LEASE_SECONDS, QUEUE_LENGTH, Mode, Office, Reply

HEARTBEAT = 15.0
TheOffice = NamedDependency[Office]


class ModeSwitch(Struct):
    """How webhooks are to be treated from now on."""

    mode: Mode


class Move(Struct, kw_only=True):
    """A transition as the page asks for it; `version` is the `ETag` that it saw."""

    to: str
    version: str
    message: str | None = None
    reason: str | None = None


class Words(Struct):
    """What the department writes to the resident without changing the state."""

    text: str


@post("/department/hook", include_in_schema=False)
async def hook(request: Request[Any, Any, Any], office: TheOffice) -> Response[bytes]:
    """Take a signed webhook."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    status = await office.hear(headers, await request.body())
    return Response(b"", status_code=status, media_type="text/plain")


@get("/department/api/state")
async def state(office: TheOffice, gateway_url: NamedDependency[str]) -> dict[str, Any]:
    """Say which departments there are, how webhooks are treated, and what came lately."""
    return {
        "departments": [{"code": d.code, "title": d.title} for d in office.departments.values()],
        "mode": office.mode,
        "heard": list(office.heard),
        "gateway_url": gateway_url,
    }


@put("/department/api/mode")
async def switch_mode(office: TheOffice, data: JSONBody[ModeSwitch]) -> ModeSwitch:
    """Fail on purpose, or stop failing."""
    office.mode = data.mode
    return data


@get("/department/api/{code:str}/cases")
async def cases(office: TheOffice, code: FromPath[str]) -> Response[Any]:
    """List the department's cases, the newest changes first."""
    query = urlencode({"limit": QUEUE_LENGTH})
    return _pass_on(await _call(office, code, "GET", f"/cases?{query}"))


@post("/department/api/{code:str}/claim", status_code=200)
async def claim(office: TheOffice, code: FromPath[str]) -> Response[Any]:
    """Take the next case of the queue under a lease."""
    order = {"limit": 1, "lease_seconds": LEASE_SECONDS}
    return _pass_on(await _call(office, code, "POST", "/cases/claim", order))


@get("/department/api/{code:str}/cases/{case:uuid}")
async def open_case(office: TheOffice, code: FromPath[str], case: FromPath[UUID]) -> Response[Any]:
    """Read a case with its events and the moves that its state allows a department."""
    found = await _call(office, code, "GET", f"/cases/{case}")
    if found.status != HTTPStatus.OK:
        return _pass_on(found)
    events = await _call(office, code, "GET", f"/cases/{case}/events")
    table = await _call(office, code, "GET", "/transitions")
    body = {
        "case": found.body,
        "version": found.etag,
        "events": (events.body or {}).get("items", []),
        "moves": _moves(table.body or {}, found.body),
        "reasons": (table.body or {}).get("reasons", {}).get(found.body["kind"], []),
    }
    return _json(200, body)


@get("/department/api/{code:str}/cases/{case:uuid}/attachments/{number:int}")
async def attachment(
    office: TheOffice, code: FromPath[str], case: FromPath[UUID], number: FromPath[int]
) -> Response[bytes]:
    """Pass a file of a case on, to be kept."""
    if code not in office.departments:
        raise NotFoundException("no such department")
    path = f"/cases/{case}/attachments/{number}"
    status, headers, content = await office.fetch(code, path)
    kind = headers.pop("Content-Type", "") or "application/octet-stream"
    return Response(content, status_code=status, media_type=kind, headers=headers)


def _moves(table: dict[str, Any], case: dict[str, Any]) -> list[dict[str, Any]]:
    """Pick from `GET /transitions` what a department can do now; `forwarded` has its own call."""
    return [
        {"to": move["to"], "message": move["message"]}
        for move in table.get("items", [])
        if (move["kind"], move["from"]) == (case["kind"], case["state"])
        and "department" in move["by"]
        and move["to"] != "forwarded"
    ]


@post("/department/api/{code:str}/cases/{case:uuid}/transitions", status_code=200)
async def transit(
    office: TheOffice, code: FromPath[str], case: FromPath[UUID], data: JSONBody[Move]
) -> Response[Any]:
    """Move a case to another state."""
    order = {"to": data.to, "message": data.message, "reason": data.reason}
    order = {name: value for name, value in order.items() if value is not None}
    path = f"/cases/{case}/transitions"
    return _pass_on(await _call(office, code, "POST", path, order, data.version))


@post("/department/api/{code:str}/cases/{case:uuid}/messages", status_code=200)
async def write(
    office: TheOffice, code: FromPath[str], case: FromPath[UUID], data: JSONBody[Words]
) -> Response[Any]:
    """Write to the resident."""
    return _pass_on(
        await _call(office, code, "POST", f"/cases/{case}/messages", {"text": data.text})
    )


@get("/department/api/stream")
async def stream(office: TheOffice) -> Stream:
    """Tell the page whenever a webhook came."""
    headers = {"Cache-Control": "no-store"}
    return Stream(_news(office), media_type="text/event-stream", headers=headers)


async def _news(office: Office) -> AsyncGenerator[bytes, None]:
    yield b": hello\n\n"
    while not office.leaving:
        came = await office.wait_for_news(HEARTBEAT)
        yield b"data: {}\n\n" if came else b": still here\n\n"


async def _call(
    office: Office, code: str, verb: str, path: str, body: Any = None, version: str | None = None
) -> Reply:
    if code not in office.departments:
        raise NotFoundException("no such department")
    return await office.call(code, verb, path, body, version)


def _pass_on(reply: Reply) -> Response[Any]:
    return _json(reply.status, reply.body)


def _json(status: int, body: Any) -> Response[Any]:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")


HANDLERS = (
    hook,
    state,
    switch_mode,
    cases,
    claim,
    open_case,
    attachment,
    transit,
    write,
    stream,
)
