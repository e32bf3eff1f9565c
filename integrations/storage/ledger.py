"""Keeps the ledger of erasures in a folder: one file each, so that machines may share it."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from integrations.storage.disk import DiskStorage
from services.backups.queries import Erasure
from services.db.ids import new_id

ERASURES = "erasures"
"""The folder within GATEWAY_DATA_DIR; it is to be copied elsewhere apart from the backups."""


class LedgerFolder:
    """`services.ports.Ledger` on a folder. A line holds ids that mean nothing by themselves."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made when first needed."""
        self.folder = folder
        self._storage = DiskStorage(folder)

    async def note(self, account_id: UUID, action: str, at: datetime) -> None:
        """Remember; raises OSError where the folder cannot be written."""
        await self._storage.put(new_id().hex, msgspec.json.encode(Erasure(account_id, action, at)))

    def read(self) -> list[Erasure]:
        """Return all that was noted; raises OSError, or msgspec's DecodeError for another file."""
        return [
            msgspec.json.decode(path.read_bytes(), type=Erasure)
            for path in sorted(self.folder.glob("*/[!.]*"))
        ]
