"""What is done to a case from its page; afterwards the page is shown again."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from gateway.admin.access import OWNERS, WORKERS
from gateway.admin.acting import Form
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
from services.cases.holding import Held
from services.cases.messages import mark_called, put_tags, write_to_resident
from services.cases.moving import move


@post("/cases/{case_id:uuid}/move", guards=[WORKERS], status_code=200)
async def move_case(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Bring a case to another state; the version that was seen stands in the form."""

    async def act(held: Held) -> Moved:
        wish = form.read(MoveRequest)
        return await move(form.connection, form.house, form.caller, held, wish, form.seen)

    return await form.change(case_id, "moved", act)


@post("/cases/{case_id:uuid}/forward", guards=[WORKERS], status_code=200)
async def forward_case(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Give a case to another department; the resident reads why."""

    async def act(held: Held) -> Moved:
        codes = [form.given["to"]] if "to" in form.given else []
        wish = form.read(ForwardRequest, departments=codes)
        return await forward(form.connection, form.house, form.caller, held, wish, form.seen)

    return await form.change(case_id, "forwarded", act)


@post("/cases/{case_id:uuid}/extend", guards=[OWNERS], status_code=200)
async def extend_case(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Move the term of an appeal under 59-ФЗ on, once."""

    async def act(held: Held) -> Moved:
        wish = form.read(ExtendRequest)
        return await extend(form.connection, form.house, form.caller, held, wish, form.seen)

    return await form.change(case_id, "extended", act)


@post("/cases/{case_id:uuid}/message", guards=[WORKERS], status_code=200)
async def write_message(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Write to the resident without changing the state."""

    async def act(held: Held) -> Moved:
        wish = form.read(MessageRequest)
        return await write_to_resident(form.connection, form.house, form.caller, held, wish)

    return await form.change(case_id, "sent", act)


@post("/cases/{case_id:uuid}/called", guards=[WORKERS], status_code=200)
async def note_call(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Settle a message that was told by phone."""

    async def act(held: Held) -> None:
        event = form.read(CalledRequest).event
        await mark_called(form.connection, form.house, form.caller, held, event)

    return await form.change(case_id, "called", act)


@post("/cases/{case_id:uuid}/tags", guards=[WORKERS], status_code=200)
async def write_tags(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Replace the tags, written with commas between."""

    async def act(held: Held) -> None:
        tags = [tag.strip() for tag in form.given.get("tags", "").split(",") if tag.strip()]
        wish = form.read(TagsRequest, tags=tags)
        await put_tags(form.connection, form.house, form.caller, held, wish.tags)

    return await form.change(case_id, "tagged", act)


@post("/cases/{case_id:uuid}/release", guards=[OWNERS], status_code=200)
async def release_case(form: Form, case_id: FromPath[UUID]) -> Response[Any]:
    """Give a lease back."""

    async def act(held: Held) -> None:
        await release(form.connection, held, form.caller)

    return await form.change(case_id, "released", act)


HANDLERS = [
    move_case,
    forward_case,
    extend_case,
    write_message,
    note_call,
    write_tags,
    release_case,
]
