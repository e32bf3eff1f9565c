"""A department's push address and the secret that signs what is sent there."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from services.backends.describing import delete_described
from services.db.ids import new_id
from services.db.query import Connection
from services.deliveries.queries import INSERT_HAND_OFF
from services.departments.queries import DELETE_WEBHOOK, PUT_WEBHOOK, WEBHOOK
from services.errors import Conflict, NotFound
from services.privacy.sealing import Sealer

SECRET_PLACE = "webhooks.secret"  # noqa: S105 - the name of a column
PREVIOUS_PLACE = "webhooks.previous_secret"
PREVIOUS_KEPT = timedelta(hours=24)  # both secrets sign, so that a back end can change over
TEST = "webhook.test"


class WebhookDisabled(Conflict):
    """The address answered 410 and was switched off; put it again first."""

    code = "webhook_disabled"


class WebhookShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook; `secret` only in the answer that made it."""

    url: str
    secret: str | UnsetType = UNSET
    previous_until: datetime | None = None
    disabled_at: datetime | None = None


async def put_webhook(
    connection: Connection,
    sealer: Sealer,
    now: datetime,
    department_id: int,
    url: str,
    secret: str,
) -> WebhookShown:
    """Set the address (checked by the caller) and a new secret; the one before signs for a day."""
    known = await WEBHOOK.maybe(connection, department_id)
    previous, until = None, None
    if known is not None:
        opened = sealer.open(SECRET_PLACE, department_id, known.secret)
        previous = sealer.seal(PREVIOUS_PLACE, department_id, opened)
        until = now + PREVIOUS_KEPT
    await delete_described(connection, department_id)
    sealed = sealer.seal(SECRET_PLACE, department_id, secret.encode())
    await PUT_WEBHOOK.run(connection, department_id, url, sealed, previous, until)
    return WebhookShown(url=url, secret=secret, previous_until=until)


async def get_webhook(connection: Connection, now: datetime, department_id: int) -> WebhookShown:
    """Return the address, never the secret; raises NotFound where there is none."""
    row = await WEBHOOK.one(connection, department_id)
    until = row.previous_until
    return WebhookShown(
        url=row.url,
        previous_until=until if until is not None and until > now else None,
        disabled_at=row.disabled_at,
    )


async def rotate_secret(
    connection: Connection, sealer: Sealer, now: datetime, department_id: int, secret: str
) -> WebhookShown:
    """Take a new secret into use; the one before signs too for a day. Raises NotFound."""
    row = await WEBHOOK.one(connection, department_id)
    return await put_webhook(connection, sealer, now, department_id, row.url, secret)


async def delete_webhook(connection: Connection, department_id: int) -> None:
    """Forget the address: cases wait in the department's queue. Raises NotFound."""
    if not await DELETE_WEBHOOK.run(connection, department_id):
        raise NotFound


async def send_test(connection: Connection, now: datetime, department_id: int) -> UUID:
    """Put a `webhook.test` into the outbox; raises NotFound without a webhook, WebhookDisabled."""
    row = await WEBHOOK.one(connection, department_id)
    if row.disabled_at is not None:
        raise WebhookDisabled
    delivery_id = new_id()
    await INSERT_HAND_OFF.run(connection, delivery_id, TEST, department_id, None, now)
    return delivery_id
