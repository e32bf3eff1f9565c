"""A call that changes something: done once for each Idempotency-Key, in one transaction.

Whom it concerns is rung for after the commit: a worker that came earlier would see nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from msgspec import Struct

from gateway.parts import Parts, parts_of
from schemas.cases import Case
from services.cases.applying import Moved
from services.cases.holding import Held, hold_for
from services.cases.reading import show_case
from services.cases.ringing import ring_for
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House
from services.idempotency import Reply, answered, once
from services.intake import read

CONFIDENTIAL = {"Cache-Control": "no-store"}
"""What is personal is kept by nobody on the way."""

Asked = Request[Any, Any, Any]
S = TypeVar("S", bound=Struct)
Change = Callable[[Held], Awaitable[Moved | None]]


class Call:
    """Who calls, with what, and the transaction in which it is done."""

    def __init__(
        self,
        request: Asked,
        connection: Connection,
        caller: Caller,
        body: bytes,
    ) -> None:
        """Take what the request brought; `connection` is in a transaction."""
        self.connection = connection
        self.caller = caller
        self.parts: Parts = parts_of(request)
        self.body = body
        self.path = request.url.path
        self.if_match = request.headers.get("if-match")
        self.key = request.headers.get("idempotency-key") if request.method == "POST" else None

    @property
    def house(self) -> House:
        """What services need."""
        return self.parts.house

    def read(self, kind: type[S]) -> S:
        """Read the body; raises InvalidRequest with all wrong fields."""
        return read(kind, self.body)

    async def case(self, case_id: UUID, status: int = 200) -> Reply:
        """Return the answer that shows a case."""
        case = await show_case(self.connection, self.house, self.caller, case_id)
        return Reply(status, msgspec.json.encode(case), f'"{case.version}"')

    async def change(self, case_id: UUID, act: Change) -> Response[Any]:
        """Lock a case, let `act` change it, and answer it."""
        moved: list[Moved] = []

        async def change() -> Reply:
            done = await act(await hold_for(self.connection, self.caller, case_id))
            if done is not None:
                moved.append(done)
            return await self.case(case_id)

        reply = await self.once(change)
        return answer(reply, BackgroundTask(ring_for, self.parts.doorbell, moved))

    async def make(self, act: Callable[[], Awaitable[Reply]], job: str) -> Response[Any]:
        """Let `act` make something that the workers' `job` takes up, and answer it."""
        reply = await self.once(act)
        return answer(reply, BackgroundTask(self.parts.doorbell.ring, job))

    async def answered(self) -> Reply | None:
        """Return the answer that was given to this key before; None without one."""
        if self.key is None:
            return None
        return await answered(
            self.connection, self.house, self.caller, self.path, self.key, self.body
        )

    async def once(self, act: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return the answer of `act`, or the one that was given to this key before."""
        return await once(
            self.connection, self.house, self.caller, self.path, self.key, self.body, act
        )


Calling = NamedDependency[SkipValidation[Call]]


async def provide_call(
    request: Asked,
    connection: NamedDependency[SkipValidation[Connection]],
    caller: NamedDependency[SkipValidation[Caller]],
) -> Call:
    """Return the call of this request."""
    return Call(request, connection, caller, await request.body())


def answer(reply: Reply, ringing: BackgroundTask | None = None) -> Response[Any]:
    """Return an answer as it is sent."""
    headers = {**CONFIDENTIAL, **({} if reply.etag is None else {"ETag": reply.etag})}
    return Response(
        reply.body,
        status_code=reply.status,
        headers=headers,
        media_type="application/json",
        background=ringing,
    )


def answers(status: int, kind: Any = Case, description: str = "The case, with its `ETag`") -> Any:
    """Say in the API's documentation what a call answers."""
    return {status: ResponseSpec(kind, description=description, generate_examples=False)}
