"""Who looked at whose data, and who changed the house: by key, person, case."""

from datetime import datetime

from msgspec import Struct

from services.audit.queries import ACTS, LOOKS, Act, Look
from services.communities.operators import operator_by_code
from services.db.query import Connection
from services.inbox.visits import CHANNEL
from services.privacy.sealing import Sealer


class Wanted(Struct, frozen=True, kw_only=True):
    """What to list; None is any. `person` is an id at VK, `number` that of a case."""

    key_id: str | None = None
    number: str | None = None
    person: int | None = None
    operator: str | None = None
    since: datetime | None = None


async def list_looks(connection: Connection, sealer: Sealer, wanted: Wanted) -> list[Look]:
    """Return who looked, oldest first; raises InvalidRequest for an unknown operator."""
    operator = None
    if wanted.operator is not None:
        operator = (await operator_by_code(connection, wanted.operator)).id
    person = None if wanted.person is None else sealer.keyed_hash(CHANNEL, str(wanted.person))
    return await LOOKS.all(connection, wanted.key_id, wanted.number, person, operator, wanted.since)


async def list_acts(connection: Connection, wanted: Wanted) -> list[Act]:
    """Return who changed what of the house, oldest first."""
    return await ACTS.all(connection, wanted.key_id, wanted.since)
