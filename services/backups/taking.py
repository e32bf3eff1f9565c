"""Taking a backup: every table as of one moment, then the files that its rows name."""

from collections.abc import Callable, Sequence
from typing import Any

from services.backups.archive import Blob, Counter, End, Table, Writer, deflate
from services.backups.queries import BLOBS, SEQUENCES, TABLES, TableShape
from services.db.query import Connection
from services.files.personal import blob_name
from services.ports import Storage

PART = 512 * 1024  # bytes of a table in one frame
FILES_TOLD = 1000
"""After so many files the progress is told."""

Tell = Callable[[str], None]


async def take(connection: Connection, storage: Storage, writer: Writer, tell: Tell) -> End:
    """Write everything; call in a REPEATABLE READ transaction, which blocks nobody's work.

    A file that a resident erases meanwhile is missing; `End` says how many are.
    """
    tables, rows = in_order(await TABLES.all(connection)), 0
    for place, table in enumerate(tables, 1):
        tell(f"table {place} of {len(tables)}: {table.name}")
        writer.write(Table(table.name, table.columns))
        rows += await _copy(connection, table, writer)
    for sequence in await SEQUENCES.all(connection):
        if sequence.value is not None:
            writer.write(Counter(sequence.name, sequence.value))
    blobs = await BLOBS.all(connection)
    missing = 0
    for place, stored in enumerate(blobs):
        if place % FILES_TOLD == 0:
            tell(f"files: {place} of {len(blobs)}")
        name = blob_name(stored.place, stored.attempts)
        content = await storage.get(name)
        if content is None:
            missing += 1
        else:
            writer.write(Blob(name, content))
    end = End(rows, len(blobs) - missing, missing)
    writer.write(end)
    return end


def in_order(tables: Sequence[TableShape]) -> list[TableShape]:
    """Return the tables so that each comes after those that its rows point to.

    Raises ValueError where two point to each other.
    """
    left, done = list(tables), list[TableShape]()
    while left:
        known = {table.name for table in done}
        ready = [table for table in left if known.issuperset(table.needs)]
        if not ready:
            raise ValueError("tables point to each other: " + ", ".join(t.name for t in left))
        done += ready
        left = [table for table in left if table not in ready]
    return done


async def _copy(connection: Connection, table: TableShape, writer: Writer) -> int:
    held = bytearray()

    async def keep(data: bytes) -> None:
        held.extend(data)
        if len(held) >= PART:
            writer.write(deflate(bytes(held)))
            held.clear()

    output: Any = keep
    tag = await connection.copy_from_table(table.name, columns=table.columns, output=output)
    if held:
        writer.write(deflate(bytes(held)))
    return int(tag.rpartition(" ")[2])
