"""The demo as a process of its own, and its chat page in a real browser."""

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.async_api import Page, async_playwright, expect

from integrations.demo.config import DemoCommunity, DemoConfig
from integrations.demo.vk.control import Resident
from tests.integrations.demo.conftest import GROUP, TOKEN, USER, keyboard

GENEROUS = 20_000  # milliseconds: the machine may be busy with other tests
ROOT = Path(__file__).parents[3]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
CONFIG = DemoConfig(
    gateway_url="http://127.0.0.1:9",
    communities=(
        DemoCommunity(group_id=GROUP, token=TOKEN, secret="s", title="Администрация"),
        DemoCommunity(group_id=200, token="other", secret="s", title="Школа № 15"),
    ),
    residents=(Resident(USER, "Анна Тополева"), Resident(8, "Игорь Амурцев")),
)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The demo, started as `python -m integrations.demo` with its configuration on stdin."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    config = msgspec.structs.replace(
        CONFIG, public_url=address, memory_file=str(tmp_path / "vk.json")
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "integrations.demo", "-"), stdin=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdin
    process.stdin.write(msgspec.json.encode(config))
    process.stdin.close()
    async with httpx.AsyncClient(base_url=address) as http:
        await answering(http)
        yield http
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) in {0, -15}


async def answering(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await http.get("/demo/about")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def say(demo: httpx.AsyncClient, text: str, board: str, number: int) -> Any:
    data = {"v": "5.199", "peer_id": USER, "random_id": number, "message": text, "keyboard": board}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return (await demo.post("/method/messages.send", data=data, headers=headers)).json()


@pytest.fixture(params=[(390, 844), (1280, 800)], ids=["phone", "desktop"])
async def page(
    demo: httpx.AsyncClient, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Page, list[str]]]:
    """The chat page and what its console complained of."""
    if CHROMIUM is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("needs Chromium: apt-get install chromium")
    expect.set_options(timeout=GENEROUS)
    width, height = request.param
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": width, "height": height})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(str(demo.base_url))
        yield page, complaints
        await browser.close()


async def test_a_conversation_in_the_browser(
    demo: httpx.AsyncClient, page: tuple[Page, list[str]]
) -> None:
    """«Начать», an answer with buttons that comes by itself, a press, a typed text, a place."""
    chat, complaints = page
    await chat.get_by_role("button", name="Начать").click()
    await expect(chat.locator(".bubble.mine")).to_contain_text("Начать")
    assert "response" in await say(demo, "О чём пишете?", keyboard("Дороги", "ЖКХ"), 1)
    await chat.locator("#keyboard").get_by_role("button", name="ЖКХ").click()
    assert "response" in await say(demo, "Новый ответ", keyboard("Не решено", inline=True), 2)
    await chat.locator("#messages").get_by_role("button", name="Не решено").click()
    await chat.get_by_label("Сообщение", exact=True).fill("<b>Яма</b> у дома")
    await chat.keyboard.press("Enter")
    await chat.get_by_label("Прикрепить").click()
    await chat.get_by_role("button", name="Площадь Ленина").click()
    await expect(chat.locator(".bubble.mine")).to_have_count(5)
    said = chat.locator("#messages").get_by_text("<b>Яма</b> у дома")
    await expect(said).to_be_visible()
    talk = (await demo.get(f"/demo/conversations/{GROUP}/{USER}")).json()
    mine = [message for message in talk["messages"] if message["from"] == "resident"]
    assert [message["text"] for message in mine[:3]] == ["Начать", "ЖКХ", "Не решено"]
    assert json.loads(mine[1]["payload"]) == {"value": "ЖКХ"}
    assert mine[4]["geo"]
    assert await chat.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


async def test_an_old_client_shows_no_buttons(
    demo: httpx.AsyncClient, page: tuple[Page, list[str]]
) -> None:
    """The switch takes the buttons away; without it they are back."""
    chat, complaints = page
    await chat.get_by_role("button", name="Начать").click()
    await expect(chat.locator(".bubble.mine")).to_contain_text("Начать")
    assert "response" in await say(demo, "О чём пишете?", keyboard("Дороги"), 1)
    button = chat.locator("#keyboard").get_by_role("button", name="Дороги")
    await expect(button).to_be_visible()
    await chat.locator("#plain").evaluate("box => box.click()")
    await expect(button).to_have_count(0)
    await chat.locator("#plain").evaluate("box => box.click()")
    await expect(button).to_be_visible()
    assert complaints == []
