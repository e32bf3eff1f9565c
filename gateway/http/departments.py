"""Departments over REST."""

from litestar import get, put
from litestar.params import FromPath, RawBody

from gateway.dependencies import Db, Who, WithParts
from gateway.documentation import reads
from gateway.security import OWNERS, READERS
from integrations.outbound.addresses import InvalidAddress, check_url
from services.backends.describing import JSON_REST
from services.departments.departments import (
    DepartmentBody,
    DepartmentShown,
    get_department,
    may_write_department,
    put_department,
)
from services.errors import FieldError, InvalidRequest
from services.intake import check_code, read


@get("/departments/{code:str}", guards=[READERS])
async def show_department(connection: Db, code: FromPath[str]) -> DepartmentShown:
    """Show one department."""
    return await get_department(connection, code)


@put("/departments/{code:str}", guards=[OWNERS], opt=reads(DepartmentBody))
async def write_department(
    connection: Db, caller: Who, parts: WithParts, code: FromPath[str], body: RawBody
) -> DepartmentShown:
    """Replace what is known of a department; admins also add one."""
    await may_write_department(connection, caller, code)
    check_code(code)
    wish = read(DepartmentBody, body)
    if wish.backend is not None and wish.backend.type == JSON_REST and wish.backend.url:
        try:
            check_url(wish.backend.url, parts.settings.outbound_allow)
        except InvalidAddress as error:
            raise InvalidRequest(FieldError("backend.url", error.message)) from None
    return await put_department(connection, parts.house.sealer, caller, code, wish)


HANDLERS = [show_department, write_department]
