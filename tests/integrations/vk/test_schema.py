"""Every call that goes to VK fits VK's own schema."""

from collections.abc import Awaitable
from typing import Any

import pytest
from msgspec.json import decode

from integrations.vk.api import open_session
from integrations.vk.calling import Calls
from integrations.vk.errors import VkRefused
from integrations.vk.feed import VkFeed
from integrations.vk.messenger import VkMessenger
from integrations.vk.office import VkOffice
from schemas.dialogs import Button, Message
from services.ports import Outgoing, Page
from tests.integrations.vk.conftest import StandIn
from tests.vk_schema import errors_of_call, needs_vk_schema

pytestmark = needs_vk_schema

YES = Button("Да", '{"form":"appeal","step":"area","value":"yes","rev":1}', "positive")
NO = Button("Нет", '{"form":"appeal","step":"area","value":"no","rev":1}', "secondary")
PLACE = Button("", '{"form":"appeal","step":"where","value":"place","rev":1}', kind="location")
MESSAGES = [
    Message("Здравствуйте!"),
    Message("Где это?", ((PLACE,), (YES, NO)), keyboard="set"),
    Message("Ваш вопрос решён?", ((YES, NO),), inline=True),
    Message("Спасибо.", keyboard="remove"),
]


async def test_each_kind_of_message_fits(vk: StandIn, messenger: VkMessenger, page: Page) -> None:
    """Alone, by `messages.send`; the form carries texts, read as the types of the schema."""
    vk.says({"response": 1})
    for number, message in enumerate(MESSAGES, start=1):
        await messenger.send(page, [Outgoing(494075, number, message)])
    assert len(vk.calls) == len(MESSAGES)
    for call in vk.calls:
        assert errors_of_call(call.method, dict(call.form)) == []


async def test_each_call_of_an_execute_fits(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """Together, as JSON values within the code."""
    vk.says({"response": [1, 2, 3, 4]})
    batch = [Outgoing(number, number, message) for number, message in enumerate(MESSAGES, start=1)]
    await messenger.send(page, batch)
    call = vk.calls[0]
    assert errors_of_call("execute", dict(call.form)) == []
    code = call.form["code"].removeprefix("return [API.messages.send(").removesuffix(")];")
    for params in code.split("), API.messages.send("):
        assert errors_of_call("messages.send", decode(params)) == []


async def test_the_other_calls_fit(
    vk: StandIn, messenger: VkMessenger, calls: Calls, office: VkOffice, page: Page
) -> None:
    """The answer to a press, everything that sets a page up, and the way to Long Poll."""
    vk.refuses(100)
    await messenger.answer_event(page, "token", 494075, 494075)
    url, secret = "https://gateway.example/vk/callback", "s" * 32
    asked: list[Awaitable[Any]] = [
        office.missing_rights(page),
        office.confirmation_code(page),
        office.servers(page),
        office.add_server(page, url, secret),
        office.edit_server(page, 1, url, secret),
        office.callback_settings(page, 1),
        office.choose_callbacks(page, 1),
        office.long_poll_settings(page),
        office.choose_long_poll(page),
        office.members(page),
    ]
    async with open_session() as session:
        asked.append(VkFeed(calls, session).open(page))
        for each in asked:
            with pytest.raises(VkRefused):
                await each
    assert len({call.method for call in vk.calls}) == 1 + len(asked)
    for call in vk.calls:
        assert errors_of_call(call.method, dict(call.form)) == []
