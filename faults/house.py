"""The running product that is treated badly: a town whose every connection is a wire."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg
import httpx

from faults.ledger import Ledger
from faults.wire import Wire, laid
from gateway import embedded
from services.db.migrate import migrate
from tests.acceptance.conftest import client
from tests.acceptance.office import Desk, Letterbox, open_letterbox
from tests.acceptance.processes import free_port
from tests.acceptance.town import GROUP, SECOND_GROUP, Town, town_folder
from tests.acceptance.waiting import eventually

T = TypeVar("T")
HTTP_OK = 200

RECOVERY_SECONDS = 180.0
"""In which the product recovers by itself, whatever was done to it. The longest wait is for what
a killed worker had leased: a hand-off's lease is 120 s, and is looked for every second."""

# For what VK asked to wait an hour or a quarter of it: that time is made to pass.
TRIES_ARE_DUE = "UPDATE deliveries SET next_at = now() WHERE state = 'waiting' AND next_at > now()"
UNSETTLED = "SELECT count(*) FROM deliveries WHERE state <> 'sent' OR leased_until IS NOT NULL"
# What is let go by a sweep; a claim and the lease of a question to a back end end by the clock.
HELD_TOO_LONG = """SELECT
    (SELECT count(*) FROM deliveries WHERE leased_until < $1)
    + (SELECT count(*) FROM files WHERE state = 'leased' AND leased_until < $1)
    + (SELECT count(*) FROM slots WHERE held_until < $1)
    + (SELECT count(*) FROM enrolments WHERE holds = 'offered' AND offer_until < $1)
    + (SELECT count(*) FROM appointments WHERE offer_until < $1)
    + (SELECT count(*) FROM assignments WHERE NOT workable AND leased_until > $1)"""
GRACE = timedelta(seconds=5)  # the sweep looks once a second
KNOWN = """SELECT event_id FROM inbox WHERE event_id = ANY ($1::text[])
    UNION SELECT event_id FROM inbox_failures WHERE event_id = ANY ($1::text[])"""


class Wires:
    """What the processes talk through."""

    def __init__(
        self, town: Town, ledger: Ledger, database: Path, queue: Path, back_end: int
    ) -> None:
        """Take where each of them leads."""
        self.database = Wire(database)
        self.queue = Wire(queue)
        self.vk = Wire(town.vk_port)
        self.callbacks = Wire(town.port, ledger.overhear)
        self.back_end = Wire(back_end)

    @property
    def all(self) -> dict[str, Wire]:
        """Return them by name."""
        return vars(self)


class House:
    """The product with its surroundings. `database` and `queue` are the servers themselves."""

    def __init__(self, town: Town, servers: embedded.Embedded, letterbox: Letterbox) -> None:
        """Take what has been started."""
        self.town = town
        self.letterbox = letterbox
        self.ledger = Ledger()
        self.database, self.queue = str(servers.database_url), str(servers.redis_url)
        self.wires: Wires
        self.vk: httpx.AsyncClient
        self.desk: Desk
        self.admin: Desk

    async def away(self, call: Callable[..., T], *args: Any) -> T:
        """Call something that blocks."""
        return await asyncio.to_thread(call, *args)

    async def execute(self, *statements: str) -> None:
        """Run statements in the database, past the wire."""
        connection = await asyncpg.connect(self.database)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def unsettled(self) -> int:
        """Count what has not left yet, or is leased."""
        return (await self._look(UNSETTLED))[0][0]

    async def held_too_long(self) -> int:
        """Count what is leased, held or offered past its time, and claims of what is no work."""
        return (await self._look(HELD_TOO_LONG, datetime.now(UTC) - GRACE))[0][0]

    async def lost_events(self) -> set[str]:
        """Return the events that were answered `ok` and of which the product knows nothing."""
        accepted = set(self.ledger.accepted)
        return accepted - {row[0] for row in await self._look(KNOWN, list(accepted))}

    async def _look(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database)
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()

    async def spoil(self, **fault: Any) -> None:
        """Let VK misbehave; see the stand-in's faults."""
        answer = await self.vk.post("/demo/faults", json=fault)
        assert answer.status_code < 300, answer.text

    async def mend(self) -> None:
        """Undo what was done, and no more: leases, rings and tries are the product's business."""
        await self.away(self.town.embedded)  # a server that is down starts again
        await self.vk.delete("/demo/faults")
        self.letterbox.mode = "take"
        for wire in self.wires.all.values():
            wire.down, wire.delay = False, 0.0
        await eventually(self._is_ready, RECOVERY_SECONDS)

    async def attend(self) -> None:
        """Do what an admin does about what is listed as stopped or failed; let waits pass."""
        for group in (GROUP, SECOND_GROUP):
            await self._go_on(group)
        await self.let_time_pass()
        await eventually(self._replayed)

    async def let_time_pass(self) -> None:
        """Let what waits for its next try be due."""
        await self.execute(TRIES_ARE_DUE)

    async def _is_ready(self) -> bool:
        return await self.away(self.town.health) == "ready"

    async def _replayed(self) -> bool:
        return (await self.admin.post("/deliveries/replay", {})).status_code == HTTP_OK

    async def _go_on(self, group: int) -> None:
        path = f"/communities/{group}"
        shown = (await self.admin.get(path)).json()
        if shown["paused"] is not None:
            body = {"title": shown["title"], "paused": None}
            answer = await self.admin.put(path, body)
            assert answer.status_code == HTTP_OK, answer.text


@asynccontextmanager
async def open_house() -> AsyncGenerator[House]:
    """Start everything; it ends with the block."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(town_folder())
        letterbox = stack.enter_context(open_letterbox())
        joined = embedded.joined(folder / "var", database=True, queue=True)
        servers = stack.enter_context(joined)
        await migrate(str(servers.database_url))
        sockets = folder / "wires"
        sockets.mkdir(mode=0o700)
        town = Town(folder, _moved_database(servers, sockets), _moved_queue(servers, sockets))
        stack.callback(town.close)
        house = House(town, servers, letterbox)
        ports = await _lay_wires(stack, house, sockets)
        town.settings["GATEWAY_VK_API_URL"] = f"http://127.0.0.1:{ports['vk']}/method/"
        town.callback_url = f"http://127.0.0.1:{ports['callbacks']}"
        await house.away(town.settle_in)
        house.vk = await stack.enter_async_context(client(town.vk_url))
        http = await stack.enter_async_context(client(town.url))
        house.desk = Desk(http, town.keys["department"])
        house.admin = Desk(http, town.keys["admin"])
        letterbox.url = f"http://127.0.0.1:{ports['back_end']}/hook"
        await house.desk.listen(letterbox)
        yield house


async def _lay_wires(stack: AsyncExitStack, house: House, sockets: Path) -> dict[str, int]:
    back_end = urlsplit(house.letterbox.url).port or 0
    place = parse_qs(urlsplit(house.database).query)
    database = Path(place["host"][0]) / f".s.PGSQL.{place['port'][0]}"
    queue = Path(urlsplit(house.queue).path)
    house.wires = Wires(house.town, house.ledger, database, queue, back_end)
    await stack.enter_async_context(laid(house.wires.database, sockets / database.name))
    await stack.enter_async_context(laid(house.wires.queue, sockets / queue.name))
    ports = {name: free_port() for name in ("vk", "callbacks", "back_end")}
    for name, port in ports.items():
        await stack.enter_async_context(laid(house.wires.all[name], port))
    return ports


def _moved_database(servers: embedded.Embedded, sockets: Path) -> str:
    parts = urlsplit(str(servers.database_url))
    port = parse_qs(parts.query)["port"][0]
    return urlunsplit(parts._replace(query=urlencode({"host": str(sockets), "port": port})))


def _moved_queue(servers: embedded.Embedded, sockets: Path) -> str:
    parts = urlsplit(str(servers.redis_url))
    return str(servers.redis_url).replace(parts.path, str(sockets / Path(parts.path).name))
