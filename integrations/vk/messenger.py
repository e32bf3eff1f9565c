"""Sends messages to residents through VK: the channel's side of `services.ports.Messenger`."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.json import encode
from vkbottle import VKAPIError

from integrations.vk.api import Apis
from integrations.vk.errors import VkUnreachable, meaning, meaning_elsewhere
from integrations.vk.limits import LimitExceeded
from integrations.vk.render import render
from services.ports import Outgoing, Page, Verdict

SENT = Verdict(outcome="sent")
UNREADABLE = Verdict(outcome="retry", code="unreadable")
BATCH = 25
"""Calls that VK runs in one `execute`."""
APART = Verdict(outcome="apart", code="execute_failed")
BROKEN_PROGRAM = frozenset({12, 13})
"""VK could not compile or run the program of an `execute`: something in it is not as it should."""


class VkMessenger:
    """Sends for every community, each with its own token. Keeps no count of calls: see `Pace`."""

    def __init__(self, apis: Apis) -> None:
        """Take the APIs of the communities."""
        self._apis = apis

    async def send(self, page: Page, batch: Sequence[Outgoing]) -> list[Verdict]:
        """Send 1 to 25 messages in one call to VK; one verdict each, in their order.

        A message over VK's limits is dead (`limits`) and does not hold the others. A `random_id`
        used before makes VK drop the double, so whatever is unsure is simply tried again.
        Where VK refuses the call as a whole for what stands in it, all are `apart`.
        """
        if len(batch) > BATCH:
            raise ValueError(f"{len(batch)} messages in a batch of at most {BATCH}")
        rendered = [_try_render(outgoing) for outgoing in batch]
        calls = [params for params in rendered if isinstance(params, dict)]
        verdicts = iter(await self._send(page, calls) if calls else [])
        return [next(verdicts) if isinstance(it, dict) else it for it in rendered]

    async def answer_event(self, page: Page, token: str, peer_id: int, user_id: int) -> Verdict:
        """Stop the spinner on a pressed callback button; `token` lives 60 seconds."""
        params = {"event_id": token, "user_id": user_id, "peer_id": peer_id}
        try:
            await self._apis.of(page.token).request("messages.sendMessageEventAnswer", params)
        except VkUnreachable as error:
            return Verdict(outcome="retry", code=error.code)
        except VKAPIError as error:
            return meaning_elsewhere(error.code)
        return SENT

    async def _send(self, page: Page, calls: Sequence[dict[str, Any]]) -> list[Verdict]:
        api = self._apis.of(page.token)
        try:
            if len(calls) == 1:
                await api.request("messages.send", calls[0])
                return [SENT]
            answer = await api.request("execute", {"code": code_of(calls)})
        except (VKAPIError, VkUnreachable) as error:
            return [_verdict(error, alone=len(calls) == 1)] * len(calls)
        return _settle(answer, len(calls))


def code_of(calls: Sequence[dict[str, Any]]) -> str:
    """Give the program for `execute` that sends all of these; values stand in it as JSON."""
    return f"return [{', '.join(map(_call, calls))}];"


def _call(params: dict[str, Any]) -> str:
    return f"API.messages.send({encode(params).decode()})"


def _try_render(outgoing: Outgoing) -> dict[str, Any] | Verdict:
    try:
        return render(outgoing)
    except LimitExceeded:
        return Verdict(outcome="dead", code="limits")


def _verdict(error: VKAPIError | VkUnreachable, *, alone: bool) -> Verdict:
    if isinstance(error, VkUnreachable):
        return Verdict(outcome="retry", code=error.code)
    verdict = meaning(error.code)
    spoilt = error.code in BROKEN_PROGRAM or verdict.outcome == "dead"
    return APART if spoilt and not alone else verdict


def _settle(answer: dict[str, Any], count: int) -> list[Verdict]:
    """Pair results with errors: a failed call is `false`, and its error is the next of the list."""
    results = answer["response"]
    if not isinstance(results, list) or len(results) != count:
        return [UNREADABLE] * count
    errors = _error_codes(answer)
    return [next(errors, UNREADABLE) if result is False else SENT for result in results]


def _error_codes(answer: dict[str, Any]) -> Iterator[Verdict]:
    listed = answer.get("execute_errors")
    for error in listed if isinstance(listed, list) else ():
        code = error.get("error_code") if isinstance(error, dict) else None
        yield meaning(code) if isinstance(code, int) else UNREADABLE
