"""The HTTP of the department's own system: `/system/…` itself, `/department/system…` its levers."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get, post, put, route
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from integrations.demo.department.system import STATES, Habit, System, Ticket, description

PREFIX = "/system"
TheSystem = NamedDependency[System]


class HabitSwitch(Struct):
    """How calls are to be treated from now on."""

    habit: Habit


class Progress(Struct, kw_only=True):
    """What the department's officer does with a ticket."""

    status: str
    comment: str | None = None


@route(f"{PREFIX}/{{rest:path}}", http_method=["GET", "POST"], include_in_schema=False)
async def call(
    request: Request[Any, Any, Any], system: TheSystem, rest: FromPath[str]
) -> Response[bytes]:
    """Answer as the system does, late or badly if that is its present habit."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = f"{rest}?{request.url.query}" if request.url.query else rest
    heard = system.handle(str(request.method), target, headers, await request.body())
    await asyncio.sleep(heard.delay)
    body = b"" if heard.body is None else msgspec.json.encode(heard.body)
    return Response(body, status_code=heard.status, media_type=MediaType.JSON)


@get("/department/system")
async def show_system(system: TheSystem, files: NamedDependency[str]) -> dict[str, Any]:
    """Say what the system holds, and how the gateway is told of it."""
    here = files.partition("/demo/")[0]
    return {
        "habit": system.habit,
        "tickets": list(system.tickets.values()),
        "backend": description(f"{here}{PREFIX}"),
    }


@put("/department/system/habit")
async def switch_habit(system: TheSystem, data: JSONBody[HabitSwitch]) -> HabitSwitch:
    """Misbehave on purpose, or stop that."""
    system.habit = data.habit
    return data


@post("/department/system/tickets/{ticket:str}", status_code=200)
async def move_ticket(system: TheSystem, ticket: FromPath[str], data: JSONBody[Progress]) -> Ticket:
    """Change a ticket as an officer of the department does."""
    if ticket not in system.tickets or data.status not in STATES:
        raise NotFoundException("no such ticket or status")
    return system.move(ticket, data.status, data.comment)


HANDLERS = (call, show_system, switch_habit, move_ticket)
