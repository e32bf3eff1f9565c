"""A resident whose every value is marked, and where the values are looked for."""

import subprocess

from gateway.embedded.place import settle
from services.cases.number import find_number
from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.town import Town
from tests.acceptance.waiting import eventually

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


def dumped(town: Town) -> bytes:
    """Return the whole database as PostgreSQL writes it down."""
    program = settle(town.data_dir).programs.postgres / "pg_dump"
    address = str(town.embedded().database_url)
    done = subprocess.run([program, "--inserts", address], capture_output=True, check=True)
    assert b"INSERT INTO public.cases" in done.stdout
    return done.stdout
