"""gateway retention: how long what is kept, and letting go of what is past its term."""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime

from gateway.commands.session import command_name, open_desk, opened_pool, settled, table
from services.audit.acting import note_act
from services.retention.running import Line, count_due, let_go
from services.retention.terms import Term, list_terms, set_term

HEAD = ("kind", "keep", "at least", "over before", "what")


def run(args: Namespace) -> None:
    """Let go of what is past its term, or count it; print a report."""

    async def work() -> list[Line]:
        now = datetime.now(UTC)
        async with opened_pool(settings) as pool:
            if args.dry_run:
                return await count_due(pool, now)
            report = await let_go(pool, now, command_name())
            done = ", ".join(f"{line.term.kind} {line.number}" for line in report if line.number)
            async with pool.acquire() as connection:
                await note_act(connection, command_name(), "retention run", done or "nothing", now)
            return report

    with settled() as settings:
        report = asyncio.run(work())
    print(table([("number", *HEAD), *((line.number, *_cells(line.term)) for line in report)]))
    if args.dry_run:
        print("Nothing was changed.")


def list_all(_args: Namespace) -> None:
    """List how long what is kept."""

    async def read() -> list[Term]:
        async with open_desk(settings) as desk:
            return await list_terms(desk.connection, datetime.now(UTC))

    with settled() as settings:
        terms = asyncio.run(read())
    print(table([HEAD, *map(_cells, terms)]))


def change(args: Namespace) -> None:
    """Keep a kind for so many days."""

    async def write() -> None:
        async with open_desk(settings) as desk:
            await set_term(desk.connection, args.kind, args.days)

    with settled() as settings:
        asyncio.run(write())
    print(f"{args.kind}: kept for {args.days} days.")


def _cells(term: Term) -> tuple[str, ...]:
    return term.kind, term.keep, term.least, f"{term.before:%Y-%m-%d %H:%M}", term.why
