"""Photos and documents from the chat to the department, over real HTTP between real processes."""

import io
from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest
from PIL import Image

from tests.acceptance.files import FileServer, open_file_server
from tests.acceptance.office import Desk, Json
from tests.acceptance.people import ADDRESS, CONTACT, NAME, TEXT, Resident
from tests.acceptance.town import GROUP, Town
from tests.acceptance.waiting import eventually

SECRET = "ТайныйФайл"


@pytest.fixture
def elsewhere() -> Iterator[FileServer]:
    """A host where files lie that are not what they seem."""
    with open_file_server() as found:
        yield found


async def to_files(resident: Resident) -> None:
    """Walk from the menu to the step that asks for files."""
    await resident.start()
    for label in ("Подать обращение", "Ремонт дорог", "Ямы на дороге", "Нет", "Согласен"):
        await resident.say_or_press(label)
    for words in (TEXT, ADDRESS):
        await resident.say(words)


async def hear_about(resident: Resident, words: str) -> str:
    """Listen until the page writes these words; return the message."""
    while words not in (text := await resident.hear()):
        pass
    return text


async def send_off(resident: Resident) -> str:
    """Leave the step of files and send the appeal; return its number."""
    await resident.act("text", text="Готово")
    await hear_about(resident, "Как вас зовут?")
    await resident.say(NAME)
    assert "Фото и файлы:" in await resident.say(CONTACT)
    told = await resident.press("Отправить")
    return told.split("заявки: ")[1][:15]


async def case_of(desk: Desk, number: str) -> Json:
    found = (await desk.post("/cases/search", {"number": number})).json()["items"]
    return (await desk.case(found[0]["id"]))[0]


async def test_files_reach_the_department(
    vk: httpx.AsyncClient, desk: Desk, town: Town, gateway: httpx.AsyncClient
) -> None:
    """Photos and a document are told as they load, listed, and served to be kept; noted."""
    resident = Resident(vk, GROUP, 7001)
    await to_files(resident)
    await resident.act("photo", count=2)
    assert "Получили 2 файла" in await resident.hear()
    await hear_about(resident, "Загружено: 2 файла.")
    await resident.act("document", title=f"../../{SECRET}.exe")
    await hear_about(resident, "Загружено: 3 файла.")
    case = await case_of(desk, await send_off(resident))
    listed = case["details"]["attachments"]
    assert [set(file) for file in listed] == [{"id", "name", "content_type", "size", "scan"}] * 3
    assert [file["content_type"] for file in listed] == ["image/jpeg"] * 2 + ["application/pdf"]
    assert [file["name"] for file in listed] == ["Фото 1.jpg", "Фото 2.jpg", f"{SECRET}.pdf"]
    assert {file["scan"] for file in listed} == {"unscanned"}
    for file in listed:
        path = f"/cases/{case['id']}/attachments/{file['id']}"
        served = await desk.get(path)
        assert served.status_code == 200
        assert len(served.content) == file["size"]
        assert served.headers["content-type"] == file["content_type"]
        assert served.headers["content-disposition"].startswith("attachment; ")
        assert file["name"] in unquote(served.headers["content-disposition"])
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["cache-control"] == "no-store"
    first = await desk.get(f"/cases/{case['id']}/attachments/1")
    assert not Image.open(io.BytesIO(first.content)).getexif()
    whys = [read["why"] for read in (await desk.get(f"/cases/{case['id']}/reads")).json()["items"]]
    assert [whys.count(f"Файл {number}") for number in (1, 2, 3)] == [2, 1, 1]
    assert (await desk.get(f"/cases/{case['id']}/attachments/4")).status_code == 404
    await check_admin(gateway, town, case["id"])
    check_disk(town)


async def check_admin(gateway: httpx.AsyncClient, town: Town, case_id: str) -> None:
    """An admin sees no names, and no file before he has said why; a viewer never."""
    admin = Desk(gateway, town.keys["admin"])
    masked = (await admin.case(case_id))[0]["details"]["attachments"]
    assert {file["name"] for file in masked} == {"***"}
    path = f"/cases/{case_id}/attachments/1"
    assert (await admin.get(path)).status_code == 403
    reason = {"reason": "Жалоба на состав вложений"}
    assert (await admin.post(f"/cases/{case_id}/personal-data", reason)).status_code == 200
    assert (await admin.get(path)).status_code == 200
    viewer = Desk(gateway, town.issue("viewer"))
    assert (await viewer.get(path)).status_code == 403


def check_disk(town: Town) -> None:
    """What lies on disk is sealed, its names say nothing, and only its owner can read it."""
    folder = town.data_dir / "files"
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) == 3
    assert folder.stat().st_mode & 0o077 == 0
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0
        content = path.read_bytes()
        assert b"JFIF" not in content
        assert b"%PDF" not in content
    everything = b"".join(path.read_bytes() for path in town.folder.rglob("*.log"))
    assert SECRET.encode() not in everything


async def test_a_hostile_file_costs_the_appeal_nothing(
    vk: httpx.AsyncClient, desk: Desk, elsewhere: FileServer
) -> None:
    """Each is refused in one sentence that says why; what is good is kept; the appeal goes on."""
    resident = Resident(vk, GROUP, 7002)
    await to_files(resident)
    for path, why in elsewhere.hostile.items():
        await resident.act("document", title="отчёт.docx", url=elsewhere.at(path))
        told = await hear_about(resident, "не приложили")
        assert f"«отчёт.docx» не приложили: {why}" in told, path
        assert told.count("не приложили") == 1
    case = await case_of(desk, await send_off(resident))
    assert case["details"]["attachments"] == []
    assert case["state"] == "registered"


async def test_files_before_the_consent_are_dropped(vk: httpx.AsyncClient, town: Town) -> None:
    """With a hint that they will be asked for; nothing of them is fetched."""
    resident = Resident(vk, GROUP, 7003)
    await resident.start()
    await resident.act("photo")
    assert "Подать обращение" in await resident.hear()
    for label in ("Подать обращение", "Ремонт дорог", "Ямы на дороге"):
        await resident.say_or_press(label)
    await resident.act("photo", text=SECRET)
    assert "не сохранили" in await resident.hear()
    await resident.say("Нет")
    await resident.act("photo", text=SECRET)
    assert "спросим, когда вы дадите согласие" in await resident.hear()
    assert "Согласие на обработку" in await resident.hear()


async def test_a_case_is_added_to_and_its_answer_rated(vk: httpx.AsyncClient, desk: Desk) -> None:
    """«Дополнить» brings words and files to the department; after the answer there are marks."""
    resident = Resident(vk, GROUP, 7004)
    await to_files(resident)
    number = await send_off(resident)
    await add_to(resident, number)
    case = await eventually(lambda: with_files(desk, number))
    assert case is not None
    events = (await desk.get(f"/cases/{case['id']}/events")).json()["items"]
    assert (events[-1]["by"], events[-1]["message"]) == ("resident", "Вот ещё снимок")
    assert case["version"] == 2
    _, etag = await desk.case(case["id"])
    answered = await desk.move(case["id"], etag, "answered", message="Засыпали")
    assert answered.status_code == 200
    await hear_about(resident, "Засыпали")
    await resident.press("Открыть")
    assert "Ваша оценка ответа: 4 из 5" in await resident.press("4")
    assert (await case_of(desk, number))["details"]["rating"] == 4
    await resident.say("Мои заявки")
    await resident.say(number)
    labels = [
        button["label"]
        for row in (await resident.conversation())["keyboard"]["rows"]
        for button in row
    ]
    assert "5" not in labels
    assert "Не решено" in labels


async def add_to(resident: Resident, number: str) -> None:
    await resident.say("Мои заявки")
    await resident.say(number)
    await resident.press("Дополнить")
    await resident.act("photo", text="Вот ещё снимок")
    assert "Получили 1 файл" in await resident.hear()
    await hear_about(resident, "Приложено: 1 файл")
    await resident.act("text", text="Готово")
    await hear_about(resident, f"дополнение к заявке {number} передано")


async def with_files(desk: Desk, number: str) -> Json | None:
    case = await case_of(desk, number)
    return case if case["details"]["attachments"] else None
