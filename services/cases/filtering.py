"""What a list is narrowed by: every filter checked, and turned into what the SQL compares."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from schemas.cases import CaseFilters
from services.cases.number import is_case_number
from services.cases.phones import HASH_PURPOSE, normal_phone
from services.cases.transitions import KINDS, TRANSITIONS
from services.communities.directory import Snapshot
from services.db.query import Connection
from services.departments.routing import MUNICIPALITY_DIGITS
from services.errors import FieldError, InvalidRequest
from services.house import House

Conditions = dict[str, tuple[Any, ...]]
"""Name of a condition in `view_queries.FILTERS` → its arguments."""

_CHANNEL = "vk"
_OKTMO = re.compile(r"[0-9]{8}([0-9]{3})?")
_INSTANT = timedelta(microseconds=1)  # the finest that PostgreSQL keeps


class _Unknown(ValueError):
    """A filter has a value that nothing can have; the words say what it may be."""


async def conditions(connection: Connection, house: House, filters: CaseFilters) -> Conditions:
    """Return the conditions of a list; raises InvalidRequest with every wrong filter."""
    found: Conditions = {}
    wrong: list[FieldError] = []
    for name, read in _READERS.items():
        if (value := getattr(filters, name)) is None:
            continue
        try:
            found |= read(house, value)
        except _Unknown as error:
            wrong.append(FieldError({"since": "from", "until": "to"}.get(name, name), str(error)))
    if filters.state is not None and filters.state not in _states(filters.kind):
        wrong.append(FieldError("state", "no such case has this state; see GET /transitions"))
    if filters.community is not None:
        page = await house.directory.page(connection, _CHANNEL, filters.community)
        found |= {} if page is None else {"community": (page.id,)}
        if page is None:
            wrong.append(FieldError("community", "there is no community with this group id"))
    if wrong:
        raise InvalidRequest(*wrong)
    return found


def _kind(_house: House, kind: str) -> Conditions:
    if kind not in KINDS:
        raise _Unknown(f"one of {', '.join(KINDS)}")
    return {"kind": (kind,)}


def _states(kind: str | None) -> set[str]:
    rows = [row for row in TRANSITIONS if kind in {None, row.kind} or kind not in KINDS]
    return {state for row in rows for state in (row.source, row.target)}


def _state(_house: House, state: str) -> Conditions:
    return {"state": (state,)}


def _updated_since(_house: House, since: datetime) -> Conditions:
    if since.tzinfo is None:
        raise _Unknown("a time with an offset, as 2026-03-12T12:00:00+10:00")
    return {"updated_since": (since,)}


def _overdue(house: House, value: bool) -> Conditions:  # noqa: FBT001 - a filter's value
    return {"overdue" if value else "not_overdue": (house.now(),)}


def _to_call(_house: House, value: bool) -> Conditions:  # noqa: FBT001 - a filter's value
    return {"to_call" if value else "not_to_call": ()}


def _number(_house: House, number: str) -> Conditions:
    if not is_case_number(number):
        raise _Unknown("this is no number of a case: a digit is wrong or missing")
    return {"number": (number,)}


def _phone(house: House, phone: str) -> Conditions:
    normal = normal_phone(phone)
    if normal is None:
        raise _Unknown("a phone number, as +79141234567")
    return {"phone": (house.sealer.keyed_hash(HASH_PURPOSE, normal),)}


def _category(house: House, code: str) -> Conditions:
    snapshot = house.directory.snapshot
    if code not in snapshot.categories:
        raise _Unknown("there is no category with this code")
    if snapshot.categories[code].parent is None:
        return {"category": (code,)}
    return {"topic": (_with_topics(snapshot, code),)}


def _with_topics(snapshot: Snapshot, code: str) -> list[str]:
    """Return a topic and all that is below it."""
    found = [code]
    for each in found:
        found += [row.code for row in snapshot.children.get(each, ()) if row.code not in found]
    return found


def _tag(_house: House, tag: str) -> Conditions:
    return {"tag": (tag,)}


def _department(house: House, code: str) -> Conditions:
    for row in house.directory.snapshot.departments.values():
        if row.code == code:
            return {"department": (row.id,)}
    raise _Unknown("there is no department with this code")


def _municipality(_house: House, code: str) -> Conditions:
    if _OKTMO.fullmatch(code) is None:
        raise _Unknown("an OKTMO code of 8 or 11 digits")
    return {"municipality": (code[:MUNICIPALITY_DIGITS],)}


def _since(house: House, text: str) -> Conditions:
    day = _moment(text)
    return {"since": (day if isinstance(day, datetime) else _midnight(house, day),)}


def _until(house: House, text: str) -> Conditions:
    """The last day counts whole."""
    day = _moment(text)
    if isinstance(day, datetime):
        return {"until": (day,)}
    return {"until": (_midnight(house, day + timedelta(days=1)) - _INSTANT,)}


def _moment(text: str) -> date | datetime:
    try:
        if len(text) == len("2026-03-12"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _Unknown("a date, as 2026-03-12, or a time with an offset")
    return moment


def _midnight(house: House, day: date) -> datetime:
    return datetime.combine(day, time(), house.zone)


_READERS: dict[str, Callable[[House, Any], Conditions]] = {
    "kind": _kind,
    "state": _state,
    "updated_since": _updated_since,
    "overdue": _overdue,
    "to_call": _to_call,
    "number": _number,
    "phone": _phone,
    "category": _category,
    "tag": _tag,
    "department": _department,
    "municipality": _municipality,
    "since": _since,
    "until": _until,
}
