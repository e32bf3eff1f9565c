"""Residents of a town, who see what VK shows them and do what VK lets them do."""

import asyncio
import json
import time
from typing import Any

import httpx

from tests.acceptance.waiting import GENEROUS

TEXT = "Во дворе неделю не убирают снег, машины не могут выехать."
ADDRESS = "Хабаровск, улица Ленина, 10"
NAME = "Иванова Мария Петровна"
CONTACT = "+79140000000"

Json = dict[str, Any]


class Resident:
    """One person at one page, who waits for an answer for `patience` seconds.

    `heard` is the number of the last message that was listened to.
    """

    def __init__(
        self, vk: httpx.AsyncClient, group_id: int, user_id: int, patience: float = GENEROUS
    ) -> None:
        self.vk, self.patience = vk, patience
        self.group_id, self.user_id = group_id, user_id
        self.heard = 0

    @property
    def _path(self) -> str:
        return f"/demo/conversations/{self.group_id}/{self.user_id}"

    async def act(self, act: str, **more: Any) -> None:
        """Do something without waiting for an answer; fails where VK would not let a person."""
        answer = await self.vk.post(self._path, json={"act": act, **more})
        assert answer.status_code == 200, (act, more, answer.text)

    async def start(self) -> str:
        await self.act("start")
        return await self.hear()

    async def say(self, text: str) -> str:
        await self.act("text", text=text)
        return await self.hear()

    async def press(self, label: str) -> str:
        await self.act("press", label=label)
        return await self.hear()

    async def hear(self, seconds: float | None = None) -> str:
        """Return the words of the next message that the page writes."""
        return (await self.hear_message(seconds))["text"]

    async def hear_message(self, seconds: float | None = None) -> Json:
        """Return the next message that the page writes."""
        deadline = time.monotonic() + (seconds or self.patience)
        while time.monotonic() < deadline:
            query = {"after": self.heard, "wait": 5}
            shown = (await self.vk.get(self._path, params=query)).json()
            for message in shown["messages"]:
                if message["from"] == "community":
                    self.heard = message["cmid"]
                    return message
        raise AssertionError(f"resident {self.user_id} hears nothing")

    async def conversation(self) -> Json:
        """Return everything that was said, and the keyboard under the input field."""
        return (await self.vk.get(self._path)).json()

    async def messages(self) -> list[Json]:
        """Return what the page wrote, oldest first."""
        said = (await self.conversation())["messages"]
        return [message for message in said if message["from"] == "community"]

    async def button(self, label: str) -> str:
        """Return the payload of a button of the keyboard under the input field."""
        keyboard = (await self.conversation())["keyboard"]
        found = [b["payload"] for row in keyboard["rows"] for b in row if b["label"] == label]
        assert found, f"no button «{label}»"
        return found[0]

    async def fill_in(self, text: str = TEXT) -> str:
        """Go from the menu to the last step of an appeal; return what it shows."""
        await self.start()
        for label in ("Подать обращение", "Ремонт дорог", "Ямы на дороге", "Нет", "Согласен"):
            await self.say_or_press(label)
        for words in (text, ADDRESS, "Пропустить", NAME):
            await self.say(words)
        return await self.say(CONTACT)

    async def say_or_press(self, label: str) -> str:
        """Choose by button where the label is shown on one, else by typing it."""
        keyboard = (await self.conversation())["keyboard"]
        labels = {button["label"] for row in keyboard["rows"] for button in row}
        return await (self.press(label) if label in labels else self.say(label))


def payload_of(message: Json, label: str) -> Json:
    """Return what a button inside a message sends."""
    rows = (message["buttons"] or {"rows": []})["rows"]
    found = [button["payload"] for row in rows for button in row if button["label"] == label]
    assert found, f"no button «{label}» in {message['text']!r}"
    return json.loads(found[0])


async def all_of(*doings: Any) -> None:
    """Let people do things at the same time."""
    await asyncio.gather(*doings)
