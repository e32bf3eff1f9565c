"""Calls to VK that send nothing to a person: paced with all others, repeated, read.

(What is sent is not repeated here: that is the outbox's work.)
"""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from vkbottle import VKAPIError

from integrations.vk.api import Apis
from integrations.vk.errors import VkRefused, VkUnreachable, meaning_elsewhere
from services.ports import Pace, Page, Verdict

T = TypeVar("T")

TRIES = 3
# In seconds.
PAUSES = (0.5, 2.0)  # before the second try and the third
LONGEST_PAUSE = 5.0  # VK may ask for more; then the call is given up
PATIENCE = 20.0  # for the page's turn, when much of it is being sent
UNREADABLE = Verdict(outcome="retry", code="unreadable")
BUSY = Verdict(outcome="retry", code="too_many_calls")


class Calls:
    """The way to VK with each page's own token, within the 20 calls a second of each."""

    def __init__(self, apis: Apis, pace: Pace) -> None:
        """Take the APIs of the communities, and the count that all processes share."""
        self._apis = apis
        self._pace = pace

    async def ask(
        self, page: Page, method: str, params: Mapping[str, Any], kind: type[T], tries: int = TRIES
    ) -> T:
        """Call a method and read its `response`; raises VkRefused."""
        for pause in PAUSES[: tries - 1]:
            try:
                return await self._once(page, method, params, kind)
            except VkRefused as error:
                verdict = error.verdict
                wait = pause if verdict.retry_after is None else verdict.retry_after
                if verdict.outcome != "retry" or verdict.stops_page or wait > LONGEST_PAUSE:
                    raise
            await asyncio.sleep(wait)
        return await self._once(page, method, params, kind)

    async def _once(self, page: Page, method: str, params: Mapping[str, Any], kind: type[T]) -> T:
        wait = await self._pace.reserve(page.group_id, PATIENCE)
        if wait is None:
            raise VkRefused(BUSY)
        await asyncio.sleep(wait)
        try:
            answer = await self._apis.of(page.token).request(method, params)
            return msgspec.convert(answer["response"], kind)
        except VkUnreachable as error:
            raise VkRefused(Verdict(outcome="retry", code=error.code)) from error
        except VKAPIError as error:
            raise VkRefused(meaning_elsewhere(error.code)) from error
        except msgspec.ValidationError as error:
            raise VkRefused(UNREADABLE) from error
