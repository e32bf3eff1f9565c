"""gateway community connect, check: pages at VK, set up and looked after."""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence

import uvloop

from gateway.chat import make_connector, open_chat
from gateway.commands.session import TROUBLE, DatabaseAway, settled, table
from gateway.parts import open_parts
from gateway.settings import Settings
from gateway.telemetry import configure_logs
from services.communities.connecting import Errand, Report
from services.communities.queries import COMMUNITY_BY_GROUP, COMMUNITY_IDS
from services.db.query import Connection
from services.errors import ServiceError
from services.inbox.visits import CHANNEL

DEAD = "The token is dead: give the page another with `gateway community add`."
RIGHT = "Make a token with this right and give it with `gateway community add`."
ADVICE = {
    "token_invalid": DEAD,
    "community_token_invalid": DEAD,
    "application_token_invalid": DEAD,
    "token_unreadable": DEAD,
    "no_right_manage": RIGHT,
    "no_right_messages": RIGHT,
    "too_many_servers": "VK has ten callback servers of the page already: remove one there.",
    "not_confirmed": (
        "VK asked GATEWAY_PUBLIC_URL for the code and did not get it: is `gateway serve` running, "
        "and can it be reached from the internet?"
    ),
    "not_connected": "VK does not bring the page's events here: run `gateway community connect`.",
    "timeout": "VK did not answer: try again later.",
    "connection": "VK cannot be reached: try again later.",
    "access_denied": "The token is not allowed to do that: look at the page's settings at VK.",
    "permission_denied": "The token is not allowed to do that: look at the page's settings at VK.",
}


def connect(args: Namespace) -> None:
    """Register the callback server, its secret and events at VK; raises ServiceError."""
    _run(args, "connect", rotate=args.rotate)


def check(args: Namespace) -> None:
    """Say what VK thinks of the pages, mend what can be; raises ServiceError for the rest."""
    _run(args, "check", rotate=False)


def _run(args: Namespace, errand: Errand, *, rotate: bool) -> None:
    with settled() as settings:
        configure_logs(settings.mode)
        try:
            reports = uvloop.run(_look_after(settings, args.group_id, errand, rotate=rotate))
        except TROUBLE as error:
            raise DatabaseAway from error
    _tell(reports)
    troubled = sum(1 for report in reports if report.troubles)
    if troubled:
        raise ServiceError(f"A person is needed at {troubled} of {len(reports)} pages.")


async def _look_after(
    settings: Settings, group_id: int | None, errand: Errand, *, rotate: bool
) -> list[Report]:
    async with open_parts(settings) as parts, open_chat(parts) as chat:
        async with parts.pool.acquire() as connection:
            ids = await _ids(connection, group_id)
        done = 0

        def tell(reports: Sequence[Report]) -> None:
            nonlocal done
            done += len(reports)
            print(f"{done} of {len(ids)} pages", file=sys.stderr)

        progress = tell if len(ids) > 1 else None
        connector = make_connector(parts, chat)
        return await connector.look_after(ids, errand, rotate=rotate, tell=progress)


async def _ids(connection: Connection, group_id: int | None) -> list[int]:
    if group_id is None:
        return await COMMUNITY_IDS.all(connection, CHANNEL)
    page = await COMMUNITY_BY_GROUP.maybe(connection, CHANNEL, group_id)
    if page is None:
        raise ServiceError(f"There is no community {group_id}; see `gateway community list`.")
    return [page.id]


def _tell(reports: Sequence[Report]) -> None:
    head = ("group_id", "title", "status", "done", "needs a person")
    lines = [
        (
            report.group_id,
            report.title,
            report.status,
            " ".join(report.done) or None,
            " ".join(report.troubles) or None,
        )
        for report in reports
    ]
    print(table([head, *lines]))
    for trouble, count in sorted(Counter(it for each in reports for it in each.troubles).items()):
        advice = ADVICE.get(trouble, "See VK's settings of the page, then check again.")
        print(f"{trouble} ({count}): {advice}")
