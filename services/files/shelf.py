"""What a step of the dialogue must know of the files that a resident has sent lately."""

from uuid import UUID

from msgspec import Struct

from services.db.query import Connection
from services.dialogs.world import Visitor, World
from services.files.limits import DAY_BYTES, DAY_FILES, day_began
from services.files.queries import REFUSED, TODAY
from services.house import House

NAME = "files"


class Shelf(Struct, frozen=True, kw_only=True):
    """Files and bytes since midnight, and which of the files not yet sent were refused."""

    today: int = 0
    received: int = 0
    refused: frozenset[UUID] = frozenset()

    def room(self) -> int:
        """Return how many files the resident may still send today."""
        return max(0, DAY_FILES - self.today) if self.received < DAY_BYTES else 0

    def fit(self, files: tuple[UUID, ...]) -> int:
        """Return how many of these were not refused, so far as is known."""
        return sum(each not in self.refused for each in files)


async def load_shelf(
    connection: Connection, house: House, visitor: Visitor | None, world: World
) -> Shelf:
    """Read what a resident has sent today."""
    if visitor is None:
        return Shelf()
    midnight = day_began(world.now, house.zone)
    today = await TODAY.one(connection, visitor.account_id, midnight)
    refused = await REFUSED.all(connection, visitor.account_id)
    return Shelf(today=today.files, received=today.received, refused=frozenset(refused))


def shelf_of(world: World) -> Shelf:
    """Return what was read; raises NeedsDatabase where nothing was."""
    return world.read(NAME)
