"""A department: its desk at the API, and the address that webhooks are sent to."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from msgspec import Struct

from tests.acceptance.waiting import noticed

Json = dict[str, Any]
TOO_LATE = 16  # seconds: the gateway waits for 15
STATUS = {"take": 204, "late": 204, "hang": 504, "error": 500, "refuse": 403}


class Note(Struct, frozen=True):
    """One webhook as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Json:
        return json.loads(self.body)


class Letterbox:
    """Takes webhooks.

    `mode`: `take` (204), `refuse` (403), `error` (500), `hang` (keeps
    nothing, answers too late), `late` (keeps it and answers too late).
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self.notes: list[Note] = []
        self.mode = "take"

    def of(self, kind: str, case_id: str | None = None) -> list[Note]:
        """Return the notes of one type, of one case or of all."""
        return [
            note
            for note in list(self.notes)
            if note.content["type"] == kind
            and case_id in {None, note.content["data"].get("case_id")}
        ]

    async def next(self, kind: str, case_id: str | None = None) -> Note:
        """Wait for a note."""
        return (await noticed(lambda: self.of(kind, case_id)))[0]


@contextmanager
def open_letterbox() -> Generator[Letterbox]:
    """Listen on a port of loopback until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            mode = letterbox.mode
            if mode in {"take", "late"}:
                letterbox.notes.append(Note(headers, body))
            if mode in {"hang", "late"}:
                time.sleep(TOO_LATE)
            with suppress(OSError):  # nobody waits any more
                self.send_response(STATUS[mode])
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so named there
            pass  # the test looks at the notes

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    letterbox = Letterbox(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield letterbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Desk:
    """Calls the API with a department's key."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/api/v1{path}", params=query, headers=self.headers)

    async def post(self, path: str, body: Json, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(f"/api/v1{path}", json=body, headers={**self.headers, **named})

    async def put(self, path: str, body: Json) -> httpx.Response:
        return await self.http.put(f"/api/v1{path}", json=body, headers=self.headers)

    async def listen(self, letterbox: Letterbox) -> str:
        """Have webhooks sent to a letterbox; return their secret."""
        answer = await self.put("/webhook", {"url": letterbox.url})
        assert answer.status_code == 200, answer.text
        return answer.json()["secret"]

    async def claim(self, limit: int = 10) -> list[Json]:
        """Take work; return the cases."""
        answer = await self.post("/cases/claim", {"limit": limit, "lease_seconds": 600})
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def move(self, case_id: str, etag: str, to: str, **more: str) -> httpx.Response:
        """Ask for a transition."""
        body = {"to": to, **more}
        return await self.post(f"/cases/{case_id}/transitions", body, If_Match=etag)

    async def case(self, case_id: str) -> tuple[Json, str]:
        """Return a case and its ETag."""
        answer = await self.get(f"/cases/{case_id}")
        assert answer.status_code == 200, answer.text
        return answer.json(), answer.headers["ETag"]

    async def cases(self) -> list[Json]:
        """Return all cases that the department sees, page by page."""
        found: list[Json] = []
        query: dict[str, Any] = {"limit": 50}
        while True:
            page = (await self.get("/cases", **query)).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]
