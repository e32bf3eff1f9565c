"""Writing to the outbox, in the transaction of what it tells about."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from schemas.dialogs import Message
from services.db.ids import new_id
from services.db.query import Connection
from services.deliveries.queries import INSERT_HAND_OFF, INSERT_MESSAGE
from services.privacy.sealing import Sealer

TEXT_LIMIT = 4096  # of one VK message; longer words go out in several
STEP_USEFUL = timedelta(hours=24)  # a form's question is worth nothing the day after
PLACE = "deliveries.personal"


class NewMessage(Struct, frozen=True, kw_only=True):
    """A message to a resident about a case.

    Without an account (the case came by phone) or where the person can't be written to, it is
    parked: it becomes an item of the list of calls.
    """

    account_id: UUID | None
    community_id: int | None
    case_id: UUID | None
    message: Message
    type: str
    writable: bool = True
    useful_until: datetime | None = None


async def write_message(
    connection: Connection, sealer: Sealer, now: datetime, new: NewMessage
) -> list[UUID]:
    """Put a message into the outbox, split where it is too long; return the ids of deliveries."""
    reachable = new.account_id is not None and new.community_id is not None and new.writable
    ids: list[UUID] = []
    for part in split(new.message):
        delivery_id = new_id()
        await INSERT_MESSAGE.run(
            connection,
            delivery_id,
            "waiting" if reachable else "parked",
            new.type,
            new.community_id,
            new.account_id,
            new.case_id,
            new_random_id(),
            now,
            new.useful_until,
            sealer.seal_value(PLACE, delivery_id, part),
        )
        ids.append(delivery_id)
    return ids


async def write_hand_off(
    connection: Connection, now: datetime, case_id: UUID, department_id: int, kind: str
) -> UUID | None:
    """Put a note for the department's webhook into the outbox.

    `kind` is the webhook's type (`case.assigned` …). Returns None when the department has no
    webhook: the case waits in its queue all the same.
    """
    delivery_id = new_id()
    written = await INSERT_HAND_OFF.run(connection, delivery_id, kind, department_id, case_id, now)
    return delivery_id if written else None


def new_random_id() -> int:
    """Return VK's guard against doubles: a positive int32, never 0."""
    return secrets.randbelow(2**31 - 1) + 1


def split(message: Message, limit: int = TEXT_LIMIT) -> Sequence[Message]:
    """Cut a message whose text is over `limit` characters; the buttons stay with the last part.

    Cuts at a line's end where there is one in the last half of a part, else at a space.
    """
    if len(message.text) <= limit:
        return (message,)
    parts: list[str] = []
    rest = message.text
    while len(rest) > limit:
        at = max(rest.rfind("\n", limit // 2, limit), 0) or rest.rfind(" ", limit // 2, limit)
        at = at if at > 0 else limit
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    last = Message(rest, message.rows, message.inline, message.keyboard)
    return (*(Message(part) for part in parts), last)
