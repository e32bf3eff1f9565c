"""Operators: the bodies that run pages and answer for the personal data left on them."""

from typing import Annotated

import msgspec
from msgspec import Struct

from services.communities.queries import Operator
from services.communities.writing_queries import OPERATOR_BY_CODE, PUT_OPERATOR
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest
from services.intake import Title

DEFAULT = "default"
"""The operator that is there from the start, meant where none is named."""

_Line = Annotated[str, msgspec.Meta(max_length=300)]
_Url = Annotated[str, msgspec.Meta(pattern="^https?://[^\\s]+$", max_length=2000)]


class OperatorBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operator as it is put and shown. `appeal_system_url`: where verified appeals are sent."""

    title: Title
    address: _Line = ""
    phone: _Line = ""
    email: _Line = ""
    appeal_system_url: _Url | None = None


class OperatorShown(OperatorBody, frozen=True, kw_only=True, omit_defaults=False):
    """An operator with its code."""

    code: str


async def operator_by_code(connection: Connection, code: str, field: str = "operator") -> Operator:
    """Return the operator named in a request's `field`; raises InvalidRequest."""
    operator = await OPERATOR_BY_CODE.maybe(connection, code)
    if operator is None:
        raise InvalidRequest(FieldError(field, "There is no such operator."))
    return operator


async def get_operator(connection: Connection, code: str) -> OperatorShown:
    """Return one operator; raises NotFound."""
    return shown(await OPERATOR_BY_CODE.one(connection, code))


async def put_operator(connection: Connection, code: str, body: OperatorBody) -> OperatorShown:
    """Add an operator, or replace what is known of it."""
    row = await PUT_OPERATOR.one(
        connection,
        code,
        body.title,
        body.address,
        body.phone,
        body.email,
        body.appeal_system_url,
    )
    return shown(row)


async def may_write_operator(connection: Connection, caller: Caller, code: str) -> None:
    """Raise Forbidden unless the admin is for all operators, or for this one."""
    if caller.operator_id is None:
        return
    row = await OPERATOR_BY_CODE.maybe(connection, code)
    if row is None or row.id != caller.operator_id:
        raise Forbidden


async def operator_id_for(connection: Connection, caller: Caller, code: str | None) -> int:
    """Return the id of the operator meant: the one named, the caller's own, else the default.

    Raises InvalidRequest for an unknown one and Forbidden for another's.
    """
    if code is None and caller.operator_id is not None:
        return caller.operator_id
    operator = await operator_by_code(connection, code or DEFAULT)
    if caller.operator_id not in {None, operator.id}:
        raise Forbidden
    return operator.id


def shown(row: Operator) -> OperatorShown:
    """Return an operator as the outside sees it."""
    return OperatorShown(
        code=row.code,
        title=row.title,
        address=row.address,
        phone=row.phone,
        email=row.email,
        appeal_system_url=row.appeal_system_url,
    )
