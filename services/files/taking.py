"""From a message to a case: files are noted when they come, bound when the draft is sent."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from schemas.dialogs import SentFile
from services.db.query import Connection
from services.dialogs.world import TakeFiles, Visitor
from services.files.limits import CASE_FILES
from services.files.names import clean_name
from services.files.personal import PERSONAL, FilePersonal
from services.files.queries import BIND, DROP_UNSENT, NOTE
from services.house import House


async def note_files(
    connection: Connection,
    house: House,
    visitor: Visitor,
    community_id: int,
    sent: TakeFiles,
    now: datetime,
) -> None:
    """Note what is to be fetched, in the transaction of the event that brought it."""
    rows = [
        (each.id, secrets.token_hex(16), _personal(house, each, number))
        for number, each in enumerate(sent.files, sent.before + 1)
    ]
    ids, places, personal = zip(*rows, strict=True)
    await NOTE.run(
        connection,
        visitor.account_id,
        community_id,
        visitor.dialog_id,
        now,
        list(ids),
        list(places),
        list(personal),
    )


def _personal(house: House, file: SentFile, number: int) -> bytes:
    name = clean_name(file.name) if file.name.strip() else f"Фото {number}"
    return house.sealer.seal_value(PERSONAL, file.id, FilePersonal(name=name, url=file.url))


async def bind_files(
    connection: Connection, account_id: UUID, case_id: UUID, files: Iterable[str] | None
) -> int:
    """Give a case the files of the draft it was made of; return how many it got.

    Those that were refused meanwhile are left out, and so is what goes beyond the limit.
    """
    ids = [UUID(each) for each in files or ()]
    if not ids:
        return 0
    return len(await BIND.all(connection, case_id, ids, account_id, CASE_FILES))


async def drop_files(connection: Connection, files: Iterable[UUID]) -> None:
    """Let files of a draft go that was cancelled or sent without them."""
    await DROP_UNSENT.run(connection, list(files))
