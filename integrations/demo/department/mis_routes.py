"""The HTTP of the clinic's own system: `/mis/…` itself, `/department/mis…` its levers."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put, route
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from integrations.demo.department.mis import Habit, Mis, Slot

PREFIX = "/mis"
TheMis = NamedDependency[Mis]


class MisSwitch(Struct):
    """How calls are to be treated from now on."""

    habit: Habit


@route(
    f"{PREFIX}/{{rest:path}}",
    http_method=["GET", "POST", "PUT", "DELETE"],
    include_in_schema=False,
    status_code=200,
)
async def call_mis(
    request: Request[Any, Any, Any], mis: TheMis, rest: FromPath[str]
) -> Response[bytes]:
    """Answer as the system does, late or badly if that is its present habit."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = f"{rest}?{request.url.query}" if request.url.query else rest
    heard = mis.handle(str(request.method), target, headers, await request.body())
    await asyncio.sleep(heard.delay)
    body = b"" if heard.body is None else msgspec.json.encode(heard.body)
    return Response(body, status_code=heard.status, media_type=MediaType.JSON)


@get("/department/mis")
async def show_mis(mis: TheMis) -> dict[str, Any]:
    """Say what the system holds."""
    return {
        "habit": mis.habit,
        "appointments": list(mis.appointments.values()),
        "slots": list(mis.slots.values()),
    }


@put("/department/mis/habit")
async def switch_mis(mis: TheMis, data: JSONBody[MisSwitch]) -> MisSwitch:
    """Misbehave on purpose, or stop that."""
    mis.habit = data.habit
    return data


@post("/department/mis/slots/{slot:str}/take", status_code=200)
async def take_slot(mis: TheMis, slot: FromPath[str]) -> Slot:
    """Give a slot to somebody who phoned the clinic."""
    if slot not in mis.slots:
        raise NotFoundException("no such slot")
    mis.take(slot)
    return mis.slots[slot]


@delete("/department/mis/slots/{slot:str}")
async def drop_slot(mis: TheMis, slot: FromPath[str]) -> None:
    """Take a slot away, as when the doctor is ill."""
    if slot not in mis.slots:
        raise NotFoundException("no such slot")
    mis.drop(slot)


HANDLERS = (call_mis, show_mis, switch_mis, take_slot, drop_slot)
