"""Who may see which page: a session's cookie, the roles of a route, and what a form must carry."""

import hmac
import time
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from gateway.parts import POOL_SECONDS, parts_of
from gateway.security import limits_of
from services.departments.callers import Role
from services.errors import Forbidden, TooManyRequests, Unauthorized
from services.monitor.sessions import LONGEST, Session, find_session

COOKIE = "gateway_session"
PATH = "/admin"
CSRF = "csrf"
"""The name of the field that every form carries."""
REFRESH = "x-refresh"
"""The header of a page that brings itself up to date: nobody need be sitting there."""
_SAFE = frozenset({"GET", "HEAD"})


class WrongForm(Forbidden):
    """The form was not sent from a page of this session."""

    code = "wrong_form"


class Enters:
    """A guard: lets sessions of some roles pass; of what changes something, the form is checked.

    Raises Unauthorized, Forbidden, WrongForm, TooManyRequests.
    """

    def __init__(self, *roles: Role) -> None:
        """Take the roles that may open the page."""
        self.roles = frozenset(roles)

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        """Find the session and leave it in the request."""
        session = await session_of(connection, touch=REFRESH not in connection.headers)
        if session.caller.role not in self.roles:
            raise Forbidden
        if wait := limits_of(connection).calls.take(session.caller.key_id, time.monotonic()):
            raise TooManyRequests(wait)
        if not isinstance(connection, Request) or connection.method not in _SAFE:
            check_origin(connection)
            await _check_token(connection, session)
        connection.scope["auth"] = session.caller
        connection.scope["user"] = session


EVERYBODY = Enters("department", "admin", "moderator", "viewer")
OVERSEERS = Enters("admin", "moderator", "viewer")
WORKERS = Enters("department", "admin", "moderator")
OWNERS = Enters("department", "admin")
ADMINS = Enters("admin")
DEPARTMENTS = Enters("department")
OPENERS = Enters("admin", "moderator")


async def session_of(
    connection: ASGIConnection[Any, Any, Any, Any], *, touch: bool = True
) -> Session:
    """Return the session whose cookie the browser sends; raises Unauthorized."""
    token = connection.cookies.get(COOKIE)
    if not token:
        raise Unauthorized
    parts = parts_of(connection)
    async with parts.pool.acquire(timeout=POOL_SECONDS) as database:
        return await find_session(database, parts.house, token, touch=touch)


def check_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Raise WrongForm unless the browser says that a page of ours sends this."""
    origin = connection.headers.get("origin")
    if origin is None:
        if connection.headers.get("sec-fetch-site") == "same-origin":
            return
        raise WrongForm
    public = urlsplit(parts_of(connection).settings.public_url)
    if urlsplit(origin).netloc not in {connection.headers.get("host"), public.netloc}:
        raise WrongForm


async def _check_token(connection: ASGIConnection[Any, Any, Any, Any], session: Session) -> None:
    given = ""
    if isinstance(connection, Request):
        given = str((await connection.form()).get(CSRF, ""))
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise WrongForm


def wanted_page(path: Any, otherwise: str = PATH) -> str:
    """Return the page to go to: one of ours, whatever was sent."""
    text = str(path or otherwise)
    ours = text == PATH or (text.startswith(f"{PATH}/") and text.isprintable())
    return text if ours and "\\" not in text and "//" not in text else otherwise


def cookie(connection: ASGIConnection[Any, Any, Any, Any], token: str) -> Cookie:
    """Return the session's cookie; an empty token takes it back."""
    secure = parts_of(connection).settings.public_url.startswith("https:")
    return Cookie(
        key=COOKIE,
        value=token,
        path=PATH,
        max_age=int(LONGEST.total_seconds()) if token else 0,
        httponly=True,
        samesite="strict",
        secure=secure,
    )
