"""Official pages: added, listed, changed. Tokens and secrets are sealed and never shown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from services.cases.cursors import Position, read_cursor, write_cursor
from services.communities.operators import DEFAULT, operator_id_for
from services.communities.queries import LAST_GROUP, OPERATORS
from services.communities.secrets import SECRET_PLACE, TOKEN_PLACE, new_secret, row_of
from services.communities.state_queries import PAUSED_COUNTS, RESUME, STATUS_COUNTS
from services.communities.writing_queries import (
    ANY_CALLBACK,
    KNOWN_PAGES,
    PAGE_BY_GROUP,
    PAGES,
    PUT_PAGE,
    PUT_PAGES,
    KnownPage,
    PageLine,
)
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, Forbidden, InvalidRequest, NotFound
from services.intake import Code, Municipality, Title
from services.privacy.errors import Unreadable
from services.privacy.sealing import Sealer

Transport = Literal["callback", "long_poll"]
PAGES_AT_ONCE = 500  # in one statement

_GroupId = Annotated[int, msgspec.Meta(ge=1, le=LAST_GROUP)]
_Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class NewPage(Struct, frozen=True, kw_only=True):
    """A page to add, or to update by its group id; what is None is kept, or made."""

    group_id: _GroupId
    title: Title
    token: Annotated[str, msgspec.Meta(min_length=1)]
    secret: _Secret | None = None
    confirmation: str | None = None
    municipality: Municipality | None = None
    operator: Code | None = None
    transport: Transport | None = None


class PageBody(Struct, frozen=True, kw_only=True):
    """What can be put of a page over REST. `paused` is why nothing is sent; null lets it send."""

    title: Title
    municipality: Municipality | None = None
    operator: Code | None = None
    transport: Transport = "callback"
    paused: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | UnsetType | None = UNSET


class CallbackShown(Struct, frozen=True, kw_only=True):
    """How a page stands at VK, as it was last asked.

    `status` is VK's word for our callback server (`ok`, `wait`, `failed`, `unconfigured`),
    `missing` where VK has none of ours, `unknown` where VK did not say. Of a `long_poll` page it
    says whether VK keeps its events (`ok`) or not (`missing`). `troubles` need a person.
    """

    status: str
    troubles: list[str]
    api_version: str | None
    checked_at: datetime


class PageShown(Struct, frozen=True, kw_only=True):
    """A page as admins see it. `callback` is its state at VK, null until VK was asked.

    `paused` is why nothing is sent; `paused_by` says whether a person (`admin`) stopped the page
    or the `gateway`, with VK's reason.
    """

    group_id: int
    title: str
    municipality: str | None
    operator: str
    transport: str
    paused: str | None
    paused_at: datetime | None
    paused_by: str | None
    last_event_at: datetime | None
    callback: CallbackShown | None = None


class PageList(Struct, frozen=True):
    """Some of the pages, in the order they were added."""

    items: list[PageShown]
    next_cursor: str | None


class PageFilters(Struct, frozen=True, kw_only=True):
    """What to list."""

    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


async def add_page(connection: Connection, sealer: Sealer, new: NewPage) -> str | None:
    """Add or update a page; return the callback secret if one was made for it.

    Raises InvalidRequest for an unknown operator.
    """
    try:
        made = await add_pages(connection, sealer, [new])
    except InvalidRequest as error:
        fields = [FieldError(each.field.partition(".")[2], each.message) for each in error.errors]
        raise InvalidRequest(*fields) from None
    return made.get(new.group_id)


async def add_pages(
    connection: Connection, sealer: Sealer, pages: Sequence[NewPage]
) -> dict[int, str]:
    """Add or update pages by few statements; return the callback secrets made, by group id.

    A page that the gateway had paused goes on with a token that it did not have yet; one that a
    person paused stays so. Raises InvalidRequest for unknown operators (`NUMBER.operator`).
    """
    operators = {row.code: row.id for row in await OPERATORS.all(connection)}
    wrong = [
        FieldError(f"{number}.operator", f"There is no operator {page.operator}.")
        for number, page in enumerate(pages)
        if page.operator is not None and page.operator not in operators
    ]
    if wrong:
        raise InvalidRequest(*wrong)
    made: dict[int, str] = {}
    for batch in _without_repeats(pages):
        made |= await _put_batch(connection, sealer, batch, operators)
    return made


def _without_repeats(pages: Sequence[NewPage]) -> Iterator[list[NewPage]]:
    """Cut where a page comes again: one statement can touch a row once."""
    batch: dict[int, NewPage] = {}
    for page in pages:
        if page.group_id in batch or len(batch) == PAGES_AT_ONCE:
            yield list(batch.values())
            batch.clear()
        batch[page.group_id] = page
    if batch:
        yield list(batch.values())


async def _put_batch(
    connection: Connection, sealer: Sealer, pages: Sequence[NewPage], operators: Mapping[str, int]
) -> dict[int, str]:
    found = await KNOWN_PAGES.all(connection, [page.group_id for page in pages])
    known = {row.group_id: row for row in found}
    made = {
        page.group_id: new_secret()
        for page in pages
        if page.group_id not in known and page.secret is None
    }
    rows = [_row(sealer, page, known.get(page.group_id), made, operators) for page in pages]
    await PUT_PAGES.run(connection, *map(list, zip(*rows, strict=True)))
    renewed = [
        known[page.group_id].id
        for page in pages
        if page.group_id in known and not _has_token(sealer, known[page.group_id], page.token)
    ]
    if renewed:
        await RESUME.run(connection, renewed)
    return made


def _row(
    sealer: Sealer,
    page: NewPage,
    known: KnownPage | None,
    made: Mapping[int, str],
    operators: Mapping[str, int],
) -> tuple[Any, ...]:
    row = row_of(page.group_id)
    secret = page.secret or made.get(page.group_id)
    operator = operators[page.operator or DEFAULT]
    if known is not None and page.operator is None:
        operator = known.operator_id
    return (
        page.group_id,
        operator,
        page.title,
        page.municipality,
        page.transport,
        sealer.seal(TOKEN_PLACE, row, page.token.encode()),
        sealer.seal(SECRET_PLACE, row, secret.encode()) if secret else None,
        page.confirmation,
    )


def _has_token(sealer: Sealer, known: KnownPage, token: str) -> bool:
    try:
        return sealer.open(TOKEN_PLACE, row_of(known.group_id), known.token) == token.encode()
    except Unreadable:
        return False


async def all_pages(connection: Connection) -> list[PageShown]:
    """Return all pages in the order they were added."""
    return [_shown(row) for row in await PAGES.all(connection, None, None, None)]


async def list_pages(
    connection: Connection, cursor_key: bytes, caller: Caller, filters: PageFilters
) -> PageList:
    """Return some pages in the order they were added; raises InvalidCursor."""
    bound = msgspec.json.encode(["communities", caller.key_id])
    after: tuple[datetime | None, int | None] = (None, None)
    if filters.cursor is not None:
        position = read_cursor(cursor_key, bound, filters.cursor)
        after = (position.at, position.id.int)
    rows = await PAGES.all(connection, *after, filters.limit + 1)
    items = [_shown(row) for row in rows[: filters.limit]]
    if len(rows) == len(items):
        return PageList(items, None)
    last = rows[filters.limit - 1]
    position = Position(last.created_at, UUID(int=last.id))
    return PageList(items, write_cursor(cursor_key, bound, position))


async def get_page(connection: Connection, group_id: int) -> PageShown:
    """Return one page; raises NotFound."""
    return _shown(await _page(connection, group_id))


async def _page(connection: Connection, group_id: int) -> PageLine:
    if group_id > LAST_GROUP:
        raise NotFound
    return await PAGE_BY_GROUP.one(connection, group_id)


async def may_write_page(connection: Connection, caller: Caller, group_id: int) -> PageLine:
    """Return the page; raises NotFound, or Forbidden when another operator runs it."""
    page = await _page(connection, group_id)
    if caller.operator_id not in {None, page.operator_id}:
        raise Forbidden
    return page


async def put_page(
    connection: Connection, now: datetime, caller: Caller, page: PageLine, body: PageBody
) -> PageShown:
    """Replace what can be put of a page; raises InvalidRequest for an unknown operator."""
    operator_id = page.operator_id
    if body.operator is not None:
        operator_id = await operator_id_for(connection, caller, body.operator)
    paused = page.paused if isinstance(body.paused, UnsetType) else body.paused
    await PUT_PAGE.run(
        connection,
        page.group_id,
        body.title,
        body.municipality,
        operator_id,
        body.transport,
        paused,
        now,
    )
    return await get_page(connection, page.group_id)


async def count_pages(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many pages are paused, by reason, and how many have each status at VK."""
    paused = {row.reason: row.count for row in await PAUSED_COUNTS.all(connection)}
    return paused, {row.status: row.count for row in await STATUS_COUNTS.all(connection)}


async def any_callback(connection: Connection) -> bool:
    """Return whether any page takes its events by callback."""
    return await ANY_CALLBACK.one(connection)


def _shown(row: PageLine) -> PageShown:
    return PageShown(
        group_id=row.group_id,
        title=row.title,
        municipality=row.municipality,
        operator=row.operator,
        transport=row.transport,
        paused=row.paused,
        paused_at=row.paused_at,
        paused_by=row.paused_by,
        last_event_at=row.last_event_at,
        callback=_callback(row),
    )


def _callback(row: PageLine) -> CallbackShown | None:
    if row.checked_at is None:
        return None
    return CallbackShown(
        status=row.status or "unknown",
        troubles=row.troubles or [],
        api_version=row.api_version,
        checked_at=row.checked_at,
    )
