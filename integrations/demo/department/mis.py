"""A clinic's own system in the demo: the master of its slots, with the habits of real ones.

What it holds is in memory. Its practitioners are those that the demo publishes for it.
"""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct

from integrations.demo.department.system import HANG, Heard

Habit = Literal["ok", "error", "hang", "late", "refuse"]
"""`late`: it does what it is asked and does not answer; `refuse`: it knows no patient."""

CREDENTIAL = "Bearer demo-mis"
PRACTITIONERS = ("mis-therapist", "mis-surgeon")
DAYS, FIRST, SLOTS_A_DAY, MINUTES = 10, 22, 16, 15
"""From 22:00 UTC, which is 08:00 in Khabarovsk."""
PAGE = 500


class Slot(Struct, kw_only=True):
    """A slot; `number`: of the gateway's case that has it; `elsewhere`: booked by phone."""

    id: str
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    number: str | None = None
    elsewhere: bool = False

    @property
    def free(self) -> bool:
        """Whether it can be booked."""
        return self.number is None and not self.elsewhere


class Appointment(Struct, kw_only=True):
    """An appointment that the gateway set."""

    id: str
    slot: str
    number: str


class Mis:
    """The slots and appointments, and how calls are treated at present."""

    def __init__(self, today: datetime | None = None) -> None:
        self.slots: dict[str, Slot] = {}
        self.appointments: dict[str, Appointment] = {}
        self.habit: Habit = "ok"
        self._numbers = itertools.count(1)
        self._publish(today or datetime.now(UTC))

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Heard:
        """Answer a call; `target` is the path behind the system's URL, with its query."""
        if headers.get("authorization") != CREDENTIAL:
            return Heard(HTTPStatus.UNAUTHORIZED)
        if self.habit == "error":
            return Heard(HTTPStatus.INTERNAL_SERVER_ERROR)
        if self.habit == "hang":
            return Heard(HTTPStatus.GATEWAY_TIMEOUT, delay=HANG)
        heard = self._answer(method, target, body)
        late = self.habit == "late" and method != "GET" and not target.startswith("/patients")
        return Heard(HTTPStatus.GATEWAY_TIMEOUT, delay=HANG) if late else heard

    def take(self, slot_id: str) -> None:
        """Give a free slot to somebody who phoned; raises KeyError."""
        self.slots[slot_id].elsewhere = True

    def drop(self, slot_id: str) -> None:
        """Take a slot away, as when the doctor is ill; raises KeyError."""
        slot = self.slots.pop(slot_id)
        if slot.number is not None:
            self._forget(slot.number)

    def _publish(self, today: datetime) -> None:
        start = today.replace(hour=FIRST, minute=0, second=0, microsecond=0)
        for day, place, code in itertools.product(range(DAYS), range(SLOTS_A_DAY), PRACTITIONERS):
            at = start + timedelta(days=day, minutes=MINUTES * place)
            slot_id = f"S-{next(self._numbers)}"
            self.slots[slot_id] = Slot(
                id=slot_id,
                practitioner=code,
                starts_at=at,
                ends_at=at + timedelta(minutes=MINUTES),
            )

    def _answer(self, method: str, target: str, body: bytes) -> Heard:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        given: dict[str, Any] = msgspec.json.decode(body) if body else {}
        match (method, path.strip("/").split("/")):
            case ("POST", ["patients", "check"]):
                unknown = self.habit == "refuse"
                return Heard(HTTPStatus.NOT_FOUND if unknown else HTTPStatus.NO_CONTENT)
            case ("GET", ["slots"]):
                return self._list(query)
            case ("GET", ["appointments"]):
                found = [a for a in self.appointments.values() if a.number in query["number"]]
                return Heard(HTTPStatus.OK, {"items": found})
            case ("POST", ["appointments"]):
                return self._set(given)
            case ("PUT", ["appointments", known, "slot"]) if known in self.appointments:
                return self._move(self.appointments[known], given["slot"])
            case ("DELETE", ["appointments", known]) if known in self.appointments:
                self._forget(self.appointments[known].number)
                return Heard(HTTPStatus.NO_CONTENT)
            case _:
                return Heard(HTTPStatus.NOT_FOUND)

    def _list(self, query: Mapping[str, list[str]]) -> Heard:
        since, until = (datetime.fromisoformat(query[name][0]) for name in ("from", "to"))
        rows = [slot for slot in self.slots.values() if since <= slot.starts_at < until]
        start = int(query["after"][0]) if "after" in query else 0
        items = [
            {
                "id": slot.id,
                "practitioner": slot.practitioner,
                "starts_at": slot.starts_at,
                "ends_at": slot.ends_at,
                "free": slot.free,
                "number": slot.number,
            }
            for slot in rows[start : start + PAGE]
        ]
        more = start + PAGE < len(rows)
        return Heard(HTTPStatus.OK, {"items": items, "next": str(start + PAGE) if more else None})

    def _set(self, given: Mapping[str, Any]) -> Heard:
        """Book a slot; the same number again is the same appointment."""
        for known in self.appointments.values():
            if known.number == given["number"]:
                return Heard(HTTPStatus.CREATED, known)
        slot = self.slots.get(given["slot"])
        if slot is None or not slot.free:
            return Heard(HTTPStatus.CONFLICT)
        slot.number = given["number"]
        made = Appointment(id=f"A-{next(self._numbers)}", slot=slot.id, number=given["number"])
        self.appointments[made.id] = made
        return Heard(HTTPStatus.CREATED, made)

    def _move(self, known: Appointment, wanted: str) -> Heard:
        slot = self.slots.get(wanted)
        if slot is None or (not slot.free and slot.number != known.number):
            return Heard(HTTPStatus.CONFLICT)
        before = self.slots.get(known.slot)
        if before is not None:
            before.number = None
        slot.number, known.slot = known.number, slot.id
        return Heard(HTTPStatus.OK, known)

    def _forget(self, number: str) -> None:
        for slot in self.slots.values():
            if slot.number == number:
                slot.number = None
        self.appointments = {k: a for k, a in self.appointments.items() if a.number != number}
