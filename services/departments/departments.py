"""Departments: the bodies that must act."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from services.backends.describing import (
    JSON_REST,
    MIS,
    BackendBody,
    delete_described,
    put_described,
)
from services.communities.operators import DEFAULT, operator_by_code, operator_id_for
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_operator
from services.departments.queries import (
    ADD_DEPARTMENT,
    DELETE_WEBHOOK,
    DEPARTMENT_BY_CODE,
    DEPARTMENT_BY_ID,
    DEPARTMENTS,
    NO_LONGER_DEFAULT,
    NOW_DEFAULT,
    SET_DEPARTMENT,
    DepartmentRow,
)
from services.errors import FieldError, Forbidden, InvalidRequest, NotFound, NotOwner
from services.intake import Code, Title
from services.privacy.sealing import Sealer


class BackendShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The back end; `disabled` when the address answered that it is gone.

    A described one is shown as it was put, but for its credential.
    """

    type: str
    url: str | UnsetType = UNSET
    disabled: bool = False
    header: Any = UNSET
    create: Any = UNSET
    find: Any = UNSET
    status: Any = UNSET
    list: Any = UNSET
    tell: Any = UNSET
    states: Any = UNSET
    poll_minutes: Any = UNSET


class DepartmentBody(Struct, frozen=True, kw_only=True):
    """A department as it is put. The back end is kept where none is given."""

    title: Title
    moderation: bool = False
    four_eyes: bool = False
    backend: BackendBody | None = None
    templates: list[Any] | dict[str, Any] = []
    operator: Code | None = None


class DepartmentShown(Struct, frozen=True, kw_only=True):
    """A department as it is shown."""

    code: str
    title: str
    operator: str
    default: bool
    moderation: bool
    four_eyes: bool
    backend: BackendShown
    templates: Any


class NewDepartment(Struct, frozen=True, kw_only=True):
    """A department to add, or to update by its code; without an operator the present one stays."""

    code: Code
    title: Title
    operator: Code | None = None
    default: bool = False


async def add_department(connection: Connection, new: NewDepartment) -> DepartmentRow:
    """Add or update a department; raises InvalidRequest for an unknown operator."""
    known = await DEPARTMENT_BY_CODE.maybe(connection, new.code)
    operator_id = known.operator_id if known else 0
    if new.operator is not None or known is None:
        operator_id = (await operator_by_code(connection, new.operator or DEFAULT)).id
    row = await ADD_DEPARTMENT.one(connection, new.code, operator_id, new.title)
    if new.default:
        # One after the other: at no moment has an operator two.
        await NO_LONGER_DEFAULT.run(connection, row)
        await NOW_DEFAULT.run(connection, row)
    return await DEPARTMENT_BY_ID.one(connection, row)


async def list_departments(connection: Connection) -> list[DepartmentShown]:
    """Return all departments in the order they were added."""
    return [shown(row) for row in await DEPARTMENTS.all(connection)]


async def get_department(connection: Connection, code: str) -> DepartmentShown:
    """Return one department; raises NotFound."""
    return shown(await DEPARTMENT_BY_CODE.one(connection, code))


async def may_write_department(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner unless it is the caller's own, or an admin's; Forbidden, NotFound besides."""
    known = await DEPARTMENT_BY_CODE.maybe(connection, code)
    if caller.role == "department":
        if known is None:
            raise NotFound
        if known.id != caller.department_id:
            raise NotOwner
    elif known is not None:
        check_operator(caller, known.operator_id)


async def put_department(
    connection: Connection, sealer: Sealer, caller: Caller, code: str, body: DepartmentBody
) -> DepartmentShown:
    """Add a department (admins) or replace what is known of it.

    Raises InvalidRequest, and Forbidden for an operator that is not the caller's to choose.
    """
    known = await DEPARTMENT_BY_CODE.maybe(connection, code)
    operator_id = await _operator_id(connection, caller, known, body.operator)
    row = await ADD_DEPARTMENT.one(connection, code, operator_id, body.title)
    webhook_url = known.webhook_url if known else None
    await _put_backend(connection, sealer, row, webhook_url, body.backend)
    await SET_DEPARTMENT.run(connection, row, body.moderation, body.four_eyes, body.templates)
    return await get_department(connection, code)


async def _operator_id(
    connection: Connection, caller: Caller, known: DepartmentRow | None, named: str | None
) -> int:
    if known is not None and named in {None, known.operator}:
        return known.operator_id
    if caller.role == "department":
        raise Forbidden("Only an admin moves a department to another operator.")
    return await operator_id_for(connection, caller, named)


async def _put_backend(
    connection: Connection,
    sealer: Sealer,
    row: int,
    webhook_url: str | None,
    backend: BackendBody | None,
) -> None:
    if backend is None:
        return
    if backend.type in {JSON_REST, MIS}:
        await put_described(connection, sealer, row, backend)
        await DELETE_WEBHOOK.run(connection, row)
        return
    await delete_described(connection, row)
    if backend.type == "pull":
        await DELETE_WEBHOOK.run(connection, row)
    elif webhook_url is None:
        words = "Set the address with PUT /api/v1/webhook first."
        raise InvalidRequest(FieldError("backend.type", words))
    elif backend.url not in {None, webhook_url}:
        words = "A webhook's address is set by PUT /api/v1/webhook alone."
        raise InvalidRequest(FieldError("backend.url", words))


def shown(row: DepartmentRow) -> DepartmentShown:
    """Return a department as the outside sees it."""
    backend = BackendShown(type="pull")
    if row.own_type is not None:
        url = row.own_url or UNSET
        backend = BackendShown(type=row.own_type, url=url, **(row.own_description or {}))
    elif row.webhook_url is not None:
        disabled = row.webhook_disabled_at is not None
        backend = BackendShown(type="webhook", url=row.webhook_url, disabled=disabled)
    return DepartmentShown(
        code=row.code,
        title=row.title,
        operator=row.operator,
        default=row.is_default,
        moderation=row.moderation,
        four_eyes=row.four_eyes,
        backend=backend,
        templates=row.templates,
    )
