"""Connections through PgBouncer in transaction mode."""

from typing import Any

import asyncpg

TIMEOUTS = "unsupported startup parameter"
"""How PgBouncer refuses a setting of a session: the next transaction may be another session's."""


class PooledConnection(asyncpg.Connection):
    """A connection whose statements each run inside a transaction.

    asyncpg prepares a statement and runs it in two exchanges. Outside a transaction PgBouncer may
    give these to two different sessions, of which the second knows no such statement, or knows
    another one under the same empty name.
    """

    async def fetch(self, query: str, *args: Any, **options: Any) -> list[Any]:
        """Return every row."""
        if self.is_in_transaction():
            return await super().fetch(query, *args, **options)
        async with self.transaction():
            return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        """Return the first row, or None."""
        if self.is_in_transaction():
            return await super().fetchrow(query, *args, **options)
        async with self.transaction():
            return await super().fetchrow(query, *args, **options)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """Run a statement; without arguments (`BEGIN` too) it is one exchange and runs as it is."""
        if not args or self.is_in_transaction():
            return await super().execute(query, *args, **options)
        async with self.transaction():
            return await super().execute(query, *args, **options)


async def is_pooled(dsn: str, settings: dict[str, str]) -> bool:
    """Tell whether PgBouncer stands before the database: it refuses or drops session settings.

    Raises asyncpg and OS errors when the database cannot be reached.
    """
    try:
        connection = await asyncpg.connect(dsn, statement_cache_size=0, server_settings=settings)
    except asyncpg.ProtocolViolationError as error:
        if TIMEOUTS in str(error):
            return True
        raise
    try:
        # One exchange, without a prepared statement. A pooler told to ignore the settings did.
        async with connection.transaction():
            found = await connection.fetchval("SHOW statement_timeout")
    finally:
        await connection.close()
    return found != settings["statement_timeout"]
