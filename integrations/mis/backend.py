"""Speaks to a clinic's own system: check patient, free slots, set, move, cancel.

The paths are those of deploy/connect.md; every call carries the credential as `Authorization`.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from integrations.outbound.client import Answer, OutboundClient, Refused, TryAgain
from services.doctors.clinic_system import PATIENT_UNKNOWN, SLOT_TAKEN, Booked, SlotThere, Wanted
from services.ports import BackendTarget, Verdict

LIST_AT_MOST = 4 * 1024 * 1024
"""Bytes of a page of slots."""
MOST_PAGES = 200
SENT = Verdict(outcome="sent")
NOT_READ = Verdict(outcome="retry", code="not_understood")
FINAL = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
"""What another try would not change."""

S = TypeVar("S", bound=Struct)


class _Slots(Struct):
    items: list[SlotThere]
    next: str | None = None


class _Appointments(Struct):
    items: list[Booked]


class MisBackend:
    """`services.doctors.clinic_system.ClinicSystem` over HTTP."""

    def __init__(self, client: OutboundClient) -> None:
        """Take the client for foreign addresses."""
        self._client = client

    async def slots(
        self, target: BackendTarget, since: datetime, until: datetime
    ) -> list[SlotThere] | Verdict:
        """Return all slots that start in between, page by page."""
        found: list[SlotThere] = []
        query = {"from": since.isoformat(), "to": until.isoformat()}
        for _ in range(MOST_PAGES):
            page = await self._get(target, f"/slots?{urlencode(query)}", _Slots)
            if isinstance(page, Verdict):
                return page
            found += page.items
            if not page.next:
                return found
            query["after"] = page.next
        return Verdict(outcome="retry", code="list_without_end")

    async def find(self, target: BackendTarget, number: str) -> Booked | Verdict | None:
        """Return the appointment of a case of ours."""
        query = urlencode({"number": number})
        found = await self._get(target, f"/appointments?{query}", _Appointments)
        if isinstance(found, Verdict):
            return found
        return found.items[0] if found.items else None

    async def book(self, target: BackendTarget, wanted: Wanted) -> Booked | Verdict:
        """Check the patient, then book under our number, which is the same on every try."""
        person = {"policy": wanted.policy, "birth_date": wanted.birth_date.isoformat()}
        # In a body: no policy number stands in a URL.
        checked = await self._call(target, "POST", "/patients/check", person)
        if isinstance(checked, Verdict):
            return checked
        if checked.status in {HTTPStatus.NOT_FOUND, *FINAL}:
            return Verdict(outcome="dead", code=PATIENT_UNKNOWN)
        if not _is_success(checked):
            return _verdict(checked)
        body = {
            "number": wanted.number,
            "slot": wanted.slot,
            "patient": {"name": wanted.name, **person},
            "referral": wanted.referral,
        }
        return _booked(await self._call(target, "POST", "/appointments", body, wanted.number))

    async def move(self, target: BackendTarget, booked: Booked, slot: str) -> Booked | Verdict:
        """Give an appointment another slot, or leave all as it was."""
        path = f"/appointments/{quote(booked.id, safe='')}/slot"
        return _booked(await self._call(target, "PUT", path, {"slot": slot}))

    async def cancel(self, target: BackendTarget, booked: Booked) -> Verdict:
        """Let the slot go; one that is gone already is `sent`."""
        path = f"/appointments/{quote(booked.id, safe='')}"
        answer = await self._call(target, "DELETE", path)
        if isinstance(answer, Verdict):
            return answer
        gone = answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
        return SENT if gone or _is_success(answer) else _verdict(answer)

    async def _get(self, target: BackendTarget, path: str, kind: type[S]) -> S | Verdict:
        answer = await self._call(target, "GET", path)
        if isinstance(answer, Verdict):
            return answer
        return _read(answer, kind) if _is_success(answer) else _verdict(answer)

    async def _call(
        self,
        target: BackendTarget,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> Answer | Verdict:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        if target.secrets:
            headers["Authorization"] = target.secrets[0]
        content = b"" if body is None else msgspec.json.encode(body)
        try:
            return await self._client.request(
                method, target.url.rstrip("/") + path, content, headers, LIST_AT_MOST
            )
        except TryAgain as error:
            return Verdict(outcome="retry", code=error.code)
        except Refused:
            # Tried again too: a name may lead to the wrong address for an hour.
            return Verdict(outcome="retry", code="address_refused")


def _booked(answer: Answer | Verdict) -> Booked | Verdict:
    if isinstance(answer, Verdict):
        return answer
    if answer.status == HTTPStatus.CONFLICT:
        return Verdict(outcome="dead", code=SLOT_TAKEN)
    return _read(answer, Booked) if _is_success(answer) else _verdict(answer)


def _read(answer: Answer, kind: type[S]) -> S | Verdict:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NOT_READ


def _is_success(answer: Answer) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _verdict(answer: Answer) -> Verdict:
    code = f"http_{answer.status}"
    if answer.status in FINAL:
        return Verdict(outcome="dead", code=code)
    return Verdict(outcome="retry", code=code, retry_after=answer.retry_after)
