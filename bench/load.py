"""`python -m bench.load`: posts events to /vk/callback, from a process of its own.

Reads a `Plan` from standard input and writes a `Posted` to standard output. It shares the machine
with what it measures, so it costs little: everything is put together before the clock starts, and
a connection does nothing but write one request and look at one answer.
"""

import asyncio
import gc
import sys
import time
from asyncio import transports
from collections import deque
from hashlib import sha1
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

OK = b"HTTP/1.1 200"
END = b"\r\n\r\nok"
CLIENT = {
    "button_actions": ["text", "location", "open_link", "callback", "intent_subscribe"],
    "keyboard": True,
    "inline_keyboard": True,
    "carousel": True,
    "lang_id": 0,
}


class Plan(Struct, frozen=True, kw_only=True):
    """Where to post, over how many connections; who (VK id, group) answers what, in which order.

    Everybody's first answer comes first, then everybody's second.
    """

    port: int
    connections: int
    secret: str
    people: list[tuple[int, int]]
    answers: list[str]


class Posted(Struct, frozen=True, kw_only=True):
    """What came of it; latencies in seconds, and how long this process computed."""

    seconds: float
    computed: float
    ok: int
    other: int
    median: float
    p99: float


def requests(plan: Plan) -> deque[bytes]:
    """Return every request, whole."""
    made: deque[bytes] = deque()
    for number, answer in enumerate(plan.answers):
        for user_id, group_id in plan.people:
            body = msgspec.json.encode(event(plan.secret, user_id, group_id, number, answer))
            head = (
                f"POST /vk/callback HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            made.append(head.encode() + body)
    return made


def event(secret: str, user_id: int, group_id: int, number: int, text: str) -> dict[str, object]:
    """Return the body of one `message_new` as VK sends it (API 5.199)."""
    message = {
        "date": int(time.time()),
        "from_id": user_id,
        "id": number + 1,
        "version": 10_000_000 + number,
        "out": 0,
        "important": False,
        "is_hidden": False,
        "attachments": [],
        "conversation_message_id": number + 1,
        "fwd_messages": [],
        "text": text,
        "peer_id": user_id,
        "random_id": 0,
    }
    return {
        "group_id": group_id,
        "type": "message_new",
        "event_id": sha1(f"{user_id}/{number}".encode(), usedforsecurity=False).hexdigest(),
        "v": "5.199",
        "object": {"message": message, "client_info": CLIENT},
        "secret": secret,
    }


class Run:
    """The requests still to post and what was answered."""

    def __init__(self, waiting: deque[bytes]) -> None:
        """Take the requests."""
        self.waiting = waiting
        self.left = len(waiting)
        self.ok = 0
        self.times: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def answered(self, answer: bytes, started: float) -> None:
        """Count one answer."""
        self.times.append(time.perf_counter() - started)
        self.ok += answer.startswith(OK) and answer.endswith(END)
        self.left -= 1
        if not self.left:
            self.done.set_result(None)


class Caller(asyncio.Protocol):
    """One kept-alive connection: the next request goes out when the answer before it is whole."""

    def __init__(self, run: Run) -> None:
        """Take what all connections share."""
        self._run = run
        self._answer = b""
        self._started = 0.0
        self._transport: transports.Transport

    def connection_made(self, transport: transports.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("transports.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the whole run: an answer that never comes would hang it."""
        if not self._run.done.done():
            self._run.done.set_exception(exc or ConnectionError("the gateway hung up"))

    def post(self) -> None:
        """Send the next request if one is left."""
        if self._run.waiting:
            self._started = time.perf_counter()
            self._transport.write(self._run.waiting.popleft())

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer."""
        self._answer += data
        if not _whole(self._answer):
            return
        answer, self._answer = self._answer, b""
        self._run.answered(answer, self._started)
        self.post()


def _whole(answer: bytes) -> bool:
    if answer.endswith(END):
        return True
    head, end, body = answer.partition(b"\r\n\r\n")
    fields = head.lower().partition(b"content-length:")[2]
    return bool(end) and len(body) >= int(fields.split(b"\r\n")[0] or 0)


async def post(plan: Plan) -> Posted:
    """Post everything; the clock runs from the first request to the last answer."""
    run = Run(requests(plan))
    total = run.left
    loop = asyncio.get_running_loop()
    callers = [
        (await loop.create_connection(lambda: Caller(run), "127.0.0.1", plan.port))[1]
        for _ in range(plan.connections)
    ]
    gc.collect()
    gc.freeze()
    started, before = time.perf_counter(), time.process_time()
    for caller in callers:
        caller.post()
    await run.done
    seconds, computed = time.perf_counter() - started, time.process_time() - before
    times = sorted(run.times)
    return Posted(
        seconds=seconds,
        computed=computed,
        ok=run.ok,
        other=total - run.ok,
        median=times[total // 2],
        p99=times[total * 99 // 100],
    )


def main() -> None:
    """Carry out the plan that stands on standard input."""
    plan = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.msgpack.encode(uvloop.run(post(plan))))


if __name__ == "__main__":
    main()
