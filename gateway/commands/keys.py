"""gateway key: API keys."""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime, timedelta

from gateway.commands.session import open_desk, settled, table
from services.departments.keys import NewKey, issue_key, list_keys, revoke_key


def issue(args: Namespace) -> None:
    """Make a key; it stands alone on the last line, for scripts."""

    async def run() -> str:
        now = datetime.now(UTC)
        new = NewKey(
            role=args.role,
            department=args.department,
            operator=args.operator,
            holder=args.holder,
            expires_at=None if args.days is None else now + timedelta(days=args.days),
        )
        async with open_desk(settings) as desk:
            return await issue_key(desk.connection, now, new)

    with settled() as settings:
        key = asyncio.run(run())
    print("This key is shown once; keep it safe:")
    print(key)


def list_all(_args: Namespace) -> None:
    """List all keys; never a secret."""

    async def run() -> None:
        async with open_desk(settings) as desk:
            rows = await list_keys(desk.connection)
        head = ("id", "role", "department", "operator", "holder", "last used", "good until")
        lines = [
            (
                row.id,
                row.role,
                row.department,
                row.operator,
                row.holder or None,
                row.last_used_at and f"{row.last_used_at:%Y-%m-%d %H:%M}",
                "revoked" if row.revoked_at else row.expires_at and f"{row.expires_at:%Y-%m-%d}",
            )
            for row in rows
        ]
        print(table([head, *lines]))

    with settled() as settings:
        asyncio.run(run())


def revoke(args: Namespace) -> None:
    """Make a key worthless."""

    async def run() -> None:
        async with open_desk(settings) as desk:
            await revoke_key(desk.connection, datetime.now(UTC), args.id)

    with settled() as settings:
        asyncio.run(run())
    print(f"Key {args.id} is revoked.")
