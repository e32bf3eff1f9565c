"""Pages of the krai: the table, their ranking, the ranking to take away; and the map."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from gateway.admin import drawing
from gateway.admin.access import ADMINS, OVERSEERS
from gateway.admin.rendering import HEADERS, Asked, back, day_of, page
from gateway.dependencies import Db, InHouse, Who
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import NotFound
from services.house import House
from services.monitor.administrators import administrators, put_administrator
from services.monitor.areas import areas
from services.monitor.pages import COLUMNS, arranged, pages
from services.monitor.ranking import FORMULA, NOTICE, TITLES, Ranked, ranking
from services.sheets import MEDIA_TYPES, Cell, sheet

DAYS = 30
LONGEST_DAYS = 366
ROWS = 200


@get("/pages", guards=[OVERSEERS])
async def show_pages(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[str]:
    """Show all pages: problems on top, or by any column."""
    first, last = _period(request, house)
    asked = request.query_params
    column, down = asked.get("sort"), asked.get("turn") == "down"
    words_sought = str(asked.get("q", "")).strip()
    found = await pages(connection, house, caller, first, last)
    troubled = sum(bool(line.troubles) for line in found)
    if words_sought:
        sought = words_sought.casefold()
        found = [
            line
            for line in found
            if sought in line.page.title.casefold() or sought == str(line.page.group_id)
        ]
    ordered = arranged(found, column, down=down)
    start = _start(asked.get("start"), len(ordered))
    return page(
        request,
        "pages.html",
        lines=ordered[start : start + ROWS],
        total=len(ordered),
        start=start,
        rows=ROWS,
        troubled=troubled,
        sort=column if column in COLUMNS else "",
        down=down,
        q=words_sought,
        days=DAYS,
        link=_link,
    )


@get("/ranking", guards=[OVERSEERS])
async def show_ranking(
    request: Asked, connection: Db, caller: Who, house: InHouse
) -> Response[str]:
    """Show the ranking of pages for a period, to be printed too."""
    first, last = _period(request, house)
    ranked = await _ranked(connection, house, caller, first, last)
    start = _start(request.query_params.get("start"), len(ranked))
    whole = request.query_params.get("whole") == "true"
    shown = ranked if whole else ranked[start : start + ROWS]
    rows = [each.line.page for each in shown]
    return page(
        request,
        "ranking.html",
        ranked=shown,
        total=len(ranked),
        start=start,
        rows=ROWS,
        whole=whole,
        first=first,
        last=last,
        titles=TITLES,
        formula=FORMULA,
        notice=NOTICE,
        names=await administrators(connection, house, caller, rows),
    )


@get("/ranking/{kind:str}", guards=[OVERSEERS])
async def take_ranking(
    request: Asked, connection: Db, caller: Who, house: InHouse, kind: FromPath[str]
) -> Response[bytes]:
    """Give the whole ranking as `csv` or `xlsx`; raises NotFound."""
    if kind not in MEDIA_TYPES:
        raise NotFound
    first, last = _period(request, house)
    ranked = await _ranked(connection, house, caller, first, last)
    names = await administrators(connection, house, caller, (each.line.page for each in ranked))
    name = f"ranking-{first}-{last}.{kind}"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    body = sheet(_rows(ranked, names), kind, "Рейтинг")
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)


@post("/pages/{group_id:int}/administrator", guards=[ADMINS], status_code=200)
async def name_administrator(
    request: Asked, connection: Db, caller: Who, house: InHouse, group_id: FromPath[int]
) -> Response[Any]:
    """Enter who runs a page; an empty name takes it out."""
    name = str((await request.form()).get("name", ""))
    await put_administrator(connection, house, caller, group_id, name)
    return back(f"/admin/pages?{urlencode({'q': group_id})}", "named")


@get("/map", guards=[OVERSEERS])
async def show_map(request: Asked, connection: Db, caller: Who) -> Response[str]:
    """Show where open cases with a point lie, by squares."""
    found = await areas(connection, caller)
    picture = drawing.squares([(each.west, each.south, each.n) for each in found])
    return page(request, "map.html", found=found, picture=picture)


async def _ranked(
    connection: Connection, house: House, caller: Caller, first: date, last: date
) -> list[Ranked]:
    return ranking(await pages(connection, house, caller, first, last))


def _rows(ranked: list[Ranked], names: dict[int, str]) -> list[list[Cell]]:
    head = ["Место", "Страница", "Номер группы", "Администратор", "Итог", *TITLES.values()]
    more = ["Обращений", "Ответов", "Медиана ответа, ч", "Подписчиков", "Прирост, %"]
    rows: list[list[Cell]] = [[*head, *more]]
    for each in ranked:
        line, period = each.line, each.line.period
        rows.append(
            [
                each.place,
                line.page.title,
                line.page.group_id,
                names.get(line.page.id),
                each.total,
                *each.marks.values(),
                period.filed,
                period.answered,
                None if period.answer_median is None else period.answer_median / 3600,
                line.page.members,
                None if line.growth is None else line.growth * 100,
            ]
        )
    return [*rows, [], [FORMULA], [NOTICE]]


def _period(request: Asked, house: House) -> tuple[date, date]:
    """Return the days asked for, else the last thirty; at most a year."""
    today = house.now().astimezone(house.zone).date()
    last = min(day_of(request.query_params.get("to")) or today, today)
    first = day_of(request.query_params.get("from")) or last - timedelta(days=DAYS - 1)
    return max(min(first, last), last - timedelta(days=LONGEST_DAYS)), last


def _start(text: Any, total: int) -> int:
    given = str(text or "")
    start = int(given) if given.isdecimal() and given.isascii() and len(given) < 8 else 0  # noqa: PLR2004 - digits
    return start // ROWS * ROWS if start < total else 0


def _link(**parts: Any) -> str:
    """Return the address of the table with these parameters, the empty ones left out."""
    given = {name: value for name, value in parts.items() if value not in {"", None, 0}}
    return f"/admin/pages?{urlencode(given)}" if given else "/admin/pages"


HANDLERS = [show_pages, show_ranking, take_ranking, name_administrator, show_map]
