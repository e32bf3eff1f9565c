"""Where departments' back ends are, opened for a call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from schemas.backends import RestDescription
from services.backends.queries import BACKENDS, BackendRow
from services.db.query import Connection
from services.deliveries.queries import WEBHOOK_TARGETS, WebhookTarget
from services.house import House
from services.ports import BackendTarget

SECRET = "webhooks.secret"  # noqa: S105 - the column's name
PREVIOUS_SECRET = "webhooks.previous_secret"  # noqa: S105 - the column's name
CREDENTIAL = "backends.secret"

BackendType = Literal["webhook", "json_rest"]


class Reached(Struct, frozen=True):
    """A back end: of which type, and where."""

    type: BackendType
    target: BackendTarget


async def targets(
    connection: Connection, house: House, departments: Sequence[int], now: datetime
) -> dict[int, Reached]:
    """Return the back ends of these departments; those without one, or disabled, are missing."""
    found = {
        row.department_id: _webhook(house, row)
        for row in await WEBHOOK_TARGETS.all(connection, departments, now)
    }
    for row in await BACKENDS.all(connection, departments):
        found[row.department_id] = _described(house, row)
    return found


def _webhook(house: House, row: WebhookTarget) -> Reached:
    secrets = [house.sealer.open(SECRET, row.department_id, row.secret).decode()]
    if row.previous_secret is not None:
        previous = house.sealer.open(PREVIOUS_SECRET, row.department_id, row.previous_secret)
        secrets.append(previous.decode())
    return Reached("webhook", BackendTarget(url=row.url, secrets=tuple(secrets)))


def _described(house: House, row: BackendRow) -> Reached:
    secrets: tuple[str, ...] = ()
    if row.secret is not None:
        secrets = (house.sealer.open(CREDENTIAL, row.department_id, row.secret).decode(),)
    description = msgspec.convert(row.description, RestDescription)
    target = BackendTarget(url=row.url, secrets=secrets, description=description)
    return Reached("json_rest", target)
