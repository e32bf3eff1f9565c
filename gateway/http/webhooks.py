"""A department's push address over REST. An admin names the `department`."""

from typing import Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromQuery, RawBody
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.documentation import reads
from gateway.http.calls import Call, Calling, answer
from gateway.security import OWNERS
from integrations.outbound.addresses import InvalidAddress, check_url
from integrations.webhooks.signing import new_secret
from services.departments.ownership import acting_department
from services.departments.webhooks import (
    WebhookShown,
    delete_webhook,
    get_webhook,
    put_webhook,
    rotate_secret,
    send_test,
)
from services.errors import FieldError, InvalidRequest
from services.idempotency import Reply
from services.intake import Code, read


class WebhookBody(Struct, frozen=True, kw_only=True):
    """Where to push."""

    url: str
    department: Code | None = None


class Named(Struct, frozen=True, kw_only=True):
    """The department that an admin means; a department's own key needs no body."""

    department: Code | None = None


@get("/webhook", guards=[OWNERS])
async def show_webhook(
    connection: Db, caller: Who, house: InHouse, department: FromQuery[str | None] = None
) -> WebhookShown:
    """Show the address, without the secret."""
    own = await acting_department(connection, caller, department)
    return await get_webhook(connection, house.now(), own.id)


@put("/webhook", guards=[OWNERS], opt=reads(WebhookBody))
async def write_webhook(
    connection: Db, caller: Who, parts: WithParts, body: RawBody
) -> WebhookShown:
    """Set the address; answers a new secret, once. The one before signs too for 24 hours."""
    wanted = read(WebhookBody, body)
    own = await acting_department(connection, caller, wanted.department)
    try:
        check_url(wanted.url, parts.settings.outbound_allow)
    except InvalidAddress as error:
        raise InvalidRequest(FieldError("url", error.message)) from None
    house = parts.house
    return await put_webhook(
        connection, house.sealer, house.now(), own.id, wanted.url, new_secret()
    )


@delete("/webhook", guards=[OWNERS])
async def remove_webhook(
    connection: Db, caller: Who, department: FromQuery[str | None] = None
) -> None:
    """Forget the address: cases wait in the department's queue."""
    own = await acting_department(connection, caller, department)
    await delete_webhook(connection, own.id)


@post("/webhook/rotate", guards=[OWNERS], opt=reads(Named), status_code=200)
async def rotate_webhook(call: Calling, department: FromQuery[str | None] = None) -> Response[Any]:
    """Answer a new secret, once. The one before signs too for 24 hours."""

    async def rotate() -> Reply:
        own_id = await _meant(call, department)
        sealer, now = call.house.sealer, call.house.now()
        new = await rotate_secret(call.connection, sealer, now, own_id, new_secret())
        return Reply(200, msgspec.json.encode(new))

    return answer(await call.once(rotate))


@post("/webhook/test", guards=[OWNERS], opt=reads(Named), status_code=200)
async def try_webhook(call: Calling, department: FromQuery[str | None] = None) -> Response[Any]:
    """Send a `webhook.test`."""

    async def send() -> Reply:
        own_id = await _meant(call, department)
        sent = await send_test(call.connection, call.house.now(), own_id)
        return Reply(200, msgspec.json.encode({"delivery": sent}))

    return await call.make(send, "hand_off")


async def _meant(call: Call, department: str | None) -> int:
    named = call.read(Named).department if call.body else None
    return (await acting_department(call.connection, call.caller, named or department)).id


HANDLERS = [show_webhook, write_webhook, remove_webhook, rotate_webhook, try_webhook]
