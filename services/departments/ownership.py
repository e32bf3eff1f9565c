"""For whom a caller may act: a department for itself, an admin for the one he names."""

from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.queries import DEPARTMENT_BY_CODE, DEPARTMENT_BY_ID, DepartmentRow
from services.errors import FieldError, Forbidden, InvalidRequest, NotOwner


async def department_by_code(
    connection: Connection, code: str, field: str = "department"
) -> DepartmentRow:
    """Return the department named in a request's `field`; raises InvalidRequest."""
    department = await DEPARTMENT_BY_CODE.maybe(connection, code)
    if department is None:
        raise InvalidRequest(FieldError(field, "There is no such department."))
    return department


async def acting_department(
    connection: Connection, caller: Caller, named: str | None
) -> DepartmentRow:
    """Return the department that the caller acts for.

    Raises NotOwner when a department names another, InvalidRequest when an admin names none or
    an unknown one, Forbidden when an admin names another operator's.
    """
    if caller.department_id is not None:
        own = await DEPARTMENT_BY_ID.one(connection, caller.department_id)
        if named not in {None, own.code}:
            raise NotOwner
        return own
    if named is None:
        raise InvalidRequest(FieldError("department", "An admin names the department here."))
    department = await department_by_code(connection, named)
    check_operator(caller, department.operator_id)
    return department


async def publisher(connection: Connection, caller: Caller | None, named: str | None) -> int:
    """Return the department that publishes a programme or a clinic: one's own, or the one named.

    `caller` is None for an import, which may name any. Raises like `acting_department`.
    """
    if caller is not None:
        return (await acting_department(connection, caller, named)).id
    if named is None:
        raise InvalidRequest(FieldError("department", "Name the department that it belongs to."))
    return (await department_by_code(connection, named)).id


def check_owner(caller: Caller, department_id: int, operator_id: int) -> None:
    """Raise NotOwner for another department's, Forbidden for another operator's."""
    if caller.department_id not in {None, department_id}:
        raise NotOwner
    check_operator(caller, operator_id)


def check_operator(caller: Caller, operator_id: int) -> None:
    """Raise Forbidden when the caller's key is for another operator alone."""
    if caller.operator_id not in {None, operator_id}:
        raise Forbidden
