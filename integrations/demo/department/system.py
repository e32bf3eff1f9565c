"""A department's own system of cases: JSON over HTTP, with the habits of real ones.

`GET /system/description` says how the gateway is told of it. What it holds is in memory, and it
fails in every way that its levers ask for.
"""

import itertools
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct

Habit = Literal["ok", "refuse", "error", "busy", "hang", "late", "gone", "backwards"]
"""`late`: it takes the case and does not answer; `gone`: it has forgotten what it took;
`backwards`: every other time it says of a case what was true at the beginning."""

PAGE = 50
HANG = 20.0
"""Seconds; longer than the gateway waits."""
CREDENTIAL = "Bearer demo-system"
NEW, WORKING, ASKING, DONE, REFUSED = "new", "working", "asking", "done", "refused"
STATES = {
    NEW: "registered",
    WORKING: "in_work",
    ASKING: "needs_info",
    DONE: "answered",
    REFUSED: "refused",
}
"""Its words → those of the gateway."""


class Ticket(Struct, kw_only=True):
    """A case as this system has it; `version` grows with each change."""

    id: str
    number: str
    title: str
    text: str
    applicant: str
    status: str = NEW
    comment: str | None = None
    version: int = 1
    notes: list[str]


class Heard(Struct, frozen=True):
    """What is answered: the status, JSON, and how long the caller waits for it."""

    status: int
    body: Any = None
    delay: float = 0.0


def description(url: str) -> dict[str, Any]:
    """Return the `backend` that `PUT /departments/{code}` takes, for a system at `url`."""
    return {
        "type": "json_rest",
        "url": url,
        "credential": CREDENTIAL,
        "create": {
            "path": "/tickets",
            "body": {
                "number": "{number}",
                "title": "{subject}",
                "text": "{text}",
                "applicant": "{name}, {contact}",
                "due": "{due_at}",
            },
            "id": "ticket.id",
        },
        "find": {"path": "/tickets?number={number}", "id": "items.0.id"},
        "status": {
            "path": "/tickets/{external_id}",
            "state": "ticket.status",
            "sequence": "ticket.version",
            "message": "ticket.comment",
        },
        "list": {
            "path": "/tickets?after={cursor}",
            "items": "items",
            "id": "id",
            "number": "number",
            "state": "status",
            "next": "next",
        },
        "tell": {
            "path": "/tickets/{external_id}/notes",
            "body": {"what": "{type}", "state": "{state}", "words": "{message}"},
        },
        "states": STATES,
        "poll_minutes": 1,
    }


class System:
    """The tickets, and how calls are treated at present."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.habit: Habit = "ok"
        self._answers: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._looks = itertools.count()

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Heard:
        """Answer a call; `target` is the path behind the system's URL, with its query."""
        if headers.get("authorization") != CREDENTIAL:
            return Heard(HTTPStatus.UNAUTHORIZED)
        match self.habit:
            case "error":
                return Heard(HTTPStatus.INTERNAL_SERVER_ERROR)
            case "busy":
                return Heard(HTTPStatus.SERVICE_UNAVAILABLE)
            case "refuse" if method == "POST":
                return Heard(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": "not wanted"})
            case "hang":
                return Heard(HTTPStatus.GATEWAY_TIMEOUT, delay=HANG)
            case "late":
                self._answer(method, target, headers, body)
                return Heard(HTTPStatus.GATEWAY_TIMEOUT, delay=HANG)
            case "backwards" if method == "GET" and next(self._looks) % 2:
                return self._as_it_was(self._answer(method, target, headers, body))
            case "gone":
                self.tickets.clear()
                self._answers.clear()
            case _:
                pass
        return self._answer(method, target, headers, body)

    def move(self, ticket_id: str, status: str, comment: str | None = None) -> Ticket:
        """Change a ticket, as its officer does; raises KeyError for one that is not there."""
        ticket = self.tickets[ticket_id]
        ticket.status, ticket.comment = status, comment
        ticket.version += 1
        return ticket

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Heard:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        parts = path.strip("/").split("/")
        match (method, parts):
            case ("POST", ["tickets"]):
                return self._create(headers.get("idempotency-key", ""), msgspec.json.decode(body))
            case ("GET", ["tickets"]):
                return self._list(query)
            case ("GET", ["tickets", ticket_id]) if ticket_id in self.tickets:
                return Heard(HTTPStatus.OK, {"ticket": self.tickets[ticket_id]})
            case ("POST", ["tickets", ticket_id, "notes"]) if ticket_id in self.tickets:
                self._note(self.tickets[ticket_id], msgspec.json.decode(body))
                return Heard(HTTPStatus.NO_CONTENT)
            case _:
                return Heard(HTTPStatus.NOT_FOUND)

    def _as_it_was(self, heard: Heard) -> Heard:
        """Return an answer about one ticket as it was when it was new; others as they are."""
        if not isinstance(heard.body, dict) or "ticket" not in heard.body:
            return heard
        old = msgspec.structs.replace(heard.body["ticket"], status=NEW, comment=None, version=1)
        return Heard(heard.status, {"ticket": old})

    def _create(self, key: str, given: Mapping[str, Any]) -> Heard:
        """Take a case; the same key, or a number that is here already, makes no second one."""
        known = self._answers.get(key)
        if known is not None:
            return Heard(HTTPStatus.CREATED, {"ticket": self.tickets[known]})
        for ticket in self.tickets.values():
            if ticket.number == given["number"]:
                return Heard(HTTPStatus.CONFLICT, {"ticket": ticket})
        ticket = Ticket(
            id=f"T-{next(self._numbers)}",
            number=given["number"],
            title=given["title"],
            text=given["text"] or "",
            applicant=given["applicant"] or "",
            notes=[],
        )
        self.tickets[ticket.id] = ticket
        self._answers[key] = ticket.id
        return Heard(HTTPStatus.CREATED, {"ticket": ticket})

    def _list(self, query: Mapping[str, list[str]]) -> Heard:
        rows = list(self.tickets.values())
        if "number" in query:
            rows = [row for row in rows if row.number == query["number"][0]]
        start = int(query["after"][0]) if "after" in query else 0
        page = rows[start : start + PAGE]
        more = start + PAGE < len(rows)
        return Heard(HTTPStatus.OK, {"items": page, "next": str(start + PAGE) if more else None})

    def _note(self, ticket: Ticket, given: Mapping[str, Any]) -> None:
        ticket.notes.append(given["what"])
        if given["what"] in {"case.reopened", "case.message_added"} and given["state"] != WORKING:
            ticket.status, ticket.comment = WORKING, None
            ticket.version += 1
