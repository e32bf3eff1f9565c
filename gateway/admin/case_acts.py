"""What is done to a case from its page; afterwards the page is shown again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath

from gateway.admin.access import OWNERS, WORKERS
from gateway.admin.rendering import Asked, back
from gateway.dependencies import Db, Who, WithParts
from gateway.parts import Parts
from schemas.cases import (
    CalledRequest,
    ExtendRequest,
    ForwardRequest,
    MessageRequest,
    MoveRequest,
    TagsRequest,
)
from services.cases.applying import Moved
from services.cases.claiming import release
from services.cases.extending import extend
from services.cases.forwarding import forward
from services.cases.holding import Held, hold_for
from services.cases.messages import mark_called, put_tags, write_to_resident
from services.cases.moving import move
from services.cases.ringing import ring_for
from services.db.query import Connection
from services.departments.callers import Caller
from services.intake import check

Change = Callable[[Held, dict[str, str]], Awaitable[Moved | None]]


@post("/cases/{case_id:uuid}/move", guards=[WORKERS], status_code=200)
async def move_case(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Bring a case to another state; the version that was seen stands in the form."""

    async def act(held: Held, given: dict[str, str]) -> Moved:
        wish = check(MoveRequest, given, strict=False)
        return await move(
            connection, parts.house, caller, held, wish, f'"{given.get("version", "")}"'
        )

    return await _changed(request, connection, caller, parts, case_id, "moved", act)


@post("/cases/{case_id:uuid}/forward", guards=[WORKERS], status_code=200)
async def forward_case(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Give a case to another department; the resident reads why."""

    async def act(held: Held, given: dict[str, str]) -> Moved:
        codes = [given["to"]] if "to" in given else []
        wish = check(ForwardRequest, {**given, "departments": codes}, strict=False)
        seen = f'"{given.get("version", "")}"'
        return await forward(connection, parts.house, caller, held, wish, seen)

    return await _changed(request, connection, caller, parts, case_id, "forwarded", act)


@post("/cases/{case_id:uuid}/extend", guards=[OWNERS], status_code=200)
async def extend_case(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Move the term of an appeal under 59-ФЗ on, once."""

    async def act(held: Held, given: dict[str, str]) -> Moved:
        wish = check(ExtendRequest, given, strict=False)
        seen = f'"{given.get("version", "")}"'
        return await extend(connection, parts.house, caller, held, wish, seen)

    return await _changed(request, connection, caller, parts, case_id, "extended", act)


@post("/cases/{case_id:uuid}/message", guards=[WORKERS], status_code=200)
async def write_message(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Write to the resident without changing the state."""

    async def act(held: Held, given: dict[str, str]) -> Moved:
        wish = check(MessageRequest, given, strict=False)
        return await write_to_resident(connection, parts.house, caller, held, wish)

    return await _changed(request, connection, caller, parts, case_id, "sent", act)


@post("/cases/{case_id:uuid}/called", guards=[WORKERS], status_code=200)
async def note_call(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Settle a message that was told by phone."""

    async def act(held: Held, given: dict[str, str]) -> None:
        event = check(CalledRequest, given, strict=False).event
        await mark_called(connection, parts.house, caller, held, event)

    return await _changed(request, connection, caller, parts, case_id, "called", act)


@post("/cases/{case_id:uuid}/tags", guards=[WORKERS], status_code=200)
async def write_tags(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Replace the tags, written with commas between."""

    async def act(held: Held, given: dict[str, str]) -> None:
        tags = [tag.strip() for tag in given.get("tags", "").split(",") if tag.strip()]
        wish = check(TagsRequest, {"tags": tags})
        await put_tags(connection, parts.house, caller, held, wish.tags)

    return await _changed(request, connection, caller, parts, case_id, "tagged", act)


@post("/cases/{case_id:uuid}/release", guards=[OWNERS], status_code=200)
async def release_case(
    request: Asked, connection: Db, caller: Who, parts: WithParts, case_id: FromPath[UUID]
) -> Response[Any]:
    """Give a lease back."""

    async def act(held: Held, _given: dict[str, str]) -> None:
        await release(connection, held, caller)

    return await _changed(request, connection, caller, parts, case_id, "released", act)


async def _changed(
    request: Asked,
    connection: Connection,
    caller: Caller,
    parts: Parts,
    case_id: UUID,
    done: str,
    act: Change,
) -> Response[Any]:
    """Lock the case and let `act` change it; ring after the commit."""
    form = await request.form()
    # A browser ends lines as in e-mail; the resident reads plain ones.
    texts = {str(name): str(value).replace("\r\n", "\n") for name, value in form.items()}
    given = {name: text for name, text in texts.items() if text.strip()}
    held = await hold_for(connection, caller, case_id)
    moved = await act(held, given)
    ringing = None if moved is None else BackgroundTask(ring_for, parts.doorbell, [moved])
    return back(f"/admin/cases/{case_id}", done, background=ringing)


HANDLERS = [
    move_case,
    forward_case,
    extend_case,
    write_message,
    note_call,
    write_tags,
    release_case,
]
