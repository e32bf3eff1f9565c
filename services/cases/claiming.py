"""Taking work under a lease, and giving it back."""

from datetime import timedelta

from schemas.cases import Claimed, ClaimRequest
from services.cases.holding import Held, acting
from services.cases.queries import CLAIM, CLAIM_KIND, RELEASE
from services.cases.reading import CLAIMED, note_reads
from services.cases.view_queries import CASES
from services.cases.viewing import show
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest
from services.files.listing import attachments_of
from services.house import House


async def claim(
    connection: Connection, house: House, caller: Caller, wish: ClaimRequest
) -> Claimed:
    """Take unclaimed work of a department: urgent first, then the oldest; noted as read.

    Two callers never get the same assignment. States and versions stay. An admin names the
    department. Raises Forbidden, InvalidRequest.
    """
    department_id = _department(house, caller, wish)
    now = house.now()
    until = now + timedelta(seconds=wish.lease_seconds)
    if wish.kind is None:
        ids = await CLAIM.all(connection, department_id, now, wish.limit, until, caller.key_id)
    else:
        ids = await CLAIM_KIND.all(
            connection, department_id, now, wish.limit, until, caller.key_id, wish.kind
        )
    rows = await CASES.all(connection, ids)
    if ids:
        await note_reads(connection, house, caller, ids, CLAIMED)
    files = await attachments_of(connection, house, ids) if ids else {}
    items = tuple(show(house, caller, row, "open", files.get(row.id, ())) for row in rows)
    return Claimed(items, until.astimezone(house.zone))


async def release(connection: Connection, held: Held, caller: Caller) -> None:
    """Give a lease back; without one nothing changes. `held` comes from `hold_for`."""
    row = acting(held, caller)
    if row is not None:
        await RELEASE.run(connection, row.id)


def _department(house: House, caller: Caller, wish: ClaimRequest) -> int:
    """Return whose work is claimed; an admin of one operator claims for its departments alone."""
    if caller.department_id is not None:
        if wish.department is not None and _id_of(house, caller, wish) != caller.department_id:
            wrong = FieldError("department", "only an admin acts for another department")
            raise InvalidRequest(wrong)
        return caller.department_id
    if caller.role != "admin":
        raise Forbidden
    found = _id_of(house, caller, wish)
    if found is None:
        raise InvalidRequest(FieldError("department", "name the department whose work it is"))
    return found


def _id_of(house: House, caller: Caller, wish: ClaimRequest) -> int | None:
    rows = house.directory.snapshot.departments.values()
    own = [row for row in rows if caller.operator_id in {None, row.operator_id}]
    return next((row.id for row in own if row.code == wish.department), None)
