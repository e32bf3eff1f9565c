"""vkbottle's API with its traps closed."""

import logging

import pytest
from vkbottle import VKAPIError
from vkbottle.api.api import APIRequest

from integrations.vk.api import Apis, quiet_vkbottle
from tests.integrations.vk.conftest import StandIn


async def test_vkbottles_own_methods_take_the_same_way(vk: StandIn, apis: Apis) -> None:
    """Its typed categories call our `request`: Bearer header, no token in the URL."""
    vk.says({"response": {"code": "x1"}})
    answer = await apis.of("t").groups.get_callback_confirmation_code(group_id=7)
    assert answer.code == "x1"
    assert vk.calls[0].query == ""
    assert vk.calls[0].headers["Authorization"] == "Bearer t"


async def test_several_requests_leak_no_token_either(vk: StandIn, apis: Apis) -> None:
    """`request_many` of vkbottle has a URL of its own."""
    vk.says({"response": 1})
    requests = [APIRequest("a.b", {"x": True}), APIRequest("c.d", {"y": None})]
    answers = [answer async for answer in apis.of("t").request_many(requests)]
    assert answers == [{"response": 1}] * 2
    assert [call.form for call in vk.calls] == [{"x": "1", "v": "5.199"}, {"v": "5.199"}]
    assert {call.query for call in vk.calls} == {""}


async def test_one_api_per_token_and_only_the_latest_ones(vk: StandIn, apis: Apis) -> None:
    """Memory does not grow with the number of communities."""
    few = Apis(apis._session, vk.url, size=2)
    first = few.of("a")
    assert few.of("a") is first
    few.of("b")
    assert few.of("a") is first
    few.of("c")
    assert few.of("a") is first
    assert list(few._apis) == ["c", "a"]


async def test_an_error_holds_nothing_of_what_was_sent(vk: StandIn, apis: Apis) -> None:
    """Tracebacks and logs may show an exception."""
    vk.refuses(901, request_params=[{"key": "message", "value": "личное"}])
    with pytest.raises(VKAPIError[901]) as refused:
        await apis.of("t").request("messages.send", {"message": "личное"})
    assert "личное" not in repr(vars(refused.value))


async def test_nothing_that_was_sent_or_answered_is_logged(
    vk: StandIn, apis: Apis, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even with the whole process at DEBUG."""
    with caplog.at_level(logging.DEBUG):
        vk.refuses(901, odd_field="личное")
        with pytest.raises(VKAPIError):
            await apis.of("t").request("messages.send", {"message": "личное"})
        vk.says({"response": [{"error": {"description": "личное"}}]})
        await apis.of("t").request("messages.send", {"message": "личное"})
    printed = capfd.readouterr()
    assert "личное" not in caplog.text + printed.out + printed.err


def test_vkbottles_logger_is_above_debug_and_prints_nowhere_itself() -> None:
    """It comes with a handler for standard error."""
    quiet_vkbottle()
    logger = logging.getLogger("vkbottle")
    assert logger.level == logging.ERROR
    assert logger.handlers == []
