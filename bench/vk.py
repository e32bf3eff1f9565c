"""A VK that only counts: what it is sent is answered at once, and each call is timed."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

CALLS = 20
"""Of one page in any second; VK refuses more with error 6."""
_SENT = re.compile(r'"peer_id":(\d+)')


class CountingVk:
    """When each call came; how often each person was written to, and when first."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.url = ""
        self.calls: list[float] = []
        self.people: dict[str, int] = {}
        self.arrived: dict[str, float] = {}
        self._news = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        """Take `messages.send` or an `execute` of them."""
        form = await request.post()
        now = time.monotonic()
        self.calls.append(now)
        code = str(form.get("code", ""))
        found = _SENT.findall(code) if code else [str(form["peer_id"])]
        for person in found:
            self.people[person] = self.people.get(person, 0) + 1
            self.arrived.setdefault(person, now)
        self._news.set()
        answer = list(range(1, len(found) + 1))
        return web.json_response({"response": answer if code else 1})

    async def has(self, people: int) -> None:
        """Wait until so many people were written to."""
        while len(self.people) < people:
            self._news.clear()
            await self._news.wait()

    def most_calls_in_a_second(self) -> int:
        """Return the calls in the busiest second."""
        return max(
            sum(1 for other in self.calls[number : number + 2 * CALLS] if other < call + 1)
            for number, call in enumerate(self.calls)
        )


@asynccontextmanager
async def counting_vk() -> AsyncGenerator[CountingVk]:
    """Listen on a port of loopback until the end."""
    vk = CountingVk()
    app = web.Application()
    app.router.add_post("/method/{name}", vk.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    vk.url = f"http://127.0.0.1:{port}/method/"
    try:
        yield vk
    finally:
        await runner.cleanup()
