"""What a move does besides: enrolments hold places. Kind → what happens before the move."""

from datetime import datetime
from uuid import UUID

from services.clubs.places import shift
from services.db.query import Connection


async def take_effect(
    connection: Connection,
    kind: str,
    case_id: UUID,
    target: str,
    now: datetime,
    until: datetime | None,
) -> None:
    """Do what a move to `target` needs; raises a Conflict where that cannot be."""
    if kind == "enrolment":
        await shift(connection, case_id, target, now, until)
