"""What residents may have done with their data: consents withdrawn, all erased that may be."""

from datetime import datetime
from uuid import UUID

from services.cases.moving import resident_move
from services.db.query import Connection
from services.dialogs.world import Visitor
from services.errors import Conflict
from services.files.queries import DROP_OF_ACCOUNT
from services.house import House
from services.residents.consenting import withdraw_consent
from services.residents.data_queries import (
    ASK_TO_ERASE,
    FORGET_CHILDREN,
    FORGET_DELIVERIES,
    FORGET_DIALOGS,
    FORGET_LINKS,
    OWN_CASES,
)
from services.residents.data_words import ending
from services.residents.queries import CONSENTS_IN_FORCE
from services.retention.erasing import ERASE_CASES

WITHDRAW, ERASE = "withdraw", "erase"
RESIDENT = "resident"


async def exercise(
    connection: Connection, house: House, visitor: Visitor, action: str, now: datetime
) -> None:
    """Withdraw every consent; with `erase` also let go of all that no law keeps.

    The visitor's own dialogue is left to the caller. Doing it twice changes nothing.
    """
    for consent in await CONSENTS_IN_FORCE.all(connection, visitor.account_id):
        await withdraw_consent(connection, visitor, consent.document_id, now)
    for case in await OWN_CASES.all(connection, visitor.account_id):
        target = ending(case)
        if target is not None:
            await _end(connection, house, case.id, target)
    if action == WITHDRAW:
        return
    await FORGET_CHILDREN.run(connection, visitor.account_id)
    over = [case.id for case in await OWN_CASES.all(connection, visitor.account_id) if case.final]
    await ERASE_CASES.one(connection, over, now, RESIDENT)
    await ASK_TO_ERASE.run(connection, visitor.account_id, now)
    await DROP_OF_ACCOUNT.run(connection, visitor.account_id)
    await FORGET_DIALOGS.run(connection, visitor.account_id, visitor.dialog_id)
    await FORGET_DELIVERIES.run(connection, visitor.account_id, now)
    await FORGET_LINKS.run(connection, visitor.account_id)


async def _end(connection: Connection, house: House, case_id: UUID, target: str) -> None:
    """End a case; what can no longer be ended (an appointment within the hour) stays."""
    try:
        async with connection.transaction():
            await resident_move(connection, house, case_id, target)
    except Conflict:
        return
