"""«Мои данные»: what is stored, texts, who looked, a page and a file with all of it, erasing."""

import re

import httpx
import pytest

from tests.acceptance.office import Desk
from tests.acceptance.people import NAME, Resident
from tests.acceptance.town import GROUP, Town
from tests.acceptance.waiting import eventually

USER = 8_654_321
TEXT = "Протекает крыша <b>над</b> подъездом"
ANSWER = "Кровлю починит мастер Златоустов."
LINK = re.compile(r"(http://\S+)/my-data/(\S+)")


@pytest.fixture
async def resident(vk: httpx.AsyncClient, desk: Desk) -> Resident:
    """Somebody whose appeal was taken and answered."""
    resident = Resident(vk, GROUP, USER)
    await resident.fill_in(TEXT)
    await resident.press("Отправить")
    (case,) = await eventually(desk.claim)
    _, etag = await desk.case(case["id"])
    moved = await desk.move(case["id"], etag, "answered", message=ANSWER)
    assert moved.status_code == 200, moved.text
    await resident.hear()
    return resident


async def link_of(resident: Resident) -> str:
    await resident.say("Мои данные")
    found = LINK.search(await resident.press("Всё одним файлом"))
    assert found is not None
    return f"/my-data/{found[2]}"


async def test_everything_is_shown_given_and_erased(
    town: Town, gateway: httpx.AsyncClient, resident: Resident
) -> None:
    """The page and the file hold all of it, for whoever has the link, until it is erased."""
    assert "Заявок: 1." in await resident.say("Мои данные")
    assert "данн" in await resident.press("Тексты согласий")
    link = await link_of(resident)
    page = await gateway.get(link)
    assert page.status_code == 200, page.text
    assert page.headers["Cache-Control"] == "no-store"
    for words in (NAME, "&lt;b&gt;над&lt;/b&gt;", ANSWER, str(USER), "Управление дорог", "5 лет"):
        assert words in page.text, words
    given = await gateway.get(f"{link}/my-data.json")
    assert given.headers["Content-Disposition"].startswith("attachment")
    data = given.json()
    (mine,) = data["cases"]
    assert mine["case"]["details"]["text"] == TEXT
    assert mine["case"]["details"]["applicant"]["name"] == NAME
    assert ANSWER in {event.get("message") for event in mine["events"]}
    assert data["consents"][0]["text"]
    assert {"По вашей ссылке", "Управление дорог"} <= {look["who"] for look in data["looks"]}
    assert (await gateway.get(f"{link[:-1]}/my-data.json")).status_code == 404
    assert (await gateway.get("/my-data/x")).status_code == 404

    await resident.say("Мои данные")
    warning = await resident.press("Удалить мои данные")
    assert "потом мы удалим это сами" in warning
    done = await resident.press("Да")
    assert "удалим, как только закончится рассмотрение" in done
    assert (await gateway.get(link)).status_code == 404
    assert "По вашей просьбе удалим" in await resident.say("Мои данные")
    assert link.rpartition("/")[2] not in "".join(town.logs().values())
