"""The monitor in a real browser, over all pages of the krai: live, used, printed, read aloud."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway import embedded
from tests.acceptance.crowd import PAGES, fill
from tests.acceptance.processes import Process, free_port
from tests.acceptance.reception import CLINIC, GROUP, receive
from tests.acceptance.test_browser import (
    ANSWER,
    ARGUMENTS,
    DESK,
    PHONE,
    STORY,
    fits,
    hears,
    open_page,
    picture,
    press,
    say,
)
from tests.acceptance.town import town_folder
from tests.acceptance.waiting import soon

# Raising from a signal's handler, as elsewhere, would leave Playwright's own loop waiting for ever.
pytestmark = pytest.mark.timeout(240, method="thread")

CASES = int(os.environ.get("CROWD", "2000"))
OVERSEEN = (
    "/admin",
    "/admin/cases",
    "/admin/cases?state=in_work",
    "/admin/calls",
    "/admin/departments",
    "/admin/clubs",
    f"/admin/clubs/{GROUP}",
    "/admin/doctors",
    f"/admin/doctors/{CLINIC}",
    "/admin/deliveries",
    "/admin/pages",
    "/admin/ranking",
    "/admin/map",
)
WORKED = (
    "/admin/queue",
    "/admin/cases",
    "/admin/calls",
    "/admin/clubs",
    "/admin/doctors",
    "/admin/deliveries",
    "/admin/templates",
)
CLUBS = ("/admin/clubs", f"/admin/clubs/{GROUP}")
CLINICS = ("/admin/doctors", f"/admin/doctors/{CLINIC}")
SHOWN = {
    "admin": OVERSEEN,
    "roads": WORKED,
    "education": (*WORKED, *CLUBS),
    "health": (*WORKED, *CLINICS),
}
NUMBER = re.compile(r"27-\d\d-\d{7}-\d")
NO_CASE = re.compile(r"^/admin/cases/[0-9a-f-]{36}$")


class Krai:
    """The demo's addresses and keys, with a crowd of pages and cases besides."""

    def __init__(self, url: str, chat: str, kept: Path) -> None:
        self.url, self.chat = url, chat
        keys = json.loads(kept.read_bytes())
        self.admin: str = keys["admin"]
        self.departments = {code: held["key"] for code, held in keys["departments"].items()}


@pytest.fixture(scope="module")
def krai() -> Iterator[Krai]:
    port, demo_port = free_port(), free_port()
    with town_folder() as folder:
        settings = {
            "GATEWAY_DATA_DIR": str(folder / "var"),
            "GATEWAY_PORT": str(port),
            "GATEWAY_DEMO_PORT": str(demo_port),
        }
        process = Process("gateway", ["demo"], settings, folder)
        soon(lambda: "Ctrl-C" in process.said() or not process.alive)
        assert process.alive, process.said()
        with embedded.joined(folder / "var", database=True, queue=True) as servers:
            asyncio.run(fill(str(servers.database_url), CASES))
            urls = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{demo_port}"
            made = Krai(*urls, folder / "var" / "demo.json")
            receive(made.url, made.departments, str(servers.database_url))
        yield made
        process.end()


@pytest.fixture(scope="module")
def screen() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        missing = "needs Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


def sign_in(
    screen: Browser, krai: Krai, key: str, size: dict[str, int], complaints: list[str]
) -> Page:
    page = open_page(screen, f"{krai.url}/admin", size, complaints)
    page.get_by_label("Ключ").fill(key)
    page.get_by_label("Ваше имя").fill("Анна Смирнова")
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("button", name="Выйти")).to_be_visible()
    return page


def file_from_chat(screen: Browser, krai: Krai, complaints: list[str]) -> tuple[Page, str]:
    """Let a resident file an appeal about a lamp; return the chat and the case's number."""
    chat = open_page(screen, krai.chat, PHONE, complaints)
    for label in (
        "Начать",
        "Подать обращение",
        "Благоустройство",
        "Не горят уличные фонари",
        "Нет",
    ):
        press(chat, label)
    hears(chat, "Согласие на обработку персональных данных")
    press(chat, "Согласен")
    hears(chat, "Что случилось?")
    for words, next_question in (
        (STORY, "Где это?"),
        ("Хабаровск, улица Ленина, 10", "Есть фото или документы?"),
        ("Готово", "Как вас зовут?"),
        ("Иванова Мария", "Как с вами связаться"),
        ("+7 914 000-00-00", "Проверьте, всё ли верно"),
    ):
        say(chat, words)
        hears(chat, next_question)
    press(chat, "Отправить")
    hears(chat, NUMBER)
    found = NUMBER.search(chat.locator("#messages").inner_text())
    assert found is not None
    return chat, found[0]


def opened(page: Page) -> int:
    """Read how many cases are open off the overview."""
    text = page.locator(".tile", has_text="открыто").locator("b").inner_text()
    return int("".join(sign for sign in text if sign.isdigit()))


def test_a_case_arrives_live_and_is_seen_to(krai: Krai, screen: Browser) -> None:
    """An admin watches it arrive, opens it with a reason; its department answers by a template."""
    complaints: list[str] = []
    admin = sign_in(screen, krai, krai.admin, DESK, complaints)
    before = opened(admin)
    admin.evaluate("window.stayed = true")
    chat, number = file_from_chat(screen, krai, complaints)
    tile = admin.locator(".tile", has_text="открыто").locator("b")
    expect(tile).to_have_text(re.compile(r"\D?".join(str(before + 1))))
    assert admin.evaluate("window.stayed")
    admin.goto(f"{krai.url}/admin/cases")
    admin.get_by_label("Номер заявки").fill(number)
    admin.get_by_role("button", name="Найти").click()
    admin.get_by_role("link", name=number).click()
    expect(admin.locator("main")).not_to_contain_text(STORY)
    admin.get_by_label("Зачем они вам?").fill("Житель позвонил")
    admin.get_by_role("button", name="Показать", exact=True).click()
    expect(admin.locator("main")).to_contain_text(STORY)
    picture(admin, "monitor-case")
    assert number not in admin.url
    _answer_by_template(krai, screen, number, complaints)
    hears(chat, ANSWER)
    assert complaints == []


def _answer_by_template(krai: Krai, screen: Browser, number: str, complaints: list[str]) -> None:
    for key in krai.departments.values():
        desk = sign_in(screen, krai, key, PHONE, complaints)
        desk.goto(f"{krai.url}/admin/cases")
        desk.get_by_label("Номер заявки").fill(number)
        desk.get_by_role("button", name="Найти").click()
        expect(desk.locator("#list")).to_be_visible()
        if desk.get_by_role("link", name=number).count():
            break
        desk.close()
    else:
        pytest.fail("no department has the case")
    desk.goto(f"{krai.url}/admin/templates")
    desk.get_by_label("Название").fill("Фонарь")
    desk.get_by_label("Текст").fill(ANSWER)
    desk.get_by_role("button", name="Сохранить").click()
    expect(desk.get_by_role("status").first).to_contain_text("Шаблоны сохранены")
    desk.goto(f"{krai.url}/admin/cases")
    desk.get_by_label("Номер заявки").fill(number)
    desk.get_by_role("button", name="Найти").click()
    desk.get_by_role("link", name=number).click()
    desk.locator("summary", has_text=re.compile("^Ответить$")).click()
    form = desk.locator("details[open] form")
    form.get_by_label("Шаблон").select_option("Фонарь")
    expect(form.locator("textarea")).to_have_value(ANSWER)
    assert fits(desk)
    form.get_by_role("button", name="Ответить").click()
    expect(desk.get_by_role("status").first).to_contain_text("состояние изменено")


def test_a_lost_hand_off_is_sent_again(krai: Krai, screen: Browser) -> None:
    """From the overview in two clicks, and it leaves the list."""
    complaints: list[str] = []
    admin = sign_in(screen, krai, krai.admin, DESK, complaints)
    admin.get_by_role("link", name="не доставлено").click()
    rows = admin.locator("#list tbody tr")
    lost = rows.count()
    assert lost > 0
    rows.first.get_by_role("button", name="Отправить ещё раз").click()
    expect(admin.get_by_role("status").first).to_contain_text("Отправляем ещё раз")
    expect(rows).to_have_count(lost - 1)
    assert complaints == []


def test_a_refused_form_keeps_what_was_typed(krai: Krai, screen: Browser) -> None:
    """The sentence comes to the form; the words stay."""
    page = sign_in(screen, krai, krai.departments["roads"], DESK, [])
    page.get_by_role("button", name="Взять следующую").click()
    page.evaluate("document.querySelectorAll('[name=version]').forEach((f) => { f.value = '999' })")
    page.locator("summary", has_text=re.compile("^Ответить$")).click()
    form = page.locator("details[open] form")
    form.locator("textarea").fill(ANSWER)
    form.get_by_role("button", name="Ответить").click()
    expect(form.get_by_role("alert")).to_contain_text("изменилась")
    expect(form.locator("textarea")).to_have_value(ANSWER)


def test_the_ranking_is_printed_and_taken_away(krai: Krai, screen: Browser) -> None:
    """All pages on paper, without the navigation; as a file under a name of its own."""
    complaints: list[str] = []
    admin = sign_in(screen, krai, krai.admin, DESK, complaints)
    admin.goto(f"{krai.url}/admin/ranking?whole=true")
    assert admin.locator("tbody tr").count() >= PAGES
    with admin.expect_download() as download:
        admin.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    admin.emulate_media(media="print")
    expect(admin.locator("nav")).to_be_hidden()
    expect(admin.get_by_text("Справочно, решение принимает комиссия.")).to_be_visible()
    assert admin.pdf().startswith(b"%PDF")
    assert complaints == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("who", SHOWN)
def test_everybody_can_read_every_page(
    krai: Krai, screen: Browser, size: dict[str, int], who: str
) -> None:
    """Axe finds nothing to complain of, nothing has to be scrolled sideways, no script fails."""
    complaints: list[str] = []
    page = open_page(screen, f"{krai.url}/admin/login", size, complaints)
    violations = {"login": Axe().run(page).response["violations"]}
    page.close()
    key = krai.admin if who == "admin" else krai.departments[who]
    page = sign_in(screen, krai, key, size, complaints)
    page.goto(f"{krai.url}/admin/cases")
    case = page.locator("tbody a").first.get_attribute("href")
    assert case is not None
    assert NO_CASE.match(case)
    for path in (*SHOWN[who], case):
        page.goto(f"{krai.url}{path}")
        violations[path] = Axe().run(page).response["violations"]
        assert fits(page), path
        name = path.removeprefix("/admin").strip("/").partition("?")[0].replace("/", "-")
        picture(page, f"monitor-{who}-{size['width']}-{name or 'overview'}")
    found = {path: [each["id"] for each in some] for path, some in violations.items() if some}
    assert found == {}
    assert complaints == []


def test_a_clinics_day_is_worked_on(krai: Krai, screen: Browser) -> None:
    """Who came is marked in one click on a phone; a time of tomorrow is closed with a message."""
    complaints: list[str] = []
    page = sign_in(screen, krai, krai.departments["health"], PHONE, complaints)
    page.get_by_role("link", name="Врачи").click()
    page.get_by_role("link", name="Поликлиника № 1").first.click()
    came = page.get_by_role("button", name="Пришёл", exact=False)
    waiting = came.count()
    assert waiting > 0
    came.first.click()
    expect(page.get_by_role("status").first).to_contain_text("состояние изменено")
    expect(page.locator("h1")).to_contain_text("приём")
    assert came.count() < waiting
    page.locator(".actions a", has_text="›").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Текст пациентам").fill("Врач заболел, выберите другое время.")
    page.get_by_role("button", name="Закрыть время").click()
    expect(page.get_by_role("status").first).to_contain_text("Время закрыто")
    expect(page.get_by_role("cell", name="закрыто").first).to_be_visible()
    assert complaints == []


def test_the_keyboard_is_enough(krai: Krai, screen: Browser) -> None:
    """The first stop leads past the navigation; a case opens and its forms unfold."""
    page = sign_in(screen, krai, krai.departments["roads"], DESK, [])
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("К содержанию")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/cases/[0-9a-f-]{36}$"))
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open]").first).to_be_visible()
