"""The reference department at work: webhooks it heard, and its calls to the gateway's REST."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import aiohttp
import msgspec

from integrations.demo.config import DemoDepartment
from integrations.demo.department.signature import is_signed

HEARD_KEPT = 50
LEASE_SECONDS = 900
QUEUE_LENGTH = 100
ANSWER_WITHIN = 15.0
PASSED_ON = (
    "Content-Type",
    "Content-Disposition",
    "X-Content-Type-Options",
    "Content-Security-Policy",
    "Cache-Control",
)
"""Headers of a file that keep it harmless in a browser."""
# Longer than the gateway waits for a webhook.
HANG = 20.0

# How the department treats webhooks: takes them, or fails as real systems do.
Mode = Literal["ok", "error", "hang", "refuse"]


class Reply(NamedTuple):
    """What the gateway answered: status, body and the case's version as `ETag`."""

    status: int
    body: Any
    etag: str | None = None


class Office:
    """Acts for one or several departments. `open` and `close` belong to the app's life."""

    def __init__(self, gateway_url: str, departments: Iterable[DemoDepartment]) -> None:
        self.gateway_url = gateway_url
        self.departments = {department.code: department for department in departments}
        self.mode: Mode = "ok"
        self.heard: deque[dict[str, Any]] = deque(maxlen=HEARD_KEPT)
        self.seen: set[str] = set()
        self.news = asyncio.Condition()
        self.leaving = False
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready to call the gateway."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN))

    async def close(self) -> None:
        """Call no more."""
        if self._session:
            await self._session.close()

    async def leave(self) -> None:
        """Send home who waits for news, because the process ends."""
        self.leaving = True
        async with self.news:
            self.news.notify_all()

    async def hear(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook and say the HTTP status that answers it; 401 for a wrong signature."""
        sender = self._sender(headers, body)
        status = 401 if sender is None else {"error": 500, "refuse": 403}.get(self.mode, 204)
        again = headers.get("webhook-id", "") in self.seen
        note = {
            "at": time.time(),
            "status": 504 if sender and self.mode == "hang" else status,
            "department": sender.code if sender else None,
            "again": again,
            "body": _parsed(body) if sender else None,
        }
        self.heard.appendleft(note)
        async with self.news:
            self.news.notify_all()
        if sender and self.mode == "hang":
            await asyncio.sleep(HANG)
            return 504
        if status < 300:  # noqa: PLR2004 - only 2xx is success
            self.seen.add(headers["webhook-id"])
        return status

    def _sender(self, headers: Mapping[str, str], body: bytes) -> DemoDepartment | None:
        now = time.time()
        for department in self.departments.values():
            secret = department.webhook_secret
            if secret and is_signed(secret, headers, body, now):
                return department
        return None

    async def wait_for_news(self, seconds: float) -> bool:
        """Wait for the next webhook; False when none came in time."""
        try:
            async with asyncio.timeout(seconds), self.news:
                await self.news.wait()
        except TimeoutError:
            return False
        return True

    async def fetch(self, department: str, path: str) -> tuple[int, dict[str, str], bytes]:
        """Get a file with the department's key: status, headers, content."""
        headers = {"Authorization": f"Bearer {self.departments[department].key}"}
        if self._session is None:
            return 502, {}, b""
        try:
            async with self._session.get(
                f"{self.gateway_url}/api/v1{path}", headers=headers
            ) as response:
                passed = {name: response.headers.get(name, "") for name in PASSED_ON}
                return response.status, passed, await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return 502, {}, b""

    async def call(
        self,
        department: str,
        verb: str,
        path: str,
        body: Any = None,
        version: str | None = None,
    ) -> Reply:
        """Call `/api/v1` with the department's key; 502 when the gateway is not there."""
        headers = {"Authorization": f"Bearer {self.departments[department].key}"}
        if version is not None:
            headers["If-Match"] = version
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = msgspec.json.encode(body)
        if self._session is None:
            return Reply(502, {"title": "Шлюз недоступен"})
        try:
            async with self._session.request(
                verb, f"{self.gateway_url}/api/v1{path}", data=data, headers=headers
            ) as response:
                answer = _parsed(await response.read())
                return Reply(response.status, answer, response.headers.get("ETag"))
        except (aiohttp.ClientError, TimeoutError):
            return Reply(502, {"title": "Шлюз недоступен", "code": "unreachable"})


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except msgspec.DecodeError:
        return None
