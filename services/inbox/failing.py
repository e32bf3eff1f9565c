"""Events that fail again and again: kept as failed, so that one bug never stops a community."""

from schemas.dialogs import Message
from schemas.events import Pressed, Said
from services.db.query import Connection
from services.deliveries.outbox import NewMessage, write_message
from services.dialogs import wording
from services.house import House
from services.inbox.queries import COUNT_FAILURE, FIND_ACCOUNT, GIVE_UP
from services.inbox.visits import Visit

TRIES = 3  # VK switches a community off that answers with errors; from here on it gets its `ok`


async def note_failure(connection: Connection, house: House, visit: Visit, error: str) -> bool:
    """Count a failure of an event that failed alone; return whether it was given up.

    The resident of an event that is given up gets one sentence. `error` is the error's class:
    its words may hold what the resident wrote.
    """
    now = house.now()
    community_id, event_id = visit.key
    tries = await COUNT_FAILURE.one(connection, community_id, event_id, error, now)
    if tries < TRIES:
        return False
    async with connection.transaction():
        kept = await GIVE_UP.run(connection, community_id, event_id, visit.type, error, now)
        if kept and isinstance(visit.event, Said | Pressed):
            await _apologise(connection, house, visit)
    return True


async def _apologise(connection: Connection, house: House, visit: Visit) -> None:
    account_id = await FIND_ACCOUNT.maybe(connection, visit.community.operator_id, visit.user_key)
    if account_id is None:
        return
    await write_message(
        connection,
        house.sealer,
        house.now(),
        NewMessage(
            account_id=account_id,
            community_id=visit.community.id,
            case_id=None,
            message=Message(wording.TRY_AGAIN),
            type="apology",
        ),
    )
