"""Drawing pages: one environment of templates, everything from outside escaped."""

import hashlib
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from gateway.admin import drawing, words
from gateway.parts import parts_of
from services.cases.wording import count, plural
from services.house import House
from services.monitor.sessions import Session

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
HTML = "text/html; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # A form of a page that keeps its address to itself would be sent without an origin.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MINUTE, HOUR, DAY = 60, 3600, 86_400
ONE_DAY = timedelta(days=1)
NOTHING = "нет данных"
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
"""What is further off is no day that anybody means, and some of them no clock can tell."""

Asked = Request[Any, Any, Any]


@cache
def environment() -> Environment:
    """Return the environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters, names = cast("dict[str, Any]", made.filters), cast("dict[str, Any]", made.globals)
    filters.update(moment=moment, day=day, took=took, percent=percent, number=number)
    filters.update(growth=growth)
    names.update(
        words=words, drawing=drawing, count=count, plural=plural, asset=asset, one_day=ONE_DAY
    )
    return made


@cache
def asset(name: str) -> str:
    """Return the address of a file of ours; another content has another address."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/admin/static/{name}?v={digest}"


def page(
    request: Asked,
    name: str,
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
    **more: Any,
) -> Response[str]:
    """Draw a page for whoever is signed in (or nobody is)."""
    session: Session | None = request.scope.get("user")
    house = parts_of(request).house
    context = {
        "session": session,
        "caller": None if session is None else session.caller,
        "here": request.url.path,
        "done": words.DONE.get(str(request.query_params.get("done", ""))),
        "now": house.now().astimezone(house.zone),
        "zone": house.zone,
        "directory": house.directory.snapshot,
        "departments": titles(house),
        **more,
    }
    body = environment().get_template(name).render(context)
    return Response(
        body, status_code=status, media_type=HTML, headers=HEADERS, cookies=cookies or []
    )


def titles(house: House) -> dict[str, str]:
    """Return the departments' titles by their codes."""
    return {row.code: row.title for row in house.directory.snapshot.departments.values()}


def back(path: str, done: str | None = None, **more: Any) -> Redirect:
    """Send the browser to a page after something was done."""
    joined = f"{path}{'&' if '?' in path else '?'}done={done}" if done else path
    return Redirect(joined, status_code=303, headers=HEADERS, **more)


def day_of(text: Any) -> date | None:
    """Read a day out of an address or a form; None where there is none."""
    try:
        day = date.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def moment(at: datetime | None, zone: Any) -> str:
    """Return a time as people write it, in the krai's zone."""
    return "—" if at is None else at.astimezone(zone).strftime("%d.%m.%Y %H:%M")


def day(at: datetime | date | None, zone: Any = None) -> str:
    """Return a day as people write it."""
    if isinstance(at, datetime) and zone is not None:
        at = at.astimezone(zone)
    return "—" if at is None else at.strftime("%d.%m.%Y")


def took(seconds: float | None) -> str:
    """Return a length of time in its two largest parts: «2 дн 4 ч»."""
    if seconds is None:
        return NOTHING
    minutes = round(seconds / MINUTE)
    if minutes < HOUR // MINUTE:
        return f"{max(minutes, 1)} мин"
    hours, rest = divmod(minutes, HOUR // MINUTE)
    if hours < DAY // HOUR:
        return f"{hours} ч {rest} мин" if rest else f"{hours} ч"
    days, hours = divmod(hours, DAY // HOUR)
    return f"{days} дн {hours} ч" if hours else f"{days} дн"


def percent(share: float | None) -> str:
    """Return a share as people write it: «87 %»."""
    return NOTHING if share is None else f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def growth(share: float | None) -> str:
    """Return by how much something grew: «+1,5 %», «−4,0 %»."""
    if share is None:
        return NOTHING
    sign = "\N{MINUS SIGN}" if share < 0 else "+"
    return f"{sign}{number(abs(share) * 100, 1)}\N{NO-BREAK SPACE}%"


def number(value: float | None, places: int = 0) -> str:
    """Return a number with thin groups and a comma: «1 643», «4,5»."""
    if value is None:
        return NOTHING
    return f"{value:,.{places}f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
