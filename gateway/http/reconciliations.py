"""Comparisons with departments' back ends over REST."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, RawBody
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who, WithParts
from gateway.documentation import reads
from gateway.security import OWNERS, READERS
from services.backends.reconciling import ReconciliationShown, ask_for, show_reconciliation
from services.departments.ownership import acting_department
from services.idempotency import Reply, once
from services.intake import Code, read

ASKED = {
    202: ResponseSpec(
        ReconciliationShown, description="The comparison, which waits", generate_examples=False
    )
}


class ReconciliationBody(Struct, frozen=True, kw_only=True):
    """With whose back end to compare; a department's own key needs no body."""

    department: Code | None = None


@post(
    "/reconciliations",
    guards=[OWNERS],
    opt=reads(ReconciliationBody),
    status_code=202,
    responses=ASKED,
)
async def ask_reconciliation(
    request: Request[Any, Any, Any],
    connection: Db,
    caller: Who,
    parts: WithParts,
    body: RawBody,
) -> Response[Any]:
    """Ask for a comparison; look at it until its state is `done` or `failed`."""

    async def act() -> Reply:
        named = read(ReconciliationBody, body).department if body else None
        own = await acting_department(connection, caller, named)
        asked = await ask_for(connection, parts.house, own.id)
        shown = await show_reconciliation(connection, parts.house, caller, asked)
        return Reply(202, msgspec.json.encode(shown))

    key = request.headers.get("idempotency-key")
    reply = await once(connection, parts.house, caller, request.url.path, key, body, act)
    return Response(
        reply.body,
        status_code=reply.status,
        media_type="application/json",
        background=BackgroundTask(parts.doorbell.ring, "reconcile"),
    )


@get("/reconciliations/{reconciliation_id:uuid}", guards=[READERS])
async def get_reconciliation(
    connection: Db, caller: Who, house: InHouse, reconciliation_id: FromPath[UUID]
) -> ReconciliationShown:
    """Show a comparison: its state, what differs, and what was repaired."""
    return await show_reconciliation(connection, house, caller, reconciliation_id)


HANDLERS = [ask_reconciliation, get_reconciliation]
