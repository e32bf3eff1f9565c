"""Signing in with a key, and out; and the files that every page needs."""

import time
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from gateway.admin.access import EVERYBODY, PATH, check_origin, cookie, wanted_page
from gateway.admin.problems import sentence
from gateway.admin.rendering import STATIC, Asked, back, page
from gateway.dependencies import Db
from gateway.parts import POOL_SECONDS, parts_of
from gateway.problems import status_of
from gateway.security import limits_of
from services.departments.keys import key_id_of
from services.errors import NotFound, TooManyRequests, Unauthorized
from services.monitor.sessions import end_session, open_session

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FILES = frozenset(file.name for file in STATIC.iterdir())
WEEK = 7 * 24 * 60 * 60


@get("/login", opt={"public": True})
async def show_sign_in(request: Asked) -> Response[str]:
    """Ask for a key."""
    return page(
        request, "login.html", next=wanted_page(request.query_params.get("next")), error=None
    )


@post("/login", opt={"public": True}, status_code=200)
async def sign_in(request: Asked) -> Response[Any]:
    """Exchange a key for a session; wrong keys have to wait longer and longer."""
    check_origin(request)
    form = await request.form()
    wanted = wanted_page(form.get("next"))
    try:
        token = await _exchange(request, str(form.get("key", "")), str(form.get("name", "")))
    except (Unauthorized, TooManyRequests) as error:
        told = sentence(error)
        return page(request, "login.html", status=status_of(error), next=wanted, error=told)
    return back(wanted, cookies=[cookie(request, token)])


async def _exchange(request: Asked, key: str, name: str) -> str:
    """Return the token of a new session; raises Unauthorized, TooManyRequests."""
    parts, limits, now = parts_of(request), limits_of(request), time.monotonic()
    address = None if request.client is None else request.client.host
    # A key is locked for one address alone: nobody can lock its holder out by guessing.
    this_key, any_key = (address, key_id_of(key.strip()) or ""), (address, None)
    if wait := limits.sign_ins.wait(this_key, now):
        raise TooManyRequests(wait)
    try:
        # Outside a transaction: that the key was used is written at once.
        async with parts.pool.acquire(timeout=POOL_SECONDS) as connection:
            return await open_session(connection, parts.house, key, name)
    except Unauthorized:
        limits.sign_ins.take(this_key, now)
        if wait := limits.wrong_keys.take(any_key, now):
            raise TooManyRequests(wait) from None
        raise


@post("/logout", guards=[EVERYBODY])
async def sign_out(request: Asked, connection: Db) -> Response[Any]:
    """End the session."""
    await end_session(connection, request.user.token)
    return back(f"{PATH}/login", cookies=[cookie(request, "")])


@get("/static/{name:str}", opt={"public": True})
async def show_file(name: FromPath[str]) -> Response[bytes]:
    """Give a script or style of ours; raises NotFound."""
    if name not in FILES:
        raise NotFound
    return Response(
        (STATIC / name).read_bytes(),
        media_type=TYPES[name.rpartition(".")[2]],
        headers={"Cache-Control": f"public, max-age={WEEK}"},
    )


HANDLERS = [show_sign_in, sign_in, sign_out, show_file]
