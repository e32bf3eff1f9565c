"""Who may call what: the Bearer key, and a guard that names the roles of each route."""

import time
from typing import Any
from urllib.parse import unquote

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec.structs import replace

from gateway.parts import POOL_SECONDS, parts_of
from services.departments.callers import Caller, Role
from services.departments.keys import authenticate, key_id_of
from services.errors import FieldError, Forbidden, InvalidRequest, TooManyRequests, Unauthorized
from services.throttling import Allowance, Throttle

ACTOR_LENGTH = 200
CALLS = Allowance(burst=500, per_second=100)
"""Of one key. A back end that claims and answers makes a few calls a case."""
WRONG_KEYS = Allowance(burst=50, per_second=0.1)
"""Wrong secrets for one key, or for any, from one address. They are random and of 192 bits: this
is not against guessing but against whoever tries."""
SIGN_INS = Allowance(burst=5, per_second=0.1)
"""Of wrong keys typed into the monitor's form for one key, from one address."""
LOCKED = "Too many wrong keys from this address; wait as long as `Retry-After` says."
_BEARER = "bearer "


class Limits:
    """What keys and addresses have done lately, in this process."""

    def __init__(
        self,
        calls: Allowance = CALLS,
        wrong_keys: Allowance = WRONG_KEYS,
        sign_ins: Allowance = SIGN_INS,
    ) -> None:
        """Take what is allowed."""
        self.calls = Throttle(calls)
        self.wrong_keys = Throttle(wrong_keys)
        self.sign_ins = Throttle(sign_ins)


class Admits:
    """A guard: lets callers of some roles pass; raises Unauthorized, then Forbidden."""

    def __init__(self, *roles: Role) -> None:
        """Take the roles that may call the route."""
        self.roles = frozenset(roles)

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        """Find out who calls and leave it in the request for `caller`."""
        caller = await _caller(connection)
        if caller.role not in self.roles:
            raise Forbidden
        connection.scope["auth"] = replace(caller, actor=_actor(connection))


READERS = Admits("department", "admin", "moderator", "viewer")
ACTORS = Admits("department", "admin", "moderator")
OWNERS = Admits("department", "admin")
ADMINS = Admits("admin")


async def _caller(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    header = connection.headers.get("authorization", "")
    if header[: len(_BEARER)].lower() != _BEARER:
        raise Unauthorized
    parts, limits = parts_of(connection), limits_of(connection)
    key = header[len(_BEARER) :].strip()
    address = None if connection.client is None else connection.client.host
    # A key is locked for one address alone: nobody can lock its holder out by guessing.
    this_key, any_key, now = (address, key_id_of(key) or ""), (address, None), time.monotonic()
    if wait := limits.wrong_keys.wait(this_key, now):
        raise TooManyRequests(wait, LOCKED)
    try:
        async with parts.pool.acquire(timeout=POOL_SECONDS) as database:
            caller = await authenticate(database, parts.house.now(), key)
    except Unauthorized:
        limits.wrong_keys.take(this_key, now)
        if wait := limits.wrong_keys.take(any_key, now):
            raise TooManyRequests(wait, LOCKED) from None
        raise
    if wait := limits.calls.take(caller.key_id, now):
        raise TooManyRequests(wait)
    return caller


def limits_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Limits:
    """Return the limits of the application that answers this request."""
    return connection.app.state.limits


def _actor(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Return the person named in `Gateway-Actor`: UTF-8 as it is, or percent-encoded."""
    headers = connection.scope["headers"]
    raw = next((value for name, value in headers if name == b"gateway-actor"), b"")
    try:
        actor = unquote(raw.decode(), errors="strict").strip()
    except UnicodeDecodeError:
        raise InvalidRequest(FieldError("Gateway-Actor", "Write the name in UTF-8.")) from None
    if len(actor) > ACTOR_LENGTH or not actor.isprintable():
        words = f"At most {ACTOR_LENGTH} characters, on one line."
        raise InvalidRequest(FieldError("Gateway-Actor", words))
    return actor or None
