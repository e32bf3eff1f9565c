"""Comparisons with departments' back ends over REST."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who
from gateway.documentation import reads
from gateway.http.calls import Calling, answers
from gateway.security import OWNERS, READERS
from services.backends.reconciling import ReconciliationShown, ask_for, show_reconciliation
from services.departments.ownership import acting_department
from services.idempotency import Reply
from services.intake import Code

ASKED = answers(202, ReconciliationShown, "The comparison, which waits")


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
async def ask_reconciliation(call: Calling) -> Response[Any]:
    """Ask for a comparison; look at it until its state is `done` or `failed`."""

    async def act() -> Reply:
        named = call.read(ReconciliationBody).department if call.body else None
        own = await acting_department(call.connection, call.caller, named)
        asked = await ask_for(call.connection, call.house, own.id)
        shown = await show_reconciliation(call.connection, call.house, call.caller, asked)
        return Reply(202, msgspec.json.encode(shown))

    return await call.make(act, "reconcile")


@get("/reconciliations/{reconciliation_id:uuid}", guards=[READERS])
async def get_reconciliation(
    connection: Db, caller: Who, house: InHouse, reconciliation_id: FromPath[UUID]
) -> ReconciliationShown:
    """Show a comparison: its state, what differs, and what was repaired."""
    return await show_reconciliation(connection, house, caller, reconciliation_id)


HANDLERS = [ask_reconciliation, get_reconciliation]
