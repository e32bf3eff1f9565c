"""What handlers ask for by name: `connection`, `caller`, `house`, `parts`.

A handler's `connection` is in a transaction of its own, which ends before the answer leaves:
committed, or rolled back if the handler raised.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from gateway.parts import POOL_SECONDS, Parts, parts_of
from services.audit.acting import act_as
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House

Db = NamedDependency[SkipValidation[Connection]]
Who = NamedDependency[SkipValidation[Caller]]
InHouse = NamedDependency[SkipValidation[House]]
WithParts = NamedDependency[SkipValidation[Parts]]

CASES = "/api/v1/cases"
"""What happens to a case stands in its history; everything else may be an act to be noted."""


async def provide_connection(request: Request[Any, Any, Any]) -> AsyncGenerator[Connection, None]:
    """Open a transaction for one request."""
    pool = parts_of(request).pool
    async with pool.acquire(timeout=POOL_SECONDS) as connection, connection.transaction():
        caller: Caller | None = request.scope.get("auth")
        path = request.url.path
        if caller is not None and request.method != "GET" and not path.startswith(CASES):
            await act_as(connection, caller.who, caller.actor)
        yield connection


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Return the caller whom the route's guard let pass."""
    return request.auth


def provide_house(request: Request[Any, Any, Any]) -> House:
    """Return the house."""
    return parts_of(request).house


def provide_parts(request: Request[Any, Any, Any]) -> Parts:
    """Return everything the process is made of."""
    return parts_of(request)


def dependencies() -> Mapping[str, Provide]:
    """Return what the application provides to its handlers."""
    return {
        "connection": Provide(provide_connection),
        "caller": Provide(provide_caller, sync_to_thread=False),
        "house": Provide(provide_house, sync_to_thread=False),
        "parts": Provide(provide_parts, sync_to_thread=False),
    }
