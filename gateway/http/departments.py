"""Departments over REST."""

from litestar import get, put
from litestar.params import FromPath, RawBody

from gateway.dependencies import Db, Who
from gateway.documentation import reads
from gateway.security import OWNERS, READERS
from services.departments.departments import (
    DepartmentBody,
    DepartmentShown,
    get_department,
    may_write_department,
    put_department,
)
from services.intake import check_code, read


@get("/departments/{code:str}", guards=[READERS])
async def show_department(connection: Db, code: FromPath[str]) -> DepartmentShown:
    """Show one department."""
    return await get_department(connection, code)


@put("/departments/{code:str}", guards=[OWNERS], opt=reads(DepartmentBody))
async def write_department(
    connection: Db, caller: Who, code: FromPath[str], body: RawBody
) -> DepartmentShown:
    """Replace what is known of a department; admins also add one."""
    await may_write_department(connection, caller, code)
    check_code(code)
    return await put_department(connection, caller, code, read(DepartmentBody, body))


HANDLERS = [show_department, write_department]
