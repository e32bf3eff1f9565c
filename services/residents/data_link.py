"""A link by which a resident, and nobody else, sees everything that is stored of them."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from services.db.ids import new_id
from services.db.query import Connection
from services.house import House
from services.residents.data_queries import ADD_LINK, LINKED, NOTE_OWN_LOOK

PATH = "/my-data"
GOOD_FOR = timedelta(hours=1)
TOKEN_BYTES = 24
SELF = "resident"
OPENED = "Страница «Мои данные»"


async def make_link(connection: Connection, house: House, account_id: UUID) -> str:
    """Return a new link; only the hash of its token is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await ADD_LINK.run(connection, _hash(token), account_id, house.now() + GOOD_FOR)
    return f"{house.public_url}{PATH}/{token}"


async def follow_link(connection: Connection, house: House, token: str) -> UUID:
    """Return whose data a token opens, and note the look; raises NotFound.

    Whoever got hold of the link is seen by the resident in the list of looks.
    """
    now = house.now()
    account_id = await LINKED.one(connection, _hash(token), now)
    await NOTE_OWN_LOOK.run(connection, new_id(), account_id, SELF, OPENED, now)
    return account_id


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
