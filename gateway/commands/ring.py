"""gateway keys: the keys that personal values are sealed with."""

import asyncio
import time
from argparse import Namespace
from datetime import UTC, datetime, timedelta

import asyncpg

from gateway.commands.session import (
    command_name,
    open_desk,
    opened_pool,
    settled,
    table,
)
from gateway.settings import Settings
from services.audit.acting import act_as
from services.privacy.columns import SEALED, SealedColumn
from services.privacy.keyring import ALL_KEYS, open_keyring
from services.privacy.rotating import (
    Progress,
    begin,
    check_settled,
    finish,
    put_in_force,
    reseal_some,
    walk_anew,
)
from services.privacy.rotating import retire as retire_keys
from services.privacy.rotation_queries import OPEN_ROTATION, STEPS, Step
from services.privacy.sealing import Sealer

PAUSE = 0.01  # seconds between two transactions: residents come first
BUSY_PAUSE = 1.0  # after a lock that could not be had
TELL_EVERY = 1.0  # seconds between two lines about the same column


def rotate(args: Namespace) -> None:
    """Seal everything with a new key; what was stopped half-way goes on."""
    with settled() as settings:
        asyncio.run(_rotate(settings, timedelta(seconds=args.notice)))
    print("Everything is sealed with the new key, and the ring is wrapped with the newest")
    print("of GATEWAY_SECRET_KEYS: older ones can be taken out of the list.")


def list_all(_args: Namespace) -> None:
    """List the keys of the ring and how far a rotation is; never a key itself."""

    async def run() -> None:
        async with open_desk(settings) as desk:
            rows = await ALL_KEYS.all(desk.connection)
            under_way = await OPEN_ROTATION.maybe(desk.connection)
            steps = await STEPS.all(desk.connection, under_way.key_id) if under_way else []
        head = ("id", "purpose", "in force since")
        lines = [
            (row.id, row.purpose, row.in_force_at and f"{row.in_force_at:%Y-%m-%d %H:%M}")
            for row in rows
        ]
        print(table([head, *lines]))
        if steps:
            print("\nA rotation is under way; `gateway keys rotate` goes on with it.")
            print("\n".join(map(_line, steps)))

    with settled() as settings:
        asyncio.run(run())


def retire(_args: Namespace) -> None:
    """Forget every key but the newest, when nothing is sealed with another any more."""

    async def run() -> int:
        async with opened_pool(settings) as pool:
            async with pool.acquire() as connection, connection.transaction():
                key_id = await check_settled(connection, datetime.now(UTC))
                await walk_anew(connection, key_id)
            await _walk_all(settings, pool)
            async with pool.acquire() as connection, connection.transaction():
                await act_as(connection, command_name())
                return await retire_keys(connection, key_id, datetime.now(UTC))

    with settled() as settings:
        number = asyncio.run(run())
    print(f"Keys forgotten: {number}.")


async def _rotate(settings: Settings, notice: timedelta) -> None:
    async with opened_pool(settings) as pool:
        async with pool.acquire() as connection, connection.transaction():
            await act_as(connection, command_name())
            rotation = await begin(connection, settings.secret_keys, datetime.now(UTC))
        since = rotation.in_force_at
        if since is None:
            print(f"Key {rotation.key_id} is made; running processes learn of it.", flush=True)
            await asyncio.sleep(notice.total_seconds())
            since = datetime.now(UTC)
            async with pool.acquire() as connection, connection.transaction():
                await act_as(connection, command_name())
                await put_in_force(connection, rotation.key_id, since)
        await asyncio.sleep((since + notice - datetime.now(UTC)).total_seconds())
        await _walk_all(settings, pool)
        async with pool.acquire() as connection, connection.transaction():
            await act_as(connection, command_name())
            await finish(connection, settings.secret_keys, rotation, datetime.now(UTC))


async def _walk_all(settings: Settings, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        keyring = await open_keyring(connection, settings.secret_keys)
    for column in SEALED:
        await _walk(pool, keyring.sealer, column)


async def _walk(pool: asyncpg.Pool, sealer: Sealer, column: SealedColumn) -> None:
    """Seal one column anew, a few rows at a time, until a whole walk has found nothing to do."""
    told_at = 0.0
    lost: set[str] = set()
    while True:
        try:
            async with pool.acquire() as connection, connection.transaction():
                now = await reseal_some(connection, sealer, column)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(BUSY_PAUSE)
            continue
        _complain(now, lost)
        if now.step.clean or time.monotonic() - told_at > TELL_EVERY:
            print(_line(now.step), flush=True)
            told_at = time.monotonic()
        if now.step.clean:
            return
        await asyncio.sleep(PAUSE)


def _complain(now: Progress, known: set[str]) -> None:
    for key in now.unreadable:
        if key not in known:
            print(f"{now.step.place}: nobody can open the row {key}; it is left as it is")
            known.add(key)


def _line(step: Step) -> str:
    return f"{step.place}: {step.resealed} sealed anew{', done' if step.clean else ''}"
