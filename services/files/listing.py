"""The files of cases, as `details.attachments` lists them."""

from collections.abc import Sequence
from typing import Literal, cast
from uuid import UUID

from schemas.cases import Attachment
from services.db.query import Connection
from services.files.personal import PERSONAL, FilePersonal
from services.files.queries import OF_CASES, StoredFile
from services.house import House

HIDDEN = "***"


async def attachments_of(
    connection: Connection, house: House, cases: Sequence[UUID], *, masked: bool = False
) -> dict[UUID, tuple[Attachment, ...]]:
    """Return the files of each of these cases, in their order; names are hidden where masked."""
    found: dict[UUID, tuple[Attachment, ...]] = {}
    for row in await OF_CASES.all(connection, list(cases)):
        name = HIDDEN if masked else _name(house, row)
        scan = cast("Literal['clean', 'unscanned']", row.scan)  # the table takes no other
        shown = Attachment(row.number, name, row.content_type, row.size, scan)
        found[row.case_id] = (*found.get(row.case_id, ()), shown)
    return found


def _name(house: House, row: StoredFile) -> str:
    return house.sealer.open_value(PERSONAL, row.id, row.personal, FilePersonal).name
