"""Hands cases to a back end that is described by data, and asks what became of them."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec

from integrations.json_rest.templates import fill, fill_path, find
from integrations.outbound.client import Answer, OutboundClient, Refused, TryAgain
from schemas.backends import RestCall, RestDescription, RestFind, RestList
from services.ports import BackendTarget, HandOff, Holding, Holdings, Report, Verdict

ASSIGNED = "case.assigned"
BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
LONGEST_ID = 200
LONGEST_MESSAGE = 16_384
MOST_PAGES = 1000
LIST_AT_MOST = 4 * 1024 * 1024
"""Bytes of a page of a list."""
UNTOLD = 30.0
"""Seconds to wait for a case to be there before something is told of it."""
A_DAY = 86_400.0

CANNOT_SAY = Verdict(outcome="dead", code="cannot_say")
NOT_READ = Verdict(outcome="retry", code="not_understood")
FINAL_REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
"""What another try would not change: the case itself is not wanted."""


class JsonRestBackend:
    """`services.ports.Backend` for systems described by `schemas.backends.RestDescription`."""

    def __init__(self, client: OutboundClient) -> None:
        """Take the client for foreign addresses."""
        self._client = client

    async def hand_off(self, target: BackendTarget, note: HandOff) -> Verdict:
        """Create the case there, or tell what happened to one that is there.

        After a try whose outcome is unknown it is looked for first, where that is described; the
        `Idempotency-Key` is the note's id on every try.
        """
        how = _described(target)
        fields = {**note.fields, "type": note.type, "external_id": note.external_id}
        if note.type == ASSIGNED and note.external_id is None:
            return await self._create(target, how, note, fields)
        if how.tell is None:
            return Verdict(outcome="sent", code="not_described", external_id=note.external_id)
        if note.external_id is None:
            return Verdict(outcome="retry", code="not_there_yet", retry_after=UNTOLD)
        answer = await self._tell(target, how, how.tell, note, fields)
        if isinstance(answer, Verdict):
            return answer
        return _verdict(answer, note.external_id)

    async def ask(self, target: BackendTarget, external_id: str) -> Report | Verdict:
        """Return what the back end says of a case; a state without a word of ours is unknown."""
        how = _described(target)
        if how.status is None:
            return CANNOT_SAY
        answer = await self._get(target, how, how.status.path, {"external_id": external_id})
        if isinstance(answer, Verdict):
            return answer
        word = find(answer, how.status.state)
        state = how.states.get(str(word))
        if word is None or state is None:
            return Verdict(outcome="retry", code="unknown_state")
        message = _found(answer, how.status.message)
        return Report(
            state=state,
            sequence=_number(_found(answer, how.status.sequence)),
            message=None if message is None else str(message)[:LONGEST_MESSAGE],
            at=_moment(_found(answer, how.status.at)),
        )

    async def holdings(self, target: BackendTarget) -> Holdings | Verdict:
        """Return all cases of its list, page by page."""
        how = _described(target)
        if how.list is None:
            return CANNOT_SAY
        items: list[Holding] = []
        cursor: Any = ""
        for _ in range(MOST_PAGES):
            answer = await self._get(target, how, how.list.path, {"cursor": cursor})
            if isinstance(answer, Verdict):
                return answer
            page = find(answer, how.list.items)
            if not isinstance(page, list):
                return NOT_READ
            items += [held for each in page if (held := _holding(how, how.list, each)) is not None]
            cursor = _found(answer, how.list.next)
            if cursor is None or cursor == "":
                return Holdings(tuple(items))
        return Verdict(outcome="retry", code="list_without_end")

    async def _create(
        self, target: BackendTarget, how: RestDescription, note: HandOff, fields: Mapping[str, Any]
    ) -> Verdict:
        if note.again and how.find is not None:
            found = await self._find(target, how, how.find, fields)
            if isinstance(found, Verdict):
                return found
            if found is not None:
                return Verdict(outcome="sent", code="duplicate", external_id=found)
        answer = await self._tell(target, how, how.create, note, fields)
        if isinstance(answer, Verdict):
            return answer
        there = _id(find(_json(answer), how.create.id))
        if answer.status in how.create.duplicate:
            if there is None and how.find is not None:
                found = await self._find(target, how, how.find, fields)
                there = None if isinstance(found, Verdict) else found
            return Verdict(outcome="sent", code="duplicate", external_id=there)
        return _verdict(answer, there)

    async def _find(
        self, target: BackendTarget, how: RestDescription, look: RestFind, fields: Mapping[str, Any]
    ) -> str | Verdict | None:
        answer = await self._get(target, how, look.path, fields, absent=(HTTPStatus.NOT_FOUND,))
        return answer if isinstance(answer, Verdict) else _id(find(answer, look.id))

    async def _tell(
        self,
        target: BackendTarget,
        how: RestDescription,
        call: RestCall,
        note: HandOff,
        fields: Mapping[str, Any],
    ) -> Answer | Verdict:
        body = msgspec.json.encode(fill(call.body, fields))
        headers = {"Content-Type": "application/json", "Idempotency-Key": note.id}
        return await self._call(
            target, how, call.method, fill_path(call.path, fields), body, headers
        )

    async def _get(
        self,
        target: BackendTarget,
        how: RestDescription,
        path: str,
        fields: Mapping[str, Any],
        absent: tuple[int, ...] = (),
    ) -> Any:
        """Return the JSON of an answer, None for a status of `absent`, or a Verdict."""
        answer = await self._call(target, how, "GET", fill_path(path, fields), b"", {})
        if isinstance(answer, Verdict):
            return answer
        if answer.status in absent:
            return None
        if not _is_success(answer):
            return _verdict(answer, None)
        parsed = _json(answer)
        return NOT_READ if parsed is None else parsed

    async def _call(
        self,
        target: BackendTarget,
        how: RestDescription,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answer | Verdict:
        sent = {"Accept": "application/json", **headers}
        if target.secrets:
            sent[how.header] = target.secrets[0]
        url = target.url.rstrip("/") + "/" + path.lstrip("/")
        try:
            return await self._client.request(method, url, body, sent, LIST_AT_MOST)
        except TryAgain as error:
            return Verdict(outcome="retry", code=error.code)
        except Refused:
            # Tried again too: a name may lead to the wrong address for an hour.
            return Verdict(outcome="retry", code="address_refused")


def _described(target: BackendTarget) -> RestDescription:
    if target.description is None:
        raise ValueError("a JSON back end is described")
    return target.description


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004 - the class of success, RFC 9110


def _verdict(answer: Answer, external_id: str | None) -> Verdict:
    if _is_success(answer):
        return Verdict(outcome="sent", external_id=external_id)
    code = f"http_{answer.status}"
    if answer.status in FINAL_REFUSALS:
        return Verdict(outcome="dead", code=code)
    wait = answer.retry_after if answer.status in BUSY else None
    return Verdict(
        outcome="retry", code=code, retry_after=None if wait is None else min(wait, A_DAY)
    )


def _json(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _holding(how: RestDescription, table: RestList, item: Any) -> Holding | None:
    external_id, number = _id(find(item, table.id)), _id(find(item, table.number))
    if external_id is None:
        return None
    state = how.states.get(str(find(item, table.state)))
    return Holding(external_id=external_id, number=number or "", state=state)


def _found(answer: Any, path: str | None) -> Any:
    return None if path is None else find(answer, path)


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if 0 < len(text) <= LONGEST_ID and "\0" not in text else None


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 16 else None  # noqa: PLR2004 - JSON is exact so far


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
