"""Operators over REST."""

from litestar import get, put
from litestar.params import FromPath, RawBody

from gateway.dependencies import Db, Who
from gateway.documentation import reads
from gateway.security import ADMINS, READERS
from services.communities.operators import (
    OperatorBody,
    OperatorShown,
    get_operator,
    may_write_operator,
    put_operator,
)
from services.intake import check_code, read


@get("/operators/{code:str}", guards=[READERS])
async def show_operator(connection: Db, code: FromPath[str]) -> OperatorShown:
    """Show one operator."""
    return await get_operator(connection, code)


@put("/operators/{code:str}", guards=[ADMINS], opt=reads(OperatorBody))
async def write_operator(
    connection: Db, caller: Who, code: FromPath[str], body: RawBody
) -> OperatorShown:
    """Add an operator or replace what is known of it."""
    await may_write_operator(connection, caller, code)
    check_code(code)
    return await put_operator(connection, code, read(OperatorBody, body))


HANDLERS = [show_operator, write_operator]
