"""gateway operator, community, department, import: reference data from the command line."""

import asyncio
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path

from gateway.commands.session import STANDARD_INPUT, Desk, open_desk, read_value, settled, table
from services.communities.communities import NewPage, add_page, all_pages
from services.communities.operators import OperatorBody, put_operator
from services.communities.queries import OPERATORS
from services.communities.writing_queries import OPERATOR_BY_CODE
from services.departments.departments import NewDepartment
from services.departments.departments import add_department as put_department
from services.departments.departments import list_departments as all_departments
from services.departments.importing import Importer, read_csv, read_json
from services.errors import ServiceError
from services.intake import check, check_code


def add_operator(args: Namespace) -> None:
    """Add an operator or give it another title; what else is known of it stays."""

    async def add(desk: Desk) -> None:
        check_code(args.code)
        known = await OPERATOR_BY_CODE.maybe(desk.connection, args.code)
        body = {
            "title": args.title,
            "address": known.address if known else "",
            "phone": known.phone if known else "",
            "email": known.email if known else "",
            "appeal_system_url": known.appeal_system_url if known else None,
        }
        await put_operator(desk.connection, args.code, check(OperatorBody, body))
        print(f"Operator {args.code} is {'updated' if known else 'added'}.")

    _at_desk(add)


def list_operators(_args: Namespace) -> None:
    """List all operators."""

    async def show(desk: Desk) -> None:
        rows = await OPERATORS.all(desk.connection)
        print(table([("code", "title"), *[(row.code, row.title) for row in rows]]))

    _at_desk(show)


def add_community(args: Namespace) -> None:
    """Add or update a page; a secret that was made is shown, for VK's settings."""
    if args.token == args.secret == STANDARD_INPUT:
        raise ServiceError("Only one of --token and --secret can be read from standard input.")
    page = {
        "group_id": args.group_id,
        "title": args.title,
        "token": read_value(args.token),
        "secret": None if args.secret is None else read_value(args.secret),
        "confirmation": args.confirmation,
        "municipality": args.municipality,
        "operator": args.operator,
        "transport": args.transport,
    }

    async def add(desk: Desk) -> None:
        made = await add_page(desk.connection, desk.sealer, check(NewPage, page))
        print(f"Community {args.group_id} is in force.")
        if made is not None:
            print(f"Its callback secret was made: {made}")

    _at_desk(add)


def list_communities(_args: Namespace) -> None:
    """List all pages; never a token."""

    async def show(desk: Desk) -> None:
        head = ("group_id", "title", "municipality", "operator", "transport", "paused", "callback")
        rows = await all_pages(desk.connection)
        lines = [
            (
                row.group_id,
                row.title,
                row.municipality,
                row.operator,
                row.transport,
                row.paused,
                row.callback and " ".join((row.callback.status, *row.callback.troubles)),
            )
            for row in rows
        ]
        print(table([head, *lines]))

    _at_desk(show)


def add_department(args: Namespace) -> None:
    """Add or update a department."""
    fields = {
        "code": args.code,
        "title": args.title,
        "operator": args.operator,
        "default": args.default,
    }

    async def add(desk: Desk) -> None:
        row = await put_department(desk.connection, check(NewDepartment, fields))
        print(f"Department {row.code} of operator {row.operator} is in force.")

    _at_desk(add)


def list_departments(_args: Namespace) -> None:
    """List all departments."""

    async def show(desk: Desk) -> None:
        rows = await all_departments(desk.connection)
        head = ("code", "title", "operator", "default", "back end")
        lines = [
            (row.code, row.title, row.operator, "yes" if row.default else "no", row.backend.type)
            for row in rows
        ]
        print(table([head, *lines]))

    _at_desk(show)


def import_file(args: Namespace) -> None:
    """Add or update all that a file holds, or nothing."""
    path = Path(args.file)
    try:
        body = path.read_bytes()
    except OSError:
        raise ServiceError(f"The file {path} cannot be read.") from None
    entries = read_csv(body) if path.suffix.lower() == ".csv" else read_json(body)

    async def load(desk: Desk) -> None:
        def read_beside(name: str) -> str:
            return (path.parent / name).read_text(encoding="utf-8")

        done = await Importer(desk.connection, desk.sealer, desk.zone, read_beside).run(entries)
        for part, count in done.counts.items():
            print(f"{part}: {count}")

    _at_desk(load)


def _at_desk(act: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_desk(settings) as desk:
            await act(desk)

    with settled() as settings:
        asyncio.run(run())
