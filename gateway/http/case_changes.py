"""Changing cases over REST: claims, transitions, messages, calls, tags."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post, put
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath, RawBody

from gateway.dependencies import Who, WithParts
from gateway.documentation import reads
from gateway.http.calls import Asked, Call, Calling, answer, answers
from gateway.security import ACTORS, OWNERS
from schemas.cases import (
    CalledRequest,
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
from services.cases.ringing import ring_for
from services.errors import FieldError, InvalidRequest
from services.idempotency import Reply
from services.intake import read

UPDATED = answers(200, dict[str, Any], "The case with its `ETag`, or why nothing changed")


@post(
    "/cases/claim",
    guards=[OWNERS],
    opt=reads(ClaimRequest),
    status_code=200,
    responses=answers(200, Claimed, "The cases"),
)
async def claim_cases(call: Calling) -> Response[Any]:
    """Take unclaimed work under a lease: urgent first, then the oldest."""

    async def act() -> Reply:
        wish = call.read(ClaimRequest)
        claimed = await claim(call.connection, call.house, call.caller, wish)
        return Reply(200, msgspec.json.encode(claimed))

    return answer(await call.once(act))


@post("/cases/{case_id:uuid}/release", guards=[OWNERS], status_code=200, responses=answers(200))
async def release_case(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Give a lease back."""

    async def act(held: Held) -> None:
        await release(call.connection, held, call.caller)

    return await call.change(case_id, act)


@post(
    "/cases/{case_id:uuid}/transitions",
    guards=[ACTORS],
    opt=reads(MoveRequest),
    status_code=200,
    responses=answers(200),
)
async def move_case(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Bring a case to another state; needs `If-Match`. The resident reads the message."""

    async def act(held: Held) -> Moved:
        wish = call.read(MoveRequest)
        return await move(call.connection, call.house, call.caller, held, wish, call.if_match)

    return await call.change(case_id, act)


@post(
    "/cases/{case_id:uuid}/forward",
    guards=[ACTORS],
    opt=reads(ForwardRequest),
    status_code=200,
    responses=answers(200),
)
async def forward_case(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Give a case to the departments that must act; needs `If-Match`. The resident is told."""

    async def act(held: Held) -> Moved:
        wish = call.read(ForwardRequest)
        return await forward(call.connection, call.house, call.caller, held, wish, call.if_match)

    return await call.change(case_id, act)


@post(
    "/cases/{case_id:uuid}/extend",
    guards=[OWNERS],
    opt=reads(ExtendRequest),
    status_code=200,
    responses=answers(200),
)
async def extend_case(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Let the answer to an appeal under 59-ФЗ come later, once; needs `If-Match`."""

    async def act(held: Held) -> Moved:
        wish = call.read(ExtendRequest)
        return await extend(call.connection, call.house, call.caller, held, wish, call.if_match)

    return await call.change(case_id, act)


@post(
    "/cases/{case_id:uuid}/updates",
    guards=[OWNERS],
    opt=reads(UpdateRequest),
    status_code=200,
    responses=UPDATED,
)
async def update_case(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Take a back end's report; one that changes nothing is answered with the reason."""
    outcomes: list[Outcome] = []

    async def act() -> Reply:
        held = await hold_for(call.connection, call.caller, case_id)
        update = call.read(UpdateRequest)
        check_state(held, update)
        row = acting(held, call.caller, update.department)
        if row is None:
            raise InvalidRequest(FieldError("department", "no department has this case yet"))
        outcome = await report(call.connection, call.house, held, row, update)
        outcomes.append(outcome)
        if outcome.why is not None:
            return Reply(200, msgspec.json.encode(NotApplied(why=outcome.why)))
        return await call.case(case_id)

    reply = await call.once(act)
    moved = [each.moved for each in outcomes if each.moved is not None]
    return answer(reply, BackgroundTask(ring_for, call.parts.doorbell, moved))


@post(
    "/cases/{case_id:uuid}/identity",
    guards=[OWNERS],
    opt=reads(IdentityRequest),
    status_code=200,
    responses=answers(200),
)
async def attach_identity(
    request: Asked, caller: Who, parts: WithParts, case_id: FromPath[UUID], body: RawBody
) -> Response[Any]:
    """Attach a verified identity to a message, so that its resident can make it an appeal."""
    async with parts.pool.acquire() as connection, connection.transaction():
        known = await Call(request, connection, caller, body).answered()
        if known is not None:
            return answer(known)  # a ticket may be good for one time only
        await hold_for(connection, caller, case_id)
    wish = read(IdentityRequest, body)
    # Asked while no transaction is open: the provider is somebody else's system.
    identity = await verified(parts.identities, wish)
    async with parts.pool.acquire() as connection, connection.transaction():
        call = Call(request, connection, caller, body)

        async def act(held: Held) -> Moved:
            return await attach(connection, call.house, caller, held, wish.provider, identity)

        return await call.change(case_id, act)


@post(
    "/cases/{case_id:uuid}/messages",
    guards=[ACTORS],
    opt=reads(MessageRequest),
    status_code=200,
    responses=answers(200),
)
async def write_message(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Write to the resident without changing the state."""

    async def act(held: Held) -> Moved:
        wish = call.read(MessageRequest)
        return await write_to_resident(call.connection, call.house, call.caller, held, wish)

    return await call.change(case_id, act)


@post(
    "/cases/{case_id:uuid}/called",
    guards=[ACTORS],
    opt=reads(CalledRequest),
    status_code=200,
    responses=answers(200),
)
async def note_call(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Settle a message that was told by phone."""

    async def act(held: Held) -> None:
        event = call.read(CalledRequest).event
        await mark_called(call.connection, call.house, call.caller, held, event)

    return await call.change(case_id, act)


@put("/cases/{case_id:uuid}/tags", guards=[ACTORS], opt=reads(TagsRequest), responses=answers(200))
async def write_tags(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Replace the tags of a case."""

    async def act(held: Held) -> None:
        tags = call.read(TagsRequest).tags
        await put_tags(call.connection, call.house, call.caller, held, tags)

    return await call.change(case_id, act)


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
