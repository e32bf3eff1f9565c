"""Pages at VK: connected, looked after, stopped and started again."""

from datetime import timedelta

import pytest

from services.communities import state_queries as states
from services.communities.counting import count_members
from services.communities.watching import watch_pages
from tests.gateway.vk.conftest import Office, Vk, until

GROUP, OTHER = 501, 502


@pytest.mark.usefixtures("served")
async def test_a_connected_page_brings_its_events(vk: Vk, look_after: Office) -> None:
    """Server, secret, events and code are set up by one command; what people write arrives."""
    community = await vk.add_page(GROUP)
    (report,) = await look_after("connect", community)
    assert (report.status, report.troubles) == ("ok", ())
    assert report.done == ("added", "events")
    assert (await vk.server(GROUP))["status"] == "ok"
    await vk.says(GROUP, 7, "Начать")
    await until(lambda: vk.value("SELECT true FROM inbox WHERE type = 'message_new'"))
    shown = (await vk.shown(GROUP)).callback
    assert shown is not None
    assert (shown.status, shown.troubles, shown.api_version) == ("ok", [], "5.199")
    (again,) = await look_after("check", community)
    assert (again.troubles, again.done) == ((), ())
    assert (await vk.counters())["violation_count"] == 0


@pytest.mark.usefixtures("served")
async def test_a_secret_is_rotated_without_losing_an_event(vk: Vk, look_after: Office) -> None:
    """The old secret is good until VK has the new one, and some hours longer."""
    community = await vk.add_page(GROUP)
    await look_after("connect", community)
    before = await vk.value("SELECT secret FROM communities")
    (report,) = await look_after("connect", community, rotate=True)
    assert (report.troubles, report.done) == ((), ("edited", "events"))
    assert await vk.value("SELECT secret FROM communities") != before
    assert await vk.value("SELECT previous_secret FROM communities") == before
    assert await vk.value("SELECT previous_until > now() FROM communities")
    await vk.says(GROUP, 7, "Начать")
    await until(lambda: vk.value("SELECT true FROM inbox WHERE type = 'message_new'"))


@pytest.mark.usefixtures("served")
async def test_a_rotation_that_vk_did_not_hear_of_is_finished(vk: Vk, look_after: Office) -> None:
    """The secret that VK has stays good, and no second new one is made."""
    community = await vk.add_page(GROUP)
    await look_after("connect", community)
    old = await vk.value("SELECT secret FROM communities")
    await vk.lever("faults", kind="error", code=10, method="groups.editCallbackServer")
    (report,) = await look_after("connect", community, rotate=True)
    assert report.troubles == ("server_error",)
    new = await vk.value("SELECT secret FROM communities")
    await vk.says(GROUP, 7, "Начать")
    await until(lambda: vk.value("SELECT true FROM inbox WHERE type = 'message_new'"))
    await vk.http.delete("/demo/faults")
    (report,) = await look_after("connect", community, rotate=True)
    assert report.troubles == ()
    assert await vk.value("SELECT secret FROM communities") == new
    assert await vk.value("SELECT previous_secret FROM communities") == old


@pytest.mark.usefixtures("served", "impatient")
async def test_what_vk_switched_off_is_mended(vk: Vk, look_after: Office) -> None:
    """A failed server, an event or the version changed, a server removed."""
    community = await vk.add_page(GROUP)
    await look_after("connect", community)
    await vk.lever(f"communities/{GROUP}/server", status="failed")
    (report,) = await look_after("check", community)
    assert (report.status, report.done) == ("ok", ("edited", "events"))
    await vk.call(GROUP, "groups.setCallbackSettings", server_id=1, message_deny=0)
    (report,) = await look_after("check", community)
    assert report.done == ("edited", "events")
    await vk.call(GROUP, "groups.deleteCallbackServer", server_id=1)
    (report,) = await look_after("watch", community)
    assert (report.status, report.done) == ("ok", ("added", "events"))


@pytest.mark.usefixtures("impatient")
async def test_an_address_that_does_not_answer_needs_a_person(vk: Vk, look_after: Office) -> None:
    """VK asked for the code and nobody was there: `gateway serve` does not run."""
    community = await vk.add_page(GROUP)
    (report,) = await look_after("connect", community)
    assert (report.status, report.troubles) == ("failed", ("not_confirmed",))
    shown = (await vk.shown(GROUP)).callback
    assert shown is not None
    assert shown.troubles == ["not_confirmed"]


@pytest.mark.usefixtures("impatient")
async def test_rights_that_are_missing_are_named(vk: Vk, look_after: Office) -> None:
    """A token that may not set the page up, and one that may not write for it."""
    first = await vk.add_page(GROUP, rights=["messages"])
    second = await vk.add_page(OTHER, rights=["manage"])
    one, two = await look_after("connect", first, second)
    assert one.troubles == ("no_right_manage",)
    assert two.troubles == ("no_right_messages",)


@pytest.mark.usefixtures("served", "impatient")
async def test_a_full_list_of_servers_needs_a_person(vk: Vk, look_after: Office) -> None:
    """VK keeps ten, and none of them is ours to remove."""
    community = await vk.add_page(GROUP)
    for _ in range(10):
        other = {"url": "http://127.0.0.1:9/", "title": "other"}
        await vk.call(GROUP, "groups.addCallbackServer", **other)
    (report,) = await look_after("connect", community)
    assert report.troubles == ("too_many_servers",)


@pytest.mark.usefixtures("served", "impatient")
async def test_a_dead_token_stops_its_page_alone(vk: Vk, look_after: Office) -> None:
    """The reason is shown and counted; a check that finds it alive lets the page go on."""
    dead, alive = await vk.add_page(GROUP), await vk.add_page(OTHER)
    await look_after("connect", dead, alive)
    await vk.lever("faults", kind="error", code=27, group_id=GROUP)
    one, two = await look_after("check", dead, alive)
    assert (one.troubles, two.troubles) == (("community_token_invalid",), ())
    page = await vk.shown(GROUP)
    assert (page.paused, page.paused_by) == ("community_token_invalid", "gateway")
    assert (await vk.shown(OTHER)).paused is None
    text = (await vk.http.get(f"{vk.parts.settings.public_url}/metrics")).text
    assert 'gateway_communities_paused{reason="community_token_invalid"} 1.0' in text
    assert 'gateway_communities_callback{status="ok"} 1.0' in text
    await vk.http.delete("/demo/faults")
    await look_after("watch", dead)
    assert (await vk.shown(GROUP)).paused is not None
    await look_after("check", dead)
    assert (await vk.shown(GROUP)).paused is None


@pytest.mark.usefixtures("served", "impatient")
async def test_the_watch_sets_up_nothing_unasked(vk: Vk, look_after: Office) -> None:
    """A page that nobody connected is only looked at; each has its turn once an hour."""
    connected, other = await vk.add_page(GROUP), await vk.add_page(OTHER)
    await look_after("connect", connected)
    pool, house = vk.parts.pool, vk.parts.house
    assert await watch_pages(pool, house, look_after.connector) == 0
    await vk.value("UPDATE communities SET created_at = now() - interval '2 hours'")
    await vk.value("UPDATE community_states SET checked_at = now() - interval '2 hours'")
    await vk.lever(f"communities/{GROUP}/server", status="failed")
    assert await watch_pages(pool, house, look_after.connector) == 1
    assert await watch_pages(pool, house, look_after.connector) == 1
    assert await watch_pages(pool, house, look_after.connector) == 0
    assert (await vk.server(GROUP))["status"] == "ok"
    shown = (await vk.shown(OTHER)).callback
    assert shown is not None
    assert (shown.status, shown.troubles) == ("missing", ["not_connected"])
    async with pool.acquire() as connection:
        assert await states.CONNECTED.all(connection, [connected, other]) == [connected]


async def test_members_are_counted_once_a_day(vk: Vk, look_after: Office) -> None:
    """A count that was made stays; one that failed is made later that day."""
    first = await vk.add_page(GROUP, members=482)
    await vk.add_page(OTHER, members=5)
    await vk.value("UPDATE communities SET created_at = now() - interval '2 hours'")
    pool, house = vk.parts.pool, vk.parts.house
    office = look_after.connector._office
    await vk.lever("faults", kind="error", code=15, group_id=OTHER)
    assert [await count_members(pool, house, office) for _ in range(3)] == [1, 0, 0]
    await vk.http.delete("/demo/faults")
    tried = "UPDATE community_states SET count_tried_at = $1"
    await vk.value(tried, house.now() - timedelta(hours=2))
    assert await count_members(pool, house, office) == 1
    counted = "SELECT members FROM community_counts WHERE community_id = $1"
    assert await vk.value(counted, first) == 482
    assert await vk.value("SELECT count(*) FROM community_counts") == 2


@pytest.mark.usefixtures("served", "impatient")
async def test_many_pages_are_told_of_in_batches(
    vk: Vk, look_after: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Progress shows while it goes on, and one page's trouble keeps no other from its turn."""
    monkeypatch.setattr("services.communities.connecting.BATCH", 4)
    ids = [await vk.add_page(600 + number, known=number != 3) for number in range(10)]
    told: list[int] = []
    reports = await look_after.connector.look_after(
        ids, "connect", tell=lambda batch: told.append(len(batch))
    )
    assert told == [4, 4, 2]
    assert [each.status for each in reports].count("ok") == 9
    assert reports[3].troubles == ("token_invalid",)
