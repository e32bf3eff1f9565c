"""Changing cases over REST: claims, transitions, messages, calls, tags."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post, put
from litestar.background_tasks import BackgroundTask
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, RawBody

from gateway.dependencies import Db, Who, WithParts
from gateway.documentation import reads
from gateway.http.cases import CONFIDENTIAL
from gateway.parts import Parts
from gateway.security import ACTORS, OWNERS
from schemas.cases import (
    CalledRequest,
    Case,
    Claimed,
    ClaimRequest,
    ExtendRequest,
    ForwardRequest,
    MessageRequest,
    MoveRequest,
    TagsRequest,
)
from services.backends.reporting import NotApplied, Outcome, UpdateRequest, check_state, report
from services.cases.applying import Moved
from services.cases.claiming import claim, release
from services.cases.extending import extend
from services.cases.forwarding import forward
from services.cases.holding import Held, acting, hold_for
from services.cases.identity import IdentityRequest, attach, verified
from services.cases.messages import mark_called, put_tags, write_to_resident
from services.cases.moving import move
from services.cases.reading import show_case
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest
from services.idempotency import Reply, once
from services.intake import read

Asked = Request[Any, Any, Any]
Change = Callable[[Held], Awaitable[Moved | None]]
CASE = {200: ResponseSpec(Case, description="The case, with its `ETag`", generate_examples=False)}
UPDATED = {
    200: ResponseSpec(
        dict[str, Any],
        description="The case with its `ETag`, or why nothing changed",
        generate_examples=False,
    )
}
CLAIMED = {200: ResponseSpec(Claimed, description="The cases", generate_examples=False)}


@post("/cases/claim", guards=[OWNERS], opt=reads(ClaimRequest), status_code=200, responses=CLAIMED)
async def claim_cases(
    request: Asked, connection: Db, caller: Who, parts: WithParts, body: RawBody
) -> Response[Any]:
    """Take unclaimed work under a lease: urgent first, then the oldest."""

    async def act() -> Reply:
        wish = read(ClaimRequest, body)
        claimed = await claim(connection, parts.house, caller, wish)
        return Reply(200, msgspec.json.encode(claimed))

    return _response(await _once(request, connection, caller, parts, body, act))


@post("/cases/{case_id:uuid}/release", guards=[OWNERS], status_code=200, responses=CASE)
async def release_case(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Give a lease back."""

    async def act(held: Held) -> None:
        await release(connection, held, caller)

    return await _changed(request, connection, caller, parts, case_id, body, act)


@post(
    "/cases/{case_id:uuid}/transitions",
    guards=[ACTORS],
    opt=reads(MoveRequest),
    status_code=200,
    responses=CASE,
)
async def move_case(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Bring a case to another state; needs `If-Match`. The resident reads the message."""

    async def act(held: Held) -> Moved:
        wish = read(MoveRequest, body)
        seen = request.headers.get("if-match")
        return await move(connection, parts.house, caller, held, wish, seen)

    return await _changed(request, connection, caller, parts, case_id, body, act)


@post(
    "/cases/{case_id:uuid}/forward",
    guards=[ACTORS],
    opt=reads(ForwardRequest),
    status_code=200,
    responses=CASE,
)
async def forward_case(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Give a case to the departments that must act; needs `If-Match`. The resident is told."""

    async def act(held: Held) -> Moved:
        wish = read(ForwardRequest, body)
        seen = request.headers.get("if-match")
        return await forward(connection, parts.house, caller, held, wish, seen)

    return await _changed(request, connection, caller, parts, case_id, body, act)


@post(
    "/cases/{case_id:uuid}/extend",
    guards=[OWNERS],
    opt=reads(ExtendRequest),
    status_code=200,
    responses=CASE,
)
async def extend_case(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Let the answer to an appeal under 59-ФЗ come later, once; needs `If-Match`."""

    async def act(held: Held) -> Moved:
        wish = read(ExtendRequest, body)
        seen = request.headers.get("if-match")
        return await extend(connection, parts.house, caller, held, wish, seen)

    return await _changed(request, connection, caller, parts, case_id, body, act)


@post(
    "/cases/{case_id:uuid}/updates",
    guards=[OWNERS],
    opt=reads(UpdateRequest),
    status_code=200,
    responses=UPDATED,
)
async def update_case(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Take a back end's report; one that changes nothing is answered with the reason."""
    outcomes: list[Outcome] = []

    async def act() -> Reply:
        held = await hold_for(connection, caller, case_id)
        update = read(UpdateRequest, body)
        check_state(held, update)
        row = acting(held, caller, update.department)
        if row is None:
            raise InvalidRequest(FieldError("department", "no department has this case yet"))
        outcome = await report(connection, parts.house, held, row, update)
        outcomes.append(outcome)
        if outcome.why is not None:
            return Reply(200, msgspec.json.encode(NotApplied(why=outcome.why)))
        case = await show_case(connection, parts.house, caller, case_id)
        return Reply(200, msgspec.json.encode(case), f'"{case.version}"')

    reply = await _once(request, connection, caller, parts, body, act)
    moved = [each.moved for each in outcomes if each.moved is not None]
    return _response(reply, BackgroundTask(ring, parts, moved) if moved else None)


@post(
    "/cases/{case_id:uuid}/identity",
    guards=[OWNERS],
    opt=reads(IdentityRequest),
    status_code=200,
    responses=CASE,
)
async def attach_identity(
    request: Asked, caller: Who, parts: WithParts, case_id: FromPath[UUID], body: RawBody
) -> Response[Any]:
    """Attach a verified identity to a message, so that its resident can make it an appeal."""
    async with parts.pool.acquire() as connection, connection.transaction():
        await hold_for(connection, caller, case_id)
    wish = read(IdentityRequest, body)
    # Asked while no transaction is open: the provider is somebody else's system.
    identity = await verified(parts.identities, wish)

    async def act(held: Held) -> Moved:
        return await attach(connection, parts.house, caller, held, wish.provider, identity)

    async with parts.pool.acquire() as connection, connection.transaction():
        return await _changed(request, connection, caller, parts, case_id, body, act)


@post(
    "/cases/{case_id:uuid}/messages",
    guards=[ACTORS],
    opt=reads(MessageRequest),
    status_code=200,
    responses=CASE,
)
async def write_message(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Write to the resident without changing the state."""

    async def act(held: Held) -> Moved:
        wish = read(MessageRequest, body)
        return await write_to_resident(connection, parts.house, caller, held, wish)

    return await _changed(request, connection, caller, parts, case_id, body, act)


@post(
    "/cases/{case_id:uuid}/called",
    guards=[ACTORS],
    opt=reads(CalledRequest),
    status_code=200,
    responses=CASE,
)
async def note_call(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Settle a message that was told by phone."""

    async def act(held: Held) -> None:
        event = read(CalledRequest, body).event
        await mark_called(connection, parts.house, caller, held, event)

    return await _changed(request, connection, caller, parts, case_id, body, act)


@put("/cases/{case_id:uuid}/tags", guards=[ACTORS], opt=reads(TagsRequest), responses=CASE)
async def write_tags(
    request: Asked,
    connection: Db,
    caller: Who,
    parts: WithParts,
    case_id: FromPath[UUID],
    body: RawBody,
) -> Response[Any]:
    """Replace the tags of a case."""

    async def act(held: Held) -> None:
        tags = read(TagsRequest, body).tags
        await put_tags(connection, parts.house, caller, held, tags)

    return await _changed(request, connection, caller, parts, case_id, body, act)


async def _changed(
    request: Asked,
    connection: Connection,
    caller: Caller,
    parts: Parts,
    case_id: UUID,
    body: bytes,
    act: Change,
) -> Response[Any]:
    """Lock the case, let `act` change it, answer it in brief; ring after the commit."""
    moved: list[Moved] = []

    async def change() -> Reply:
        held = await hold_for(connection, caller, case_id)
        done = await act(held)
        if done is not None:
            moved.append(done)
        case = await show_case(connection, parts.house, caller, case_id)
        return Reply(200, msgspec.json.encode(case), f'"{case.version}"')

    reply = await _once(request, connection, caller, parts, body, change)
    return _response(reply, BackgroundTask(ring, parts, moved) if moved else None)


async def _once(
    request: Asked,
    connection: Connection,
    caller: Caller,
    parts: Parts,
    body: bytes,
    act: Callable[[], Awaitable[Reply]],
) -> Reply:
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    return await once(connection, parts.house, caller, request.url.path, key, body, act)


def _response(reply: Reply, ringing: BackgroundTask | None = None) -> Response[Any]:
    headers = {**CONFIDENTIAL, **({} if reply.etag is None else {"ETag": reply.etag})}
    return Response(
        reply.body,
        status_code=reply.status,
        headers=headers,
        media_type="application/json",
        background=ringing,
    )


async def ring(parts: Parts, moved: list[Moved]) -> None:
    """Wake the workers for what moves have put into the outbox."""
    # In the background, which is after the commit: a worker that came earlier would see nothing.
    for each in moved:
        if each.deliveries and each.community_id is not None:
            await parts.doorbell.ring("send", str(each.community_id))
        if each.hand_offs:
            await parts.doorbell.ring("hand_off")


HANDLERS = [
    claim_cases,
    release_case,
    move_case,
    forward_case,
    extend_case,
    update_case,
    attach_identity,
    write_message,
    note_call,
    write_tags,
]
