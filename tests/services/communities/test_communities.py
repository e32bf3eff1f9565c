"""Pages: added, imported, paused."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.communities.communities import (
    NewPage,
    PageBody,
    _without_repeats,
    add_page,
    add_pages,
    all_pages,
    get_page,
    may_write_page,
    put_page,
)
from services.communities.pausing import pause_page
from services.communities.queries import COMMUNITY_BY_GROUP, REFERENCE_VERSION
from services.communities.secrets import page_of, secrets_of
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import InvalidRequest
from services.privacy.sealing import Sealer
from tests.services.inbox.conftest import MovingClock

SEALER = Sealer({1: bytes(32)}, bytes(32))
NOW = MovingClock().now()
PAGE = NewPage(group_id=7, title="Город", token="first")
ADMIN = Caller(key_id="k", role="admin", department_id=None, operator_id=None, holder="")


async def page_id(connection: Connection) -> int:
    return (await COMMUNITY_BY_GROUP.one(connection, "vk", 7)).id


async def test_many_pages_are_put_at_once(connection: Any) -> None:
    """All pages of a region cost the processes one reading of reference data, not 1,643."""
    pages = [NewPage(group_id=number, title="Т", token=f"t{number}") for number in range(1, 1644)]
    before = await REFERENCE_VERSION.one(connection)
    made = await add_pages(connection, SEALER, pages)
    assert len(made) == len(await all_pages(connection)) == 1643
    assert await REFERENCE_VERSION.one(connection) - before < 10
    page = await COMMUNITY_BY_GROUP.one(connection, "vk", 1643)
    assert page_of(SEALER, page).token == "t1643"
    assert secrets_of(SEALER, page, NOW) == (made[1643].encode(),)


async def test_what_is_not_said_of_a_known_page_stays(connection: Any) -> None:
    """Municipality, secret, code and transport; the title and the token are always said."""
    full = replace(
        PAGE, secret="s", confirmation="c", municipality="08701000", transport="long_poll"
    )
    await add_page(connection, SEALER, full)
    assert await add_page(connection, SEALER, replace(PAGE, title="Новое")) is None
    page = await COMMUNITY_BY_GROUP.one(connection, "vk", 7)
    kept = (page.title, page.confirmation, page.municipality, page.transport)
    assert kept == ("Новое", "c", "08701000", "long_poll")
    assert secrets_of(SEALER, page, NOW) == (b"s",)


async def test_an_unknown_operator_is_named_by_its_page(connection: Any) -> None:
    """And nothing is added."""
    pages = [PAGE, NewPage(group_id=8, title="Т", token="t", operator="nobody")]
    with pytest.raises(InvalidRequest) as refused:
        await add_pages(connection, SEALER, pages)
    assert [each.field for each in refused.value.errors] == ["1.operator"]
    assert await all_pages(connection) == []


async def test_a_new_token_lets_a_page_go_on(connection: Any) -> None:
    """One that the gateway stopped; the token that died does not."""
    await add_page(connection, SEALER, PAGE)
    assert await pause_page(connection, await page_id(connection), "token_invalid", NOW)
    assert not await pause_page(connection, await page_id(connection), "other", NOW)
    await add_page(connection, SEALER, PAGE)
    assert (await get_page(connection, 7)).paused == "token_invalid"
    await add_page(connection, SEALER, replace(PAGE, token="second"))
    shown = await get_page(connection, 7)
    assert (shown.paused, shown.paused_at, shown.paused_by) == (None, None, None)


async def test_what_a_person_paused_a_person_starts(connection: Any) -> None:
    """With a reason in words; neither the gateway's own reason nor a new token takes its place."""
    await add_page(connection, SEALER, PAGE)

    async def put(paused: str | None) -> tuple[str | None, str | None]:
        page = await may_write_page(connection, ADMIN, 7)
        shown = await put_page(connection, NOW, ADMIN, page, PageBody(title="Т", paused=paused))
        return shown.paused, shown.paused_by

    assert await put("Ремонт до пятницы") == ("Ремонт до пятницы", "admin")
    assert not await pause_page(connection, await page_id(connection), "token_invalid", NOW)
    await add_page(connection, SEALER, replace(PAGE, token="second"))
    assert (await get_page(connection, 7)).paused == "Ремонт до пятницы"
    assert await put(None) == (None, None)


async def test_a_pause_of_the_gateway_stays_its_own_when_put_again(connection: Any) -> None:
    """A PUT of what was read changes nothing."""
    await add_page(connection, SEALER, PAGE)
    await pause_page(connection, await page_id(connection), "token_invalid", NOW)
    page = await may_write_page(connection, ADMIN, 7)
    body = PageBody(title="Т", paused="token_invalid")
    assert (await put_page(connection, NOW, ADMIN, page, body)).paused_by == "gateway"


@given(st.lists(st.integers(1, 5)))
def test_a_page_that_comes_again_is_put_again(groups: list[int]) -> None:
    """In order, and never twice in one statement."""
    pages = [NewPage(group_id=group, title=str(n), token="t") for n, group in enumerate(groups)]
    batches: Iterator[list[NewPage]] = _without_repeats(pages)
    cut = list(batches)
    assert [page for batch in cut for page in batch] == pages
    assert all(len({page.group_id for page in batch}) == len(batch) > 0 for batch in cut)
