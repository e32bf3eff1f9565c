"""The sweep: what rings were lost, what leases ran out, what nobody needs any more."""

import asyncpg

from services.deliveries.queries import (
    DUE_PAGES,
    EXPIRE_HAND_OFF_LEASES,
    EXPIRE_LEASES,
    EXPIRE_USELESS,
    HAND_OFFS_DUE,
)
from services.house import House
from services.ports import Doorbell


async def sweep_deliveries(pool: asyncpg.Pool, house: House, doorbell: Doorbell) -> None:
    """Free what a killed process had leased and ring for everything that is due."""
    now = house.now()
    async with pool.acquire() as connection:
        await EXPIRE_LEASES.run(connection, now)
        await EXPIRE_HAND_OFF_LEASES.run(connection, now)
        await EXPIRE_USELESS.run(connection, now)
        pages = await DUE_PAGES.all(connection, now)
        hand_offs = await HAND_OFFS_DUE.one(connection, now)
    for community_id in pages:
        await doorbell.ring("send", str(community_id))
    if hand_offs:
        await doorbell.ring("hand_off")
