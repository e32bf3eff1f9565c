"""POST /vk/callback: where VK brings the events of every community.

The hot path of the gateway. VK must read exactly `ok`; what it reads otherwise makes it try again,
or pause the community, and the word `remove` would make it delete the server: nothing that
somebody sent is ever in the answer.
"""

import asyncio
import hmac
from http import HTTPStatus
from typing import Any, cast

import structlog
from litestar import MediaType, Request, Response, post

from gateway.chat import CALLBACK_PATH, Chat
from gateway.parts import Parts
from gateway.problems import problem, retry_after
from integrations.vk import events
from schemas.events import Ignored, Pressed
from services.communities.pausing import pause_page
from services.communities.queries import KEEP_CONFIRMATION, Community
from services.communities.secrets import page_of, secrets_of
from services.db.trouble import DATABASE_TROUBLE
from services.errors import Unavailable
from services.inbox.batches import Inbox
from services.inbox.visits import CHANNEL, Visit, user_key
from services.ports import Refused, Verdict

log = structlog.get_logger()

OUTCOME = "vk_callback_outcome"
"""Where `Express` puts in the scope what is to be answered instead of `ok`."""
OVERLOADED_SECONDS = 5
ANSWER_SECONDS = 5.0
"""Until an event is put off: a time-out counts against the community at VK, a 503 does not."""


class Callback:
    """What takes events: the parts, the inbox and the way out."""

    def __init__(self, parts: Parts, inbox: Inbox, chat: Chat) -> None:
        """Take the parts, the inbox and the way out."""
        self.parts = parts
        self.inbox = inbox
        self.chat = chat


@post(
    CALLBACK_PATH,
    opt={"public": True},
    status_code=HTTPStatus.OK,
    media_type=MediaType.TEXT,
    summary="Events of VK communities (Callback API)",
)
async def callback(request: Request[Any, Any, Any]) -> Response[str]:
    """Take one event; `ok` means that its effect is durable."""
    # `Express` has taken it and answers `ok` by itself; what else it came to is answered here.
    outcome = cast("dict[str, Any]", request.scope)[OUTCOME]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def take(callbacks: Callback, body: bytes) -> Response[Any] | None:
    """Take one event; None when its effect is durable, else what to answer instead of `ok`.

    One that takes too long is put off and goes on: when it comes again, its id decides.
    Raises MalformedEvent, and whatever the event's step raised.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _take(callbacks, body)
    except TimeoutError:
        return _overloaded(callbacks.parts)


async def _take(callbacks: Callback, body: bytes) -> Response[Any] | None:
    parts = callbacks.parts
    envelope = events.decode(body)
    try:
        community = await _community(parts, envelope)
    except DATABASE_TROUBLE:
        return _overloaded(parts)
    if community is None:
        parts.metrics.event("refused")
        return _refused()
    if envelope.type == "confirmation":
        return await _confirm(parts, callbacks, community)
    event = events.read(envelope)
    visit = Visit(
        community=community,
        event_id=envelope.event_id,
        type=envelope.type,
        event=event,
        user_key=None if isinstance(event, Ignored) else user_key(parts.house, event.user_id),
    )
    try:
        taken = await callbacks.inbox.take(visit)
    except Unavailable:
        return _overloaded(parts)
    if isinstance(event, Pressed):
        callbacks.chat.spinners.stop(page_of(parts.house.sealer, community), event)
    parts.metrics.event("taken" if taken else "flooding")
    return None


async def _community(parts: Parts, envelope: events.Envelope) -> Community | None:
    """Return the community if the secret is right; a `confirmation` may come without one."""
    directory = parts.house.directory
    community = directory.kept(CHANNEL, envelope.group_id)
    if community is None or community.operator_id not in directory.snapshot.operators:
        async with parts.pool.acquire() as connection:
            await directory.refresh(connection)
            community = await directory.page(connection, CHANNEL, envelope.group_id)
    good = (b"",)
    if community is not None:
        good = secrets_of(parts.house.sealer, community, parts.house.now())
    if envelope.secret is None:
        return community if envelope.type == "confirmation" else None
    given = envelope.secret.encode()
    # All of them, so that the time does not say which one was compared.
    right = sum(hmac.compare_digest(secret, given) for secret in good)
    return community if right else None


async def _confirm(parts: Parts, callbacks: Callback, community: Community) -> Response[Any]:
    """Answer with the code that VK wants to read; one that is not known is asked for."""
    code = community.confirmation
    if code is None:
        try:
            page = page_of(parts.house.sealer, community)
            code = await callbacks.chat.office.confirmation_code(page)
        except Refused as error:
            return await _no_code(parts, community, error.verdict)
        async with parts.pool.acquire() as connection:
            await KEEP_CONFIRMATION.run(connection, community.id, code)
    return Response(code, media_type=MediaType.TEXT)


async def _no_code(parts: Parts, community: Community, verdict: Verdict) -> Response[Any]:
    log.warning("confirmation_unknown", community=community.id, code=verdict.code)
    if verdict.stops_page:
        async with parts.pool.acquire() as connection:
            await pause_page(connection, community.id, verdict.code, parts.house.now())
    return _overloaded(parts)


def _refused() -> Response[dict[str, Any]]:
    return problem(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        "Unknown community, or the secret is not this community's.",
    )


def _overloaded(parts: Parts) -> Response[dict[str, Any]]:
    """Tell VK to come back: it reads `Retry-After` only as an HTTP-date."""
    parts.metrics.event("put_off")
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        "Too busy right now; send the event again.",
        headers={"Retry-After": retry_after(OVERLOADED_SECONDS)},
    )
