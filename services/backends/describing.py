"""How a department says where its back end is: claimed from the queue, told, or described."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from schemas.backends import (
    FIELDS,
    RestCall,
    RestCreate,
    RestDescription,
    RestFind,
    RestList,
    RestStatus,
)
from services.backends.queries import BACKEND, DELETE_BACKEND, PUT_BACKEND, BackendRow
from services.backends.targets import CREDENTIAL
from services.cases.transitions import TRANSITIONS
from services.db.query import Connection
from services.errors import FieldError, InvalidRequest
from services.privacy.sealing import Sealer

JSON_REST, MIS = "json_rest", "mis"
_BRACES = re.compile(r"\{([^{}]*)\}")
_STATES = {each for row in TRANSITIONS for each in (row.source, row.target)}
_CALLS = ("create", "find", "status", "list", "tell")


class BackendBody(Struct, frozen=True, kw_only=True):
    """How cases reach the department.

    It claims them (`pull`), is told by `webhook` besides, or its own system is spoken to as it is
    described (`json_rest`, see `schemas.backends`), or it is a clinic's and the master of its slots
    (`mis`, see deploy/connect.md). `credential` is sent in `header` as it is, and
    never shown; where it is missing the one before stays.
    """

    type: Literal["pull", "webhook", "json_rest", "mis"]
    url: str | None = None
    credential: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)] | None = None
    header: str | UnsetType = UNSET
    create: RestCreate | UnsetType = UNSET
    find: RestFind | UnsetType | None = UNSET
    status: RestStatus | UnsetType | None = UNSET
    list: RestList | UnsetType | None = UNSET
    tell: RestCall | UnsetType | None = UNSET
    states: dict[str, str] | UnsetType = UNSET
    poll_minutes: int | UnsetType = UNSET


def read_description(body: BackendBody) -> RestDescription:
    """Return the description in a request's `backend`; raises InvalidRequest with all mistakes."""
    given = {
        name: value
        for name in RestDescription.__struct_fields__
        if (value := getattr(body, name)) is not UNSET
    }
    errors: list[FieldError] = []
    if body.url is None:
        errors.append(FieldError("backend.url", "This field is required."))
    if "create" not in given:
        errors.append(FieldError("backend.create", "This field is required."))
    else:
        errors += _mistakes(given)
    if errors:
        raise InvalidRequest(*errors)
    try:
        return msgspec.convert(msgspec.to_builtins(given), RestDescription)
    except msgspec.ValidationError as error:
        words, _, where = str(error).partition(" - at `$")
        raise InvalidRequest(FieldError(f"backend{where.rstrip('`')}", words)) from None


async def put_described(
    connection: Connection, sealer: Sealer, department_id: int, body: BackendBody
) -> None:
    """Set a department's own system, a clinic's too; raises InvalidRequest."""
    kept = {} if body.type == MIS else msgspec.to_builtins(read_description(body))
    if body.url is None:
        raise InvalidRequest(FieldError("backend.url", "This field is required."))
    sealed = None
    if body.credential is not None:
        sealed = sealer.seal(CREDENTIAL, department_id, body.credential.encode())
    await PUT_BACKEND.run(connection, department_id, body.type, body.url, kept, sealed)


async def delete_described(connection: Connection, department_id: int) -> None:
    """Forget a described back end, if there is one."""
    await DELETE_BACKEND.run(connection, department_id)


async def find_described(connection: Connection, department_id: int) -> BackendRow | None:
    """Return a department's described back end, or None."""
    return await BACKEND.maybe(connection, department_id)


def _mistakes(given: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with a description that has the right shape."""
    errors: list[FieldError] = []
    for name in _CALLS:
        call = given.get(name)
        if call is None:
            continue
        known = {*FIELDS, "cursor"} if name == "list" else set(FIELDS)
        for where, text in _texts(msgspec.to_builtins(call), f"backend.{name}"):
            errors += [
                FieldError(where, f"{{{word}}} is not known; there are {', '.join(FIELDS)}.")
                for word in _BRACES.findall(text)
                if word not in known
            ]
    errors += [
        FieldError(f"backend.states.{word}", "Not one of our states; see GET /api/v1/transitions.")
        for word, state in (given.get("states") or {}).items()
        if state not in _STATES
    ]
    if (given.get("status") or given.get("list")) and not given.get("states"):
        words = "Say which of our states each of its words is."
        errors.append(FieldError("backend.states", words))
    return errors


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _texts(each, f"{where}.{number}")
