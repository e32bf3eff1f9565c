"""Marked values walk through the whole house; afterwards they are searched for everywhere."""

import re
import subprocess
from collections.abc import Iterator

import asyncpg
import httpx
import pytest
from redis.exceptions import AuthenticationError

from gateway.embedded.place import settle
from services.cases.number import find_number
from tests.acceptance.eavesdropping import kept_by, listening
from tests.acceptance.marks import disguises, found_in, found_in_files, numbers
from tests.acceptance.office import Desk, Letterbox
from tests.acceptance.people import Resident
from tests.acceptance.provocations import provoke, provoke_with_case
from tests.acceptance.town import GROUP, Town
from tests.acceptance.waiting import eventually
from tests.gateway.embedded.conftest import ping, query

USER = 726_354_819
NAME = "Громобоева Евпраксия Саввична"
PHONE = "+79147263548"
ADDRESS = "Хабаровск, переулок Заповедный, 71"
FILE = "Справка о Заповедном.pdf"
INSIDE = "Demo letter: please mend the road"  # words of the stand-in's own document
PLACE = (48.512345, 135.098765)
TEXT = "Протекает крыша над квартирой Громобоевых, потолок в коридоре отсырел."
DRAFT = "Недописанное: сосед Тихомиров заливает Громобоевых."
QUESTION = "Когда вас застать дома, Евпраксия Саввична?"
REPLY = "Громобоевы дома после шести, звоните Тихомирову."
ANSWER = "Евпраксия Саввична, кровлю починит мастер Златоустов."
STILL = "Кровлю не починили, Златоустов не приходил."
LETTER = "Златоустов заболел, придёт Тихомиров."
WORDS = (
    *("Громобоев", "Евпраксия", "Саввична", "Заповедный", "отсырел", "Тихомиров", "Златоустов"),
    *(NAME, PHONE, PHONE[1:], PHONE[2:], ADDRESS, FILE, INSIDE, *map(str, PLACE)),
    *(TEXT, DRAFT, QUESTION, REPLY, ANSWER, STILL, LETTER),
)


@pytest.fixture(scope="module")
def town(own_town: Town) -> Town:
    return own_town


@pytest.fixture
def overheard(town: Town) -> Iterator[bytearray]:
    """What is said to Valkey during the test."""
    with listening(str(town.embedded().redis_url)) as heard:
        yield heard


async def test_marked_values_are_found_nowhere(
    town: Town, vk: httpx.AsyncClient, desk: Desk, letterbox: Letterbox, overheard: bytearray
) -> None:
    """Not in the database's dump and files, Valkey, logs, metrics, webhooks and error answers."""
    secret = await desk.listen(letterbox)
    number = await walk(Resident(vk, GROUP, USER), desk)
    answers = await provoke(desk.http, desk, (NAME, PHONE, str(USER), TEXT))
    answers += await provoke_with_case(desk, (await desk.cases())[0]["id"], TEXT)

    personal = {needle for word in WORDS for needle in disguises(word)} | numbers(USER)
    secrets = {needle for word in secrets_of(town, secret) for needle in disguises(word)}
    marks = personal | secrets
    place, servers = settle(town.data_dir), town.embedded()
    await query(servers.database_url, "CHECKPOINT")
    assert found_in_files(place.cluster, disguises(number)), "the search would find nothing"
    assert b"send" in overheard
    heaps = {
        "dump": dumped(town),
        "said to Valkey": bytes(overheard),
        "kept by Valkey": kept_by(str(servers.redis_url)),
        "logs": "".join(town.logs().values()).encode(),
        "metrics": (await desk.http.get("/metrics")).content,
        "webhooks": b"".join(note.body for note in letterbox.notes),
        "error answers": b"".join(answers),
    }
    assert {
        name: found_in(heap, marks) for name, heap in heaps.items() if found_in(heap, marks)
    } == {}
    assert found_in_files(place.cluster, marks) == []
    assert found_in_files(place.logs, marks) == []
    assert found_in_files(town.data_dir, personal, but=place.cluster) == []


async def walk(resident: Resident, desk: Desk) -> str:
    """Let every kind of personal value pass through; return the number of a case."""
    await resident.start()
    await resident.press("Подать обращение")
    await resident.say(TEXT)  # before the consent: it is dropped
    number = await file(resident, place=False)
    case = (await eventually(desk.claim))[0]
    path = f"/cases/{case['id']}/messages"
    for _ in range(2):  # what a key is remembered with is no plain text either
        letter = await desk.post(path, {"text": LETTER}, Idempotency_Key="letter")
        assert letter.status_code == 200
    await hear(resident, LETTER)
    await move(desk, case["id"], "needs_info", QUESTION)
    await hear(resident, QUESTION)
    await resident.press("Ответить")
    await resident.say(REPLY)
    await move(desk, case["id"], "answered", ANSWER)
    await hear(resident, ANSWER)
    await resident.press("Не решено")
    await resident.say(STILL)
    await resident.say("Мои данные")
    await file(resident, place=True)
    await resident.press("Подать обращение")
    for label in ("Ремонт дорог", "Ямы на дороге", "Нет"):
        await resident.say(label)
    await resident.say(DRAFT)  # left as it is
    await resident.act("staff", text=LETTER)
    await resident.act("deny")
    await eventually(lambda: is_parked(desk, case["id"]))
    return number


async def file(resident: Resident, *, place: bool) -> str:
    """File an appeal, with a place on the map or with an address."""
    await resident.say("меню")
    await resident.press("Подать обращение")
    for label in ("Ремонт дорог", "Ямы на дороге", "Нет"):
        await resident.say(label)
    if not place:
        await resident.press("Согласен")  # once is enough
    await resident.say(TEXT)
    if place:
        await resident.act("location", latitude=PLACE[0], longitude=PLACE[1])
        await resident.hear()
    else:
        await resident.say(ADDRESS)
    await resident.act("document", title=FILE)
    await hear(resident, "Загружено: 1 файл.")
    await resident.press("Готово")
    await resident.say(NAME)
    await resident.say(PHONE)
    number = find_number(await resident.press("Отправить"))
    assert number is not None
    return number


async def hear(resident: Resident, words: str) -> None:
    while words not in await resident.hear():
        pass


async def move(desk: Desk, case_id: str, to: str, message: str) -> None:
    _, etag = await desk.case(case_id)
    moved = await desk.move(case_id, etag, to, message=message)
    assert moved.status_code == 200, moved.text


async def is_parked(desk: Desk, case_id: str) -> bool:
    """Whether words to somebody who can't be written to wait, sealed, for a call."""
    await desk.post(f"/cases/{case_id}/messages", {"text": LETTER})
    waiting = (await desk.get("/cases", to_call="true")).json()["items"]
    return [case["reach"] for case in waiting] == ["blocked"]


def secrets_of(town: Town, webhook_secret: str) -> set[str]:
    """Return what opens something, without the parts that are no secret."""
    files = ("postgres.password", "valkey.password", "secret-keys")
    kept = {(town.data_dir / name).read_text().strip() for name in files}
    keys = {key.rpartition("_")[2] for key in town.keys.values()}
    webhook = webhook_secret.removeprefix("whsec_").rstrip("=")
    return {*town.tokens.values(), *town.secrets.values(), *kept, *keys, webhook}


def dumped(town: Town) -> bytes:
    """Return the whole database as PostgreSQL writes it down."""
    program = settle(town.data_dir).programs.postgres / "pg_dump"
    address = str(town.embedded().database_url)
    done = subprocess.run([program, "--inserts", address], capture_output=True, check=True)
    assert b"INSERT INTO public.cases" in done.stdout
    return done.stdout


@pytest.mark.parametrize("password", [":wrong@", "@"])
async def test_without_the_password_nobody_gets_in(town: Town, password: str) -> None:
    """Neither PostgreSQL nor Valkey opens to a wrong password or to none."""
    found = town.embedded()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(re.sub(r":\w+@", password, str(found.database_url)), "SELECT 1")
    with pytest.raises(AuthenticationError):
        ping(re.sub(r":\w+@", password, str(found.redis_url)))
