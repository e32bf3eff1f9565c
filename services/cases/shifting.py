"""What a service is told of a move, to do its own part in the same transaction."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Shift(Struct, frozen=True, kw_only=True):
    """A case that comes to a state.

    `until`: the end of an offer; `slot_id`: the time that was chosen; `by`: whose move it is.
    """

    case_id: UUID
    target: str
    now: datetime
    until: datetime | None = None
    slot_id: UUID | None = None
    by: str = "gateway"
