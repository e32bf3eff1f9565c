"""Setting pages up at VK."""

import pytest
from aiohttp import web

from integrations.vk.api import VERSION
from integrations.vk.calling import TRIES
from integrations.vk.errors import VkRefused
from integrations.vk.office import EVENTS, TITLE, VkOffice
from services.ports import EventSettings, Page
from tests.integrations.vk.conftest import FreePace, StandIn


async def test_the_confirmation_code_is_asked_of_vk(
    vk: StandIn, office: VkOffice, page: Page
) -> None:
    """It changes over time, so the one of today is asked for."""
    vk.says({"response": {"code": "ab12cd"}})
    assert await office.confirmation_code(page) == "ab12cd"
    assert vk.calls[0].form["group_id"] == "123"


@pytest.mark.parametrize("response", [None, {}, [], "x"])
async def test_what_is_not_an_answer_is_refused(
    vk: StandIn, office: VkOffice, page: Page, response: object
) -> None:
    """Asked for again first: VK may have stumbled."""
    vk.says({"response": response})
    with pytest.raises(VkRefused) as refused:
        await office.confirmation_code(page)
    assert refused.value.verdict.code == "unreadable"
    assert len(vk.calls) == TRIES


@pytest.mark.parametrize("code", [5, 27, 28])
async def test_a_dead_token_stops_the_page(
    vk: StandIn, office: VkOffice, page: Page, code: int
) -> None:
    """Asked once: no other call will find it alive."""
    vk.refuses(code)
    with pytest.raises(VkRefused) as refused:
        await office.servers(page)
    assert refused.value.verdict.stops_page
    assert len(vk.calls) == 1


@pytest.mark.parametrize("code", [7, 15, 20, 203])
async def test_a_missing_right_does_not_stop_the_page(
    vk: StandIn, office: VkOffice, page: Page, code: int
) -> None:
    """Who may not set a page up may still write for it."""
    vk.refuses(code)
    with pytest.raises(VkRefused) as refused:
        await office.servers(page)
    assert not refused.value.verdict.stops_page


async def test_a_stumble_is_tried_again_in_turn(
    vk: StandIn, office: VkOffice, page: Page, pace: FreePace
) -> None:
    """Every try takes a turn of its own among the calls of this page."""
    answers = iter([{"error": {"error_code": 10, "error_msg": ""}}, {"response": {"items": []}}])

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(next(answers))

    vk.answer = answer
    assert await office.servers(page) == []
    assert (len(vk.calls), pace.asked) == (2, 2)


async def test_a_server_is_added_once(vk: StandIn, office: VkOffice, page: Page) -> None:
    """A call without an answer may have added one, and there is room for ten."""
    vk.refuses(10)
    with pytest.raises(VkRefused):
        await office.add_server(page, "https://gateway.example/vk/callback", "secret")
    assert len(vk.calls) == 1
    assert len(TITLE) <= 14


async def test_no_turn_no_call(vk: StandIn, office: VkOffice, page: Page, pace: FreePace) -> None:
    """While the page's calls are all taken by sending, nothing is asked."""
    pace.full = True
    with pytest.raises(VkRefused):
        await office.servers(page)
    assert vk.calls == []


async def test_missing_rights_are_named(vk: StandIn, office: VkOffice, page: Page) -> None:
    """What a token may beyond that is its own affair."""
    permissions = [{"name": "messages", "setting": 4096}, {"name": "photos", "setting": 4}]
    vk.says({"response": {"mask": 4100, "permissions": permissions}})
    assert await office.missing_rights(page) == ["manage"]


@pytest.mark.parametrize("left_out", ["", *EVENTS])
async def test_events_are_whole_or_not(
    vk: StandIn, office: VkOffice, page: Page, left_out: str
) -> None:
    """One that is switched off is enough to lose a case."""
    events = {event: int(event != left_out) for event in EVENTS}
    vk.says({"response": {"api_version": VERSION, "events": events}})
    assert await office.callback_settings(page, 1) == EventSettings(not left_out, VERSION)


async def test_members_are_counted(vk: StandIn, office: VkOffice, page: Page) -> None:
    """Of the page itself."""
    vk.says({"response": {"groups": [{"id": 123, "members_count": 482}], "profiles": []}})
    assert await office.members(page) == 482
    assert vk.calls[0].form["fields"] == "members_count"
