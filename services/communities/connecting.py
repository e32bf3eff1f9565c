"""Setting pages up at their channel, and mending what has come apart there since.

A batch of pages goes through each stage together: what is changed of `communities` is written
once for all of them, and every process that answers the channel hears of it before the channel
asks. Each page has its own token, so some are called for at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from services.communities import state_queries as states
from services.communities.directory import REFRESH_SECONDS
from services.communities.inspecting import Finding, Inspector
from services.communities.pausing import pause_page
from services.communities.queries import COMMUNITIES_BY_ID, Community
from services.communities.secrets import SECRET_PLACE, new_secret, row_of
from services.db.query import Connection
from services.house import House
from services.ports import PageOffice, Refused

T = TypeVar("T")
R = TypeVar("R")

PAGES_AT_ONCE = 16
BATCH = 200  # pages
HEARD_SECONDS = 2 * REFRESH_SECONDS  # until every process has read what was changed
OLD_SECRET = timedelta(hours=3)  # VK puts an event off for less than that

Errand = Literal["connect", "check", "watch"]
"""`connect`: set up anew in any case. `check`: mend what is wrong. `watch`: the same unasked, so
a page that nobody has connected is only looked at, and one that was stopped is not started."""


class Report(Struct, frozen=True, kw_only=True):
    """What was found and done at one page. `troubles` need a person, `done` was mended."""

    group_id: int
    title: str
    status: str
    troubles: tuple[str, ...]
    done: tuple[str, ...]


class Connector:
    """Looks after pages at their channel; `url` is where the channel posts events to."""

    def __init__(self, pool: asyncpg.Pool, house: House, office: PageOffice, url: str) -> None:
        """Take the way to the pages' settings."""
        self._pool = pool
        self._house = house
        self._office = office
        self._inspector = Inspector(house.sealer, office, url)
        self._url = url

    async def look_after(
        self,
        ids: Sequence[int],
        errand: Errand,
        *,
        rotate: bool = False,
        tell: Callable[[Sequence[Report]], None] | None = None,
    ) -> list[Report]:
        """Do an errand for all of these pages, in batches; each batch is told when it is done.

        `rotate`: give each a new secret; the old one is good until the channel has the new one.
        """
        reports: list[Report] = []
        for start in range(0, len(ids), BATCH):
            done = await self._batch(ids[start : start + BATCH], errand, rotate=rotate)
            reports += done
            if tell is not None:
                tell(done)
        return reports

    async def _batch(self, ids: Sequence[int], errand: Errand, *, rotate: bool) -> list[Report]:
        async with self._pool.acquire() as connection:
            communities = await COMMUNITIES_BY_ID.all(connection, ids)
            connected = set(await states.CONNECTED.all(connection, ids))
        found = await _each(communities, self._inspector.look)
        mendable = [
            each
            for each in found
            if each.mendable
            and (errand == "connect" or not each.whole)
            and (errand != "watch" or each.known or each.community.id in connected)
        ]
        ready = await self._prepare(mendable, rotate=rotate)
        mended = {each.community.id: each for each in await _each(ready, self._mend)}
        found = [mended.get(each.community.id, each) for each in found]
        await self._keep(found, resume=errand != "watch")
        return [_report(each) for each in found]

    async def _prepare(self, mendable: Sequence[Finding], *, rotate: bool) -> list[Finding]:
        """Let every process know new secrets and the codes before the channel asks for them."""
        called = [each for each in mendable if each.community.transport == "callback"]
        others = [each for each in mendable if each.community.transport != "callback"]
        coded = await _each(called, self._ask_code)
        codes = {each.community.id: each.code for each in coded if each.code is not None}
        if not codes:
            return others + coded
        async with self._pool.acquire() as connection, connection.transaction():
            changed = await states.KEEP_CONFIRMATIONS.run(
                connection, list(codes), list(codes.values())
            )
            if rotate:
                changed += await self._rotate(connection, coded)
            fresh = await COMMUNITIES_BY_ID.all(connection, list(codes))
        if changed:
            await asyncio.sleep(HEARD_SECONDS)
        by_id = {row.id: row for row in fresh}
        coded = [
            replace(each, community=by_id.get(each.community.id, each.community)) for each in coded
        ]
        return others + coded

    async def _rotate(self, connection: Connection, found: Sequence[Finding]) -> int:
        seal = self._house.sealer.seal
        ids = [each.community.id for each in found if each.code is not None]
        sealed = [
            seal(SECRET_PLACE, row_of(each.community.group_id), new_secret().encode())
            for each in found
            if each.code is not None
        ]
        return len(await states.ROTATE.all(connection, ids, sealed))

    async def _ask_code(self, found: Finding) -> Finding:
        try:
            return replace(found, code=await self._office.confirmation_code(found.page))
        except Refused as error:
            return replace(found, refused=error.verdict)

    async def _mend(self, found: Finding) -> Finding:
        if found.refused is not None:
            return found
        done: list[str] = []
        try:
            if found.community.transport == "long_poll":
                await self._office.choose_long_poll(found.page)
                done.append("long_poll")
            else:
                await self._mend_server(found, done)
        except Refused as error:
            return replace(found, refused=error.verdict, done=tuple(done))
        again = await self._inspector.look_patiently(found.community)
        return replace(again, done=tuple(done))

    async def _mend_server(self, found: Finding, done: list[str]) -> None:
        secret = self._inspector.secret(found.community)
        if found.server is None:
            server_id = await self._office.add_server(found.page, self._url, secret)
            done.append("added")
        else:
            server_id = found.server.id
            await self._office.edit_server(found.page, server_id, self._url, secret)
            done.append("edited")
        await self._office.choose_callbacks(found.page, server_id)
        done.append("events")

    async def _keep(self, found: Sequence[Finding], *, resume: bool) -> None:
        now = self._house.now()
        told = [each.community.id for each in found if {"added", "edited"} & set(each.done)]
        well = [each.community.id for each in found if not each.troubles]
        async with self._pool.acquire() as connection, connection.transaction():
            await _keep_states(connection, found, now)
            if any(each.community.rotating for each in found):
                await states.END_ROTATION.run(connection, told, now + OLD_SECRET)
            if resume and any(each.community.paused and not each.troubles for each in found):
                await states.RESUME.run(connection, well)
            for each in found:
                if each.refused is not None and each.refused.stops_page:
                    await pause_page(connection, each.community.id, each.refused.code, now)


async def _keep_states(connection: Connection, found: Sequence[Finding], now: datetime) -> None:
    await states.KEEP_STATES.run(
        connection,
        now,
        [each.community.id for each in found],
        [each.status for each in found],
        [each.server.id if each.server else None for each in found],
        [each.api_version for each in found],
        [" ".join(each.troubles) for each in found],
    )


async def _each(items: Sequence[T], act: Callable[[T], Awaitable[R]]) -> list[R]:
    """Do the same for all, some at once; in their order."""
    room = asyncio.Semaphore(PAGES_AT_ONCE)

    async def one(item: T) -> R:
        async with room:
            return await act(item)

    return await asyncio.gather(*map(one, items))


def _report(found: Finding) -> Report:
    community: Community = found.community
    return Report(
        group_id=community.group_id,
        title=community.title,
        status=found.status,
        troubles=found.troubles,
        done=found.done,
    )
