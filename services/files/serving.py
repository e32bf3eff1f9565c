"""Files of cases as callers see and get them; every look at one is noted."""

import asyncio
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from services.cases.reading import find_case, note_reads
from services.cases.view_queries import LAST_READ
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import Forbidden, NotFound
from services.files.personal import PERSONAL, FilePersonal, blob_name
from services.files.queries import OF_CASE, StoredFile
from services.files.sealing import open_content
from services.house import House
from services.ports import Storage

OPENED = "Файл {number}"
REASON_HOLDS = timedelta(hours=1)


class Download(Struct, frozen=True):
    """A file, opened."""

    name: str
    content_type: str
    content: bytes


async def read_file(
    connection: Connection, house: House, caller: Caller, case_id: UUID, number: int
) -> StoredFile:
    """Return a file of a case, and note who gets it; its content is opened by `open_file`.

    A file cannot be masked, so an admin or moderator first says why he opens the case; that
    holds for an hour after his last look. Raises NotFound, Forbidden.
    """
    case = await find_case(connection, caller, case_id)
    if caller.role != "department":
        last = await LAST_READ.maybe(connection, case.id, caller.who)
        if last is None or house.now() - last > REASON_HOLDS:
            raise Forbidden("First say why you open this case: POST …/personal-data.")
    file = await OF_CASE.one(connection, case.id, number)
    await note_reads(connection, house, caller, [case.id], OPENED.format(number=number))
    return file


async def open_file(house: House, storage: Storage, file: StoredFile) -> Download:
    """Return the content of a file; raises NotFound where the storage has lost it, Unreadable."""
    personal = house.sealer.open_value(PERSONAL, file.id, file.personal, FilePersonal)
    sealed = await storage.get(blob_name(file.place, file.attempts))
    if sealed is None:
        raise NotFound
    content = await asyncio.to_thread(open_content, personal.key, file.id, sealed)
    return Download(personal.name, file.content_type, content)
