"""The same event any number of times has one effect, whoever takes it."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from services.cases.number import find_number
from tests.acceptance.events import body, post, post_copies, said
from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.town import GROUP, Town
from tests.acceptance.waiting import eventually, soon

OK = ["ok", "ok", "ok"]


@pytest.fixture(scope="module")
def urls(town: Town) -> Iterator[tuple[str, str]]:
    """Two `gateway serve` of the same town."""
    port = town.port + 1
    other = town.serve(port)
    url = f"http://127.0.0.1:{port}"
    soon(lambda: town.health(url) is not None)
    yield town.url, url
    other.end()


async def test_copies_of_a_message_are_answered_once(
    vk: httpx.AsyncClient, gateway: httpx.AsyncClient, urls: tuple[str, str]
) -> None:
    """Three copies of a first message, to two gateways at once, make one account and one menu."""
    residents = [Resident(vk, GROUP, 6000 + number) for number in range(8)]
    for resident in residents:
        await resident.act("allow")
    events = [body("message_new", said(person.user_id, "Привет")) for person in residents]
    answers = await asyncio.gather(*(post_copies(gateway, event, *urls) for event in events))
    assert answers == [OK] * 8
    for resident in residents:
        await resident.hear()
        await resident.say("меню")  # had there been a second answer, it would stand before this
        assert len(await resident.messages()) == 2


async def test_copies_of_the_last_press_file_one_case(
    vk: httpx.AsyncClient, gateway: httpx.AsyncClient, desk: Desk, urls: tuple[str, str]
) -> None:
    """«Отправить» three times at once is one case, told once; pressed again it repeats that."""
    resident = Resident(vk, GROUP, 6100)
    await resident.fill_in()
    before = len(await resident.messages())
    payload = await resident.button("Отправить")
    press = said(resident.user_id, "Отправить", payload=payload)
    event = body("message_new", press)

    assert await post_copies(gateway, event, *urls) == OK
    number = find_number(await resident.hear())
    assert number is not None
    case = (await eventually(desk.cases))[0]
    assert case["number"] == number

    assert await post_copies(gateway, event, *reversed(urls)) == OK  # much later, once more
    again = body("message_new", press)  # another event: the resident pressed twice
    assert (await post(gateway, again)).text == "ok"
    assert find_number(await resident.hear()) == number
    assert len(await desk.cases()) == 1
    assert len(await resident.messages()) == before + 2


async def test_two_presses_at_once_file_one_case(
    vk: httpx.AsyncClient, gateway: httpx.AsyncClient, desk: Desk, urls: tuple[str, str]
) -> None:
    """Two different events of the same button, to two gateways at once, are still one case."""
    resident = Resident(vk, GROUP, 6200)
    await resident.fill_in()
    known = len(await desk.cases())
    press = said(resident.user_id, "Отправить", payload=await resident.button("Отправить"))
    posts = (post(gateway, body("message_new", press), url) for url in urls)
    assert [answer.text for answer in await asyncio.gather(*posts)] == ["ok", "ok"]
    numbers = {find_number(await resident.hear()), find_number(await resident.hear())}
    assert len(numbers) == 1
    assert len(await desk.cases()) == known + 1
