"""Consents: append-only rows of what was agreed to, or taken back, when and by which event."""

from datetime import datetime
from typing import Literal

from services.db.ids import new_id
from services.db.query import Connection
from services.dialogs.world import Visitor
from services.residents.queries import INSERT_CONSENT


async def give_consent(
    connection: Connection, visitor: Visitor, document_id: int, now: datetime
) -> None:
    """Note that the resident agreed to a document (152-ФЗ, art. 9)."""
    await _note(connection, visitor, document_id, "given", now)


async def withdraw_consent(
    connection: Connection, visitor: Visitor, document_id: int, now: datetime
) -> None:
    """Note that the resident took the consent back (152-ФЗ, art. 9, part 2)."""
    await _note(connection, visitor, document_id, "withdrawn", now)


async def _note(
    connection: Connection,
    visitor: Visitor,
    document_id: int,
    action: Literal["given", "withdrawn"],
    now: datetime,
) -> None:
    await INSERT_CONSENT.run(
        connection, new_id(), visitor.account_id, document_id, action, visitor.event_id, now
    )
