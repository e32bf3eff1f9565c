"""A message that this process has leased: nobody else sends it until the lease runs out."""

from uuid import UUID

from msgspec import Struct

from schemas.dialogs import Message


class Leased(Struct, frozen=True, kw_only=True):
    """One message on its way. `user_id` is the channel's own id of the person."""

    id: UUID
    account_id: UUID
    user_id: int
    random_id: int
    attempts: int
    message: Message
