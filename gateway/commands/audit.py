"""gateway audit: who looked at whose data, who changed the house, and whether that still holds."""

import asyncio
from argparse import Namespace
from datetime import date, datetime, time

from gateway.commands.session import Desk, open_desk, settled, table
from services.audit.looking import Wanted, list_acts, list_looks
from services.audit.verifying import Verdict
from services.audit.verifying import verify as verify_chain
from services.errors import FieldError, InvalidRequest, ServiceError

MINUTES = "%Y-%m-%d %H:%M"


class Broken(ServiceError):
    """The notes are not as they were when they were chained."""

    code = "broken"


def verify(args: Namespace) -> None:
    """Go over the whole chain; print what was changed, added or taken away."""

    async def run() -> Verdict:
        async with open_desk(settings, isolation="repeatable_read") as desk:
            return await verify_chain(desk.connection, desk.sealer, args.head)

    with settled() as settings:
        verdict = asyncio.run(run())
    print(f"Links: {verdict.links}. Notes that wait for the worker: {verdict.waiting}.")
    for trouble in verdict.troubles:
        print(trouble)
    if verdict.troubles:
        raise Broken
    if verdict.head is not None:
        print(f"Keep this away from the database, for --head: {verdict.head}")


def looks(args: Namespace) -> None:
    """List who looked at personal data: of a person, of a case, with a key, or all."""

    async def run() -> None:
        async with open_desk(settings) as desk:
            found = await list_looks(desk.connection, desk.sealer, _wanted(desk, args))
            rows = [
                (f"{look.at.astimezone(desk.zone):{MINUTES}}", *row)
                for look in found
                for row in [(look.who, look.actor, look.number, look.why)]
            ]
        print(table([("at", "who", "actor", "case", "why"), *rows]))

    with settled() as settings:
        asyncio.run(run())


def acts(args: Namespace) -> None:
    """List who changed keys, pages, departments, routes, consents and the like."""

    async def run() -> None:
        async with open_desk(settings) as desk:
            found = await list_acts(desk.connection, _wanted(desk, args))
            rows = [
                (
                    f"{act.at.astimezone(desk.zone):{MINUTES}}",
                    act.who,
                    act.actor,
                    act.what,
                    act.subject,
                    ", ".join(act.columns) or None,
                )
                for act in found
            ]
        print(table([("at", "who", "actor", "what", "subject", "columns"), *rows]))

    with settled() as settings:
        asyncio.run(run())


def _wanted(desk: Desk, args: Namespace) -> Wanted:
    given = vars(args)
    return Wanted(
        key_id=given.get("key"),
        number=given.get("case"),
        person=given.get("person"),
        operator=given.get("operator"),
        since=_midnight(desk, given.get("since")),
    )


def _midnight(desk: Desk, day: str | None) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(), desk.zone)
    except ValueError:
        raise InvalidRequest(FieldError("since", "a day is written YYYY-MM-DD")) from None
