"""What could not leave, over REST, and again."""

from uuid import UUID

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath, QueryParams, RawBody
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.documentation import reads
from gateway.parts import Parts
from gateway.security import OWNERS, READERS
from services.deliveries.lost import (
    DeliveryFilters,
    DeliveryPage,
    ReplayBody,
    Rung,
    find_delivery,
    list_deliveries,
    replay,
    ring_for,
)
from services.intake import read, read_query


class Replayed(Struct, frozen=True):
    """How many wait again."""

    replayed: int


@get("/deliveries", guards=[READERS], opt=reads(query=DeliveryFilters))
async def show_deliveries(
    connection: Db, caller: Who, house: InHouse, query: QueryParams
) -> DeliveryPage:
    """List deliveries, oldest first: a department's own hand-offs, all of them for an admin."""
    filters = read_query(DeliveryFilters, dict(query))
    return await list_deliveries(connection, house, caller, filters)


@post("/deliveries/{delivery_id:uuid}/replay", guards=[OWNERS], status_code=200)
async def replay_delivery(
    connection: Db, caller: Who, parts: WithParts, delivery_id: FromPath[UUID]
) -> Response[Replayed]:
    """Send one again; one that is not dead or parked is left alone (`"replayed": 0`)."""
    await find_delivery(connection, caller, delivery_id)
    wanted = ReplayBody(ids=[delivery_id])
    return _answer(parts, await replay(connection, parts.house.now(), caller, wanted))


@post("/deliveries/replay", guards=[OWNERS], opt=reads(ReplayBody), status_code=200)
async def replay_deliveries(
    connection: Db, caller: Who, parts: WithParts, body: RawBody
) -> Response[Replayed]:
    """Send again what is dead or parked: everything, or only of a destination, or only these."""
    wanted = read(ReplayBody, body) if body else ReplayBody()
    return _answer(parts, await replay(connection, parts.house.now(), caller, wanted))


def _answer(parts: Parts, rung: list[Rung]) -> Response[Replayed]:
    # In the background, which is after the commit: a worker that came earlier would see nothing.
    ringing = BackgroundTask(ring_for, parts.doorbell, rung)
    return Response(Replayed(len(rung)), background=ringing)


HANDLERS = [show_deliveries, replay_delivery, replay_deliveries]
