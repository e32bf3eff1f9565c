"""Messages to residents: claimed by page, sent in calls of up to 25, each settled by itself."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from schemas.dialogs import Message
from services.communities.pausing import pause_page
from services.communities.queries import Community
from services.deliveries.backoff import next_message_try
from services.deliveries.leased import Leased
from services.deliveries.outbox import PLACE
from services.deliveries.queries import (
    CLAIM_MESSAGES,
    HOLD_PERSON,
    UNREACHABLE,
    ClaimedMessage,
)
from services.deliveries.settling import judge, settle
from services.house import House
from services.ports import Messenger, Outgoing, Pace, Page, Verdict

CALL_LIMIT = 25  # messages in one `execute` (VK)
LEASE = timedelta(seconds=60)  # longer than any call to VK may take
CALLS_AT_ONCE = 6  # of one page: at 20 calls a second a call may take 0.3 s without slowing it
PATIENCE = 1.0  # seconds a drain waits for the page's pace
APART_SECONDS = 30.0  # for a batch that is sent one by one: well within the lease
GIVEN_UP = Verdict(outcome="retry", code="timeout")
ACCOUNT = "accounts.user_sealed"


async def drain(
    pool: asyncpg.Pool,
    house: House,
    messenger: Messenger,
    pace: Pace,
    community: Community,
    seconds: float,
) -> bool:
    """Send what waits for one page; return False if there was more than `seconds` allowed."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    calls: set[asyncio.Task[bool]] = set()
    try:
        while loop.time() < until:
            if len(calls) >= CALLS_AT_ONCE:
                await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            calls = {call for call in calls if not call.done()}
            batch = await claim(pool, house, community)
            if not batch:
                if not calls:
                    return True
                await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
                continue
            wait = await _turn(pace, community)
            await asyncio.sleep(wait)
            call = send_batch(pool, house, messenger, pace, community, batch)
            calls.add(asyncio.create_task(call))
        return False
    finally:
        if calls:
            await asyncio.wait(calls)


async def _turn(pace: Pace, community: Community) -> float:
    """Wait for the page's turn: other processes call for it too, or VK asked for a pause."""
    wait = await pace.reserve(community.group_id, PATIENCE)
    if wait is not None:
        return wait
    await asyncio.sleep(PATIENCE / 4)
    return await _turn(pace, community)


async def claim(pool: asyncpg.Pool, house: House, community: Community) -> list[Leased]:
    """Lease up to one call's worth of a page's messages, one a person, oldest first."""
    now = house.now()
    async with pool.acquire() as connection:
        rows = await CLAIM_MESSAGES.all(connection, community.id, now, CALL_LIMIT, now + LEASE)
    return [_open(house, row) for row in sorted(rows, key=lambda row: row.seq)]


def _open(house: House, row: ClaimedMessage) -> Leased:
    user_id = 0
    if row.user_sealed is not None:
        user_id = house.sealer.open_value(ACCOUNT, row.account_id, row.user_sealed, int)
    return Leased(
        id=row.id,
        account_id=row.account_id,
        user_id=user_id,
        random_id=row.random_id,
        attempts=row.attempts,
        message=house.sealer.open_value(PLACE, row.id, row.personal, Message),
    )


async def send_batch(
    pool: asyncpg.Pool,
    house: House,
    messenger: Messenger,
    pace: Pace,
    community: Community,
    batch: Sequence[Leased],
) -> bool:
    """Send leased messages in one call and settle each; return whether all of them arrived."""
    token = house.sealer.open("communities.token", f"vk:{community.group_id}", community.token)
    page = Page(community.id, community.group_id, token.decode())
    outgoing = [Outgoing(item.user_id, item.random_id, item.message) for item in batch]
    verdicts = await messenger.send(page, outgoing)
    if any(verdict.outcome == "apart" for verdict in verdicts):
        verdicts = await _send_apart(messenger, pace, page, outgoing)
    await _settle(pool, house, pace, community, batch, verdicts)
    return all(verdict.outcome == "sent" for verdict in verdicts)


async def _send_apart(
    messenger: Messenger, pace: Pace, page: Page, batch: Sequence[Outgoing]
) -> list[Verdict]:
    """Send each message in a call of its own, so that the one that spoils the batch is found.

    A `random_id` that did arrive makes the channel drop the double.
    """
    verdicts: list[Verdict] = []
    until = asyncio.get_running_loop().time() + APART_SECONDS
    for outgoing in batch:
        left = until - asyncio.get_running_loop().time()
        wait = await pace.reserve(page.group_id, left) if left > 0 else None
        if wait is None:
            verdicts.append(GIVEN_UP)
            continue
        await asyncio.sleep(wait)
        verdicts += await messenger.send(page, [outgoing])
    return verdicts


async def _settle(
    pool: asyncpg.Pool,
    house: House,
    pace: Pace,
    community: Community,
    batch: Sequence[Leased],
    verdicts: Sequence[Verdict],
) -> None:
    now = house.now()
    tries = list(zip(batch, verdicts, strict=True))
    settled = [
        judge(item.id, item.attempts, verdict, next_message_try, now) for item, verdict in tries
    ]
    parked = [item.account_id for item, verdict in tries if verdict.outcome == "parked"]
    held = {
        item.account_id: verdict.retry_after
        for item, verdict in tries
        if verdict.scope == "person" and verdict.outcome == "retry" and verdict.retry_after
    }
    stop = next((verdict for verdict in verdicts if verdict.scope == "page"), None)
    async with pool.acquire() as connection, connection.transaction():
        await settle(connection, now, settled)
        if parked:
            await UNREACHABLE.run(connection, parked, "unreachable")
        if held:
            until = now + timedelta(seconds=max(held.values()))
            await HOLD_PERSON.run(connection, list(held), until)
        if stop is not None and stop.stops_page:
            await pause_page(connection, community.id, stop.code, now)
    if stop is not None and stop.retry_after is not None:
        await pace.pause(community.group_id, stop.retry_after)
