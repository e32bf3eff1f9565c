"""Sending through VK: one call for many messages, one verdict for each."""

import asyncio
import re
from typing import Any

import pytest
from aiohttp import web
from msgspec.json import decode

from integrations.vk import api
from integrations.vk.errors import MEANINGS
from integrations.vk.messenger import APART, VkMessenger
from schemas.dialogs import Button, Message
from services.ports import Outgoing, Page, Verdict
from tests.integrations.vk.conftest import StandIn

EXECUTE = re.compile(r"return \[(API\.messages\.send\(\{.*\}\)(?:, )?)+\];", re.DOTALL)
ROWS = ((Button('"Да" \\ нет', '{"form":"appeal","value":"да"}'),),)


def outgoing(peer_id: int, text: str = "Здравствуйте!") -> Outgoing:
    return Outgoing(peer_id, 1000 + peer_id, Message(text, ROWS, keyboard="set"))


def calls_in(code: str) -> list[dict[str, Any]]:
    """Read back what an `execute` asks for."""
    assert EXECUTE.fullmatch(code)
    listed = code.removeprefix("return [API.messages.send(").removesuffix(")];")
    return [decode(call) for call in listed.split("), API.messages.send(")]


async def test_one_message_is_a_call_with_its_peer_and_random_id(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """The token is in the header and nowhere else; the body is a form with one peer."""
    vk.says({"response": 77})
    assert await messenger.send(page, [outgoing(5)]) == [Verdict(outcome="sent")]
    call = vk.calls[0]
    assert call.method == "messages.send"
    assert call.headers["Authorization"] == "Bearer vk1.a.secret"
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert call.query == ""
    assert "vk1.a.secret" not in str(call.form)
    keyboard = call.form.pop("keyboard")
    assert call.form == {
        "peer_id": "5",
        "random_id": "1005",
        "message": "Здравствуйте!",
        "dont_parse_links": "1",
        "v": "5.199",
    }
    assert decode(keyboard)["buttons"][0][0]["action"]["label"] == '"Да" \\ нет'


async def test_many_messages_are_one_execute(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """All values stand in the code as JSON, whatever a text contains."""
    vk.says({"response": list(range(1, 26))})
    nasty = '"}); API.messages.delete({"a":"\n\\ \u2028 </script> 😀'
    batch = [outgoing(peer, f"{nasty}{peer}") for peer in range(1, 26)]
    assert await messenger.send(page, batch) == [Verdict(outcome="sent")] * 25
    assert [call.method for call in vk.calls] == ["execute"]
    calls = calls_in(vk.calls[0].form["code"])
    assert [call["peer_id"] for call in calls] == list(range(1, 26))
    assert [call["random_id"] for call in calls] == list(range(1001, 1026))
    assert [call["message"] for call in calls] == [f"{nasty}{peer}" for peer in range(1, 26)]
    assert decode(calls[0]["keyboard"])["buttons"][0][0]["action"]["label"] == '"Да" \\ нет'


async def test_each_failure_in_an_execute_belongs_to_its_message(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """A failed item is `false`, and its error is the next of `execute_errors`."""
    vk.says(
        {
            "response": [1, False, 3, False, 0, False],
            "execute_errors": [
                {"method": "messages.send", "error_code": 901, "error_msg": "denied"},
                {"method": "messages.send", "error_code": 9, "error_msg": "flood"},
            ],
        }
    )
    verdicts = await messenger.send(page, [outgoing(peer) for peer in range(1, 7)])
    assert [verdict.code for verdict in verdicts] == [
        "",
        "person_denied",
        "",
        "flood_control",
        "",
        "unreadable",
    ]
    assert [verdict.outcome for verdict in verdicts[1::2]] == ["parked", "retry", "retry"]


@pytest.mark.parametrize("response", [None, 5, {"a": 1}, [1], [1, 2, 3]])
async def test_an_execute_that_answers_otherwise_is_tried_again(
    vk: StandIn, messenger: VkMessenger, page: Page, response: object
) -> None:
    """What cannot be paired with its messages settles none of them."""
    vk.says({"response": response})
    verdicts = await messenger.send(page, [outgoing(1), outgoing(2)])
    assert verdicts == [Verdict(outcome="retry", code="unreadable")] * 2


@pytest.mark.parametrize("code", sorted(MEANINGS))
async def test_every_error_of_the_table_is_its_verdict(
    vk: StandIn, messenger: VkMessenger, page: Page, code: int
) -> None:
    """One message or the whole call: the verdict is the table's."""
    vk.refuses(code, request_params=[{"key": "message", "value": "личное"}], error_subcode=1)
    assert await messenger.send(page, [outgoing(1)]) == [MEANINGS[code]]
    together = APART if MEANINGS[code].outcome == "dead" else MEANINGS[code]
    assert await messenger.send(page, [outgoing(1), outgoing(2)]) == [together] * 2


@pytest.mark.parametrize("code", [12, 13])
async def test_a_program_that_vk_cannot_run_is_taken_apart(
    vk: StandIn, messenger: VkMessenger, page: Page, code: int
) -> None:
    """One message spoils it: none is settled, each is to be sent alone."""
    vk.refuses(code)
    assert await messenger.send(page, [outgoing(1), outgoing(2)]) == [APART] * 2


async def test_an_error_nobody_wrote_down_is_tried_again_and_shows(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """VK adds codes without asking."""
    vk.refuses(31337)
    assert await messenger.send(page, [outgoing(1)]) == [Verdict(outcome="retry", code="vk_31337")]


async def test_html_instead_of_an_answer_is_tried_again_later_not_here(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """We ask once, where vkbottle would sleep five seconds and ask again."""

    async def bad_gateway(_: web.Request) -> web.StreamResponse:
        return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")

    vk.answer = bad_gateway
    assert await messenger.send(page, [outgoing(1)]) == [Verdict(outcome="retry", code="http_502")]
    assert len(vk.calls) == 1


@pytest.mark.parametrize("body", ["", "[]", "null", "{}", '{"error": "invalid_request"}', "<html>"])
async def test_an_unreadable_answer_is_tried_again(
    vk: StandIn, messenger: VkMessenger, page: Page, body: str
) -> None:
    """Nobody knows what became of the message, so its `random_id` decides."""

    async def odd(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body)

    vk.answer = odd
    verdicts = await messenger.send(page, [outgoing(1)])
    assert verdicts == [Verdict(outcome="retry", code="unreadable")]


async def test_a_call_that_hangs_ends_by_the_time_out(
    vk: StandIn, messenger: VkMessenger, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is never held by VK."""

    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    vk.answer = hang
    monkeypatch.setattr(api, "TIMEOUT", api.ClientTimeout(total=0.05))
    assert await messenger.send(page, [outgoing(1)]) == [Verdict(outcome="retry", code="timeout")]


async def test_a_connection_that_breaks_is_tried_again(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """VK may have sent the message: the same `random_id` goes again."""

    async def reset(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    vk.answer = reset
    verdicts = await messenger.send(page, [outgoing(1), outgoing(2)])
    assert verdicts == [Verdict(outcome="retry", code="connection")] * 2


async def test_a_redirect_is_not_followed(vk: StandIn, messenger: VkMessenger, page: Page) -> None:
    """The token goes to the address of the settings only."""

    async def redirect(request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(request.url)

    vk.answer = redirect
    assert await messenger.send(page, [outgoing(1)]) == [Verdict(outcome="retry", code="http_307")]
    assert len(vk.calls) == 1


async def test_a_captcha_without_its_fields_is_a_verdict(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """Where vkbottle would answer with a TypeError."""
    vk.refuses(14)
    verdict = (await messenger.send(page, [outgoing(1)]))[0]
    assert (verdict.code, verdict.scope) == ("captcha", "page")


async def test_a_message_over_the_limits_dies_alone(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """VK would refuse the call without saying which message; ours never reaches it."""
    vk.says({"response": [1, 2]})
    batch = [outgoing(1), outgoing(2, "а" * 4097), outgoing(3)]
    verdicts = await messenger.send(page, batch)
    assert [verdict.outcome for verdict in verdicts] == ["sent", "dead", "sent"]
    assert verdicts[1].code == "limits"
    assert [call["peer_id"] for call in calls_in(vk.calls[0].form["code"])] == [1, 3]


async def test_a_batch_of_broken_messages_calls_nobody(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """Nothing to send, nothing asked."""
    assert await messenger.send(page, []) == []
    verdicts = await messenger.send(page, [outgoing(1, "")])
    assert verdicts == [Verdict(outcome="dead", code="limits")]
    assert vk.calls == []


async def test_more_than_25_messages_are_a_mistake(messenger: VkMessenger, page: Page) -> None:
    """`execute` runs 25 calls; whoever claims more has miscounted."""
    with pytest.raises(ValueError, match="26 messages"):
        await messenger.send(page, [outgoing(peer) for peer in range(1, 27)])


async def test_a_callback_button_is_answered(
    vk: StandIn, messenger: VkMessenger, page: Page
) -> None:
    """The answer carries the token of the press; one that came too late harms nobody."""
    vk.says({"response": 1})
    assert await messenger.answer_event(page, "tok", 5, 5) == Verdict(outcome="sent")
    call = vk.calls[0]
    assert call.method == "messages.sendMessageEventAnswer"
    assert call.form == {"event_id": "tok", "user_id": "5", "peer_id": "5", "v": "5.199"}
    vk.refuses(100)
    assert (await messenger.answer_event(page, "tok", 5, 5)).outcome == "dead"
