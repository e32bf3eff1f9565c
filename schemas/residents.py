"""Everything that is stored of one resident with one operator, as it is given to them."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from schemas.cases import Case, Event, Person


class MyConsent(Struct, frozen=True, kw_only=True):
    """One consent that was given or taken back, with the words that were agreed to."""

    action: str
    at: datetime
    service: str
    subject: str
    version: int
    purpose: str
    text: str


class MyCase(Struct, frozen=True, kw_only=True):
    """A case with its history; `erased_at`: its words were erased then."""

    case: Case
    events: tuple[Event, ...]
    identity: dict[str, Any] | None
    erased_at: datetime | None


class MyDraft(Struct, frozen=True, kw_only=True):
    """What was entered and not sent; `until` it is kept."""

    form: str
    answers: dict[str, Any]
    until: datetime | None


class MyLook(Struct, frozen=True, kw_only=True):
    """Who looked at the data, when, why, and at which case."""

    at: datetime
    who: str
    why: str
    number: str | None


class MyData(Struct, frozen=True, kw_only=True):
    """All of it; `kept` says what stays for how long, in sentences."""

    operator: str
    made_at: datetime
    since: datetime
    vk_id: int
    consents: tuple[MyConsent, ...]
    cases: tuple[MyCase, ...]
    children: tuple[Person, ...]
    drafts: tuple[MyDraft, ...]
    looks: tuple[MyLook, ...]
    kept: tuple[str, ...]
