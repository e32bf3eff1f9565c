"""Connections to PostgreSQL, set up once."""

from typing import Any

import asyncpg
import msgspec

from services.db.pooled import PooledConnection, is_pooled

POOL_SIZE = 12  # measured: 8 to 16 connections a process are best on two cores
STATEMENT_SECONDS = 15  # no statement of the gateway is allowed to run longer
LOCK_SECONDS = 3  # then the caller is told "busy, try again"
NAME = {"application_name": "gateway"}
SESSION = {
    **NAME,
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",  # short statements only; compiling them costs more than running them
}
"""What a session of PostgreSQL is told."""


async def open_pool(dsn: str, *, size: int = POOL_SIZE) -> asyncpg.Pool:
    """Open a pool of connections, to PostgreSQL itself or through PgBouncer in transaction mode.

    Through PgBouncer no prepared statements are kept, and time-outs are those of the role
    (`ALTER ROLE … SET`), besides the one kept here.
    Raises asyncpg and OS errors when the database cannot be reached.
    """
    pooled = await is_pooled(dsn, SESSION)
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=STATEMENT_SECONDS + 5,
        connection_class=PooledConnection if pooled else asyncpg.Connection,
        statement_cache_size=0 if pooled else 256,
        max_inactive_connection_lifetime=300,
        server_settings=NAME if pooled else SESSION,
        init=_set_codecs,
        reset=_keep,
    )


async def _keep(connection: Any) -> None:
    """Replace asyncpg's reset, a round trip of its own: nothing here needs resetting.

    No session-level lock, setting, listener or cursor outlives a transaction of the gateway.
    """


async def _set_codecs(connection: asyncpg.Connection) -> None:
    async with connection.transaction():  # which a pooler gives one session
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=_to_jsonb,
            decoder=_from_jsonb,
            format="binary",
        )


def _to_jsonb(value: Any) -> bytes:
    return b"\x01" + msgspec.json.encode(value)  # jsonb's binary form: version 1, then the text


def _from_jsonb(data: bytes) -> Any:
    return msgspec.json.decode(data[1:])
