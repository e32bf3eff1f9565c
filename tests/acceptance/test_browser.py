"""The demo in a real browser: what a stranger does in the three minutes after cloning."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.processes import Process, free_port
from tests.acceptance.town import town_folder
from tests.acceptance.waiting import soon

# Raising from a signal's handler, as elsewhere, would leave Playwright's own loop waiting for ever.
pytestmark = pytest.mark.timeout(120, method="thread")

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
STORY = "У дома 10 вторую неделю не горит фонарь, дети ходят в школу в темноте."
ANSWER = "Фонарь починили 24 ноября, спасибо за сигнал."
ARGUMENTS = [
    "--disable-dev-shm-usage",  # a container's may be too small for a page, which then hangs
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]  # without them the browser calls its maker, which a closed network refuses again and again


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, str]]:
    """`gateway demo` as a process of its own; the addresses of the gateway and of the stand-in."""
    port, demo_port = free_port(), free_port()
    urls = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{demo_port}"
    with town_folder() as folder:
        settings = {
            "GATEWAY_DATA_DIR": str(folder / "var"),
            "GATEWAY_PORT": str(port),
            "GATEWAY_DEMO_PORT": str(demo_port),
        }
        process = Process("gateway", ["demo"], settings, folder)
        soon(lambda: "Ctrl-C" in process.said() or not process.alive)
        assert process.alive, process.said()
        yield urls
        process.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        missing = "needs Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    root = os.geteuid() == 0
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, "--no-sandbox"] if root else ARGUMENTS
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


expect.set_options(timeout=30_000)  # a loaded machine is no fault of the page


def open_page(browser: Browser, url: str, size: dict[str, int], complaints: list[str]) -> Page:
    page = browser.new_page(
        viewport={"width": size["width"], "height": size["height"]},
        locale="ru-RU",
        timezone_id="Asia/Vladivostok",
    )
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    return page


def press(page: Page, label: str) -> None:
    page.locator("#keyboard").get_by_role("button", name=label, exact=True).click()


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def hears(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#messages")).to_contain_text(words)


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def picture(page: Page, name: str) -> None:
    """Keep what the page shows, for whoever wants to look: PICTURES names the folder."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_an_appeal_is_filed_answered_and_reopened(demo: tuple[str, str], browser: Browser) -> None:
    """A resident on a phone files an appeal; the department answers; «Не решено» brings it back."""
    complaints: list[str] = []
    _, url = demo
    chat = open_page(browser, url, PHONE, complaints)
    press(chat, "Начать")
    press(chat, "Подать обращение")
    press(chat, "Благоустройство")
    press(chat, "Не горят уличные фонари")
    press(chat, "Нет")
    hears(chat, "Согласие на обработку персональных данных")
    press(chat, "Согласен")
    hears(chat, "Что случилось?")
    for words, next_question in (
        (STORY, "Где это?"),
        ("Хабаровск, улица Ленина, 10", "Есть фото или документы?"),
    ):
        say(chat, words)
        hears(chat, next_question)
    chat.get_by_label("Прикрепить").click()
    chat.get_by_role("button", name="Фотография ямы на дороге").click()
    hears(chat, "Загружено: 1 файл.")
    for words, next_question in (
        ("Готово", "Как вас зовут?"),
        ("Иванова Мария", "Как с вами связаться"),
        ("+7 914 000-00-00", "Проверьте, всё ли верно"),
    ):
        say(chat, words)
        hears(chat, next_question)
    press(chat, "Отправить")
    hears(chat, re.compile(r"27-\d\d-\d{7}-\d"))
    assert fits(chat)
    picture(chat, "filed")

    desk = open_page(browser, f"{url}/department", DESK, complaints)
    desk.get_by_role("button", name="Взять следующую").click()
    expect(desk.locator("body")).to_contain_text(STORY)
    expect(desk.locator(".files")).to_contain_text("на вирусы не проверен")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Фото 1.jpg").click()
    assert download.value.suggested_filename == "Фото 1.jpg"
    desk.get_by_role("button", name="Ответить", exact=True).first.click()
    desk.locator("textarea:visible").first.fill(ANSWER)
    desk.get_by_role("button", name="Ответить", exact=True).last.click()
    assert fits(desk)
    picture(desk, "department")

    hears(chat, ANSWER)
    picture(chat, "answered")
    chat.locator("#messages").get_by_role("button", name="Не решено", exact=True).click()
    hears(chat, "Напишите, что осталось не решено")
    say(chat, "Фонарь мигает и гаснет")
    hears(chat, "снова в работе")
    expect(desk.locator("body")).to_contain_text("Фонарь мигает и гаснет")
    assert complaints == []


def test_an_old_client_gets_numbers(demo: tuple[str, str], browser: Browser) -> None:
    """Without buttons the questions carry numbers, and numbers answer them."""
    _, url = demo
    chat = open_page(browser, url, DESK, [])
    chat.locator("#plain").check()
    say(chat, "меню")
    hears(chat, "1. Подать обращение")
    assert fits(chat)


def test_the_reference_needs_nothing_from_outside(demo: tuple[str, str], browser: Browser) -> None:
    """/schema shows the API with files that the gateway serves itself."""
    url, _ = demo
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}/schema")
    expect(page.locator("body")).to_contain_text("/api/v1/cases")
    assert all(address.startswith((url, "data:")) for address in asked)
    assert httpx.get(f"{url}/schema/openapi.json").json()["openapi"].startswith("3.")
