"""Who acts: what the database notes of a change to the house carries this name."""

from datetime import datetime

from services.audit.queries import ACT_AS, NOTE_ACT
from services.db.ids import new_id
from services.db.query import Connection


async def act_as(connection: Connection, who: str, actor: str | None = None) -> None:
    """Say who changes things until the end of this transaction."""
    await ACT_AS.maybe(connection, who, actor or "")


async def note_act(
    connection: Connection, who: str, what: str, subject: str, now: datetime
) -> None:
    """Note what was done where no row of the house changes; `subject` holds nothing personal."""
    await NOTE_ACT.run(connection, new_id(), who, what, subject, now)
