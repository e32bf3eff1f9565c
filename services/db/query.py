"""SQL beside the struct of its rows."""

from typing import Any, Generic, TypeVar

import msgspec
from asyncpg import Connection as AsyncpgConnection
from asyncpg.pool import PoolConnectionProxy

from services.errors import NotFound

Row = TypeVar("Row")

Connection = AsyncpgConnection | PoolConnectionProxy
"""Services take a connection; whoever opened it owns the transaction."""


class Query(Generic[Row]):
    """A statement and what one of its rows is: a frozen struct, or a plain type for one column."""

    def __init__(self, row: type[Row], sql: str) -> None:
        """Pair `sql` with the type of its rows; `row` is `type(None)` where there are none."""
        self.row = row
        self.sql = sql
        self._struct = issubclass(row, msgspec.Struct)

    async def all(self, connection: Connection, *args: Any) -> list[Row]:
        """Return every row."""
        return [self._read(record) for record in await connection.fetch(self.sql, *args)]

    async def maybe(self, connection: Connection, *args: Any) -> Row | None:
        """Return the first row, or None."""
        record = await connection.fetchrow(self.sql, *args)
        return None if record is None else self._read(record)

    async def one(self, connection: Connection, *args: Any) -> Row:
        """Return the first row; raises NotFound where there is none."""
        row = await self.maybe(connection, *args)
        if row is None:
            raise NotFound
        return row

    async def run(self, connection: Connection, *args: Any) -> int:
        """Carry the statement out; return the number of rows it touched."""
        tag = await connection.execute(self.sql, *args)
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    def _read(self, record: Any) -> Row:
        if self._struct:
            return msgspec.convert(dict(record), self.row)
        return record[0]
