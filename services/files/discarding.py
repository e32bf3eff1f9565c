"""Letting files go: of drafts that were cancelled or expired, of residents who were erased."""

import asyncpg

from services.files.personal import blob_name
from services.files.queries import (
    DROPPED,
    DUE,
    EXPIRE_LEASES,
    GONE,
)
from services.house import House
from services.ports import Doorbell, Storage

ROWS = 200


async def discard_dropped(pool: asyncpg.Pool, storage: Storage) -> None:
    """Take the content of dropped files out of the storage; it was unreadable already."""
    while True:
        async with pool.acquire() as connection:
            rows = await DROPPED.all(connection, ROWS)
        for row in rows:
            for attempt in range(1, row.attempts + 1):
                await storage.drop(blob_name(row.place, attempt))
        async with pool.acquire() as connection:
            await GONE.run(connection, [row.id for row in rows])
        if len(rows) < ROWS:
            return


async def sweep_files(pool: asyncpg.Pool, house: House, doorbell: Doorbell) -> None:
    """Free what a killed worker had leased, and ring if anything is to be done."""
    now = house.now()
    async with pool.acquire() as connection:
        await EXPIRE_LEASES.run(connection, now)
        due = await DUE.one(connection, now)
    if due:
        await doorbell.ring("fetch")
