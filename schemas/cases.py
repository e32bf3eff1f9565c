"""Cases as they cross the REST surface, in both directions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

LONGEST_MESSAGE = 16_384
"""Characters of a message to the resident: four messages of VK."""
MOST = 200
"""Cases on a page of a list, or claimed at once."""
LONGEST_LEASE = 24 * 60 * 60
"""Seconds; a lease is for work that is being done, not for putting it aside."""

Reach = Literal["chat", "phone", "blocked"]


_Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Assignment(Struct, frozen=True, kw_only=True):
    """A case at one department. `delivery`: how the last note to its back end fared, if any."""

    id: UUID
    department: str
    state: str
    version: int
    due_at: datetime | None
    delivery: str | None


class Applicant(Struct, frozen=True):
    """Who asks, and where the answer goes."""

    name: str
    contact: str


class Point(Struct, frozen=True):
    """A place in degrees (WGS 84): the exact one where all is shown, else within 500 m of it."""

    latitude: float
    longitude: float


class Attachment(Struct, frozen=True):
    """A file of a case: `id` counts within it, `size` is in bytes.

    `scan` says whether it was looked through for malware: `clean`, or `unscanned`.
    """

    id: int
    name: str
    content_type: str
    size: int
    scan: Literal["clean", "unscanned"]


class Person(Struct, frozen=True):
    """A child or a patient; the birth date as `YYYY-MM-DD`."""

    name: str
    birth_date: str


class Guardian(Struct, frozen=True):
    """Who asks for a child, and where to call."""

    name: str
    phone: str


class Patient(Struct, frozen=True, kw_only=True):
    """Whose appointment it is; the birth date as `YYYY-MM-DD`."""

    name: str
    birth_date: str
    policy: str
    phone: str | UnsetType = UNSET


class Details(Struct, frozen=True, kw_only=True):
    """What is special to a kind of case; what it has not is missing.

    What is personal is missing in lists and `***` where masked.
    """

    # an appeal
    category: str | UnsetType | None = UNSET
    topic: str | UnsetType | None = UNSET
    text: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    location: Point | UnsetType = UNSET
    applicant: Applicant | UnsetType = UNSET
    complained_about: str | UnsetType = UNSET
    legal_kind: str | UnsetType | None = UNSET
    identity_level: str | UnsetType | None = UNSET
    from_case: UUID | UnsetType = UNSET
    attachments: tuple[Attachment, ...] | UnsetType = UNSET
    rating: int | UnsetType = UNSET
    # an enrolment
    programme: str | UnsetType = UNSET
    group: str | UnsetType = UNSET
    child: Person | UnsetType = UNSET
    guardian: Guardian | UnsetType = UNSET
    certificate: str | UnsetType = UNSET
    conditions: str | UnsetType = UNSET
    bundle: UUID | UnsetType = UNSET
    place: int | UnsetType = UNSET
    offer_until: datetime | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    # an appointment
    clinic: str | UnsetType = UNSET
    practitioner: str | UnsetType = UNSET
    speciality: str | UnsetType = UNSET
    slot: UUID | UnsetType = UNSET
    starts_at: datetime | UnsetType = UNSET
    ends_at: datetime | UnsetType = UNSET
    patient: Patient | UnsetType = UNSET
    referral: str | UnsetType = UNSET


class Case(Struct, frozen=True, kw_only=True):
    """One thing a resident asked for, as the caller's key sees it."""

    id: UUID
    number: str
    kind: str
    state: str
    version: int
    operator: str
    community: int | None
    department: str | None
    assignments: tuple[Assignment, ...]
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    subject: str
    urgent: bool
    reach: Reach
    tags: tuple[str, ...]
    details: Details


class CaseList(Struct, frozen=True):
    """A page of cases."""

    items: tuple[Case, ...]
    next_cursor: str | None


class Claimed(Struct, frozen=True):
    """The cases that were taken, and until when nobody else gets them."""

    items: tuple[Case, ...]
    leased_until: datetime


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened to a case. `delivery`: how its message to the resident fared."""

    id: UUID
    at: datetime
    type: str
    by: str
    actor: str | None = None
    department: str | None = None
    source: str | None = msgspec.field(default=None, name="from")
    target: str | None = msgspec.field(default=None, name="to")
    message: str | None = None
    reason: str | None = None
    delivery: str | None = None


class EventList(Struct, frozen=True):
    """Everything that happened to a case, oldest first, on one page."""

    items: tuple[Event, ...]
    next_cursor: None = None


class Read(Struct, frozen=True):
    """Somebody looked at personal data of a case."""

    who: str
    actor: str | None
    why: str
    at: datetime


class ReadList(Struct, frozen=True):
    """Who looked, oldest first."""

    items: tuple[Read, ...]


class ClockShown(Struct, frozen=True, kw_only=True):
    """A deadline: which rule and calendar made it, and why it is when it is.

    `department` is None before a case has one. `missed`: it ended, but late.
    """

    name: str
    department: str | None
    rule: str
    calendar: str
    starts_at: datetime
    paused_at: datetime | None
    due_at: datetime
    state: Literal["running", "paused", "overdue", "met", "missed"]
    why: str


class ClockList(Struct, frozen=True):
    """The deadlines of a case."""

    items: tuple[ClockShown, ...]


class CaseListFilters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What narrows a list of cases; `limit` and `cursor` page it. Every part may be missing."""

    kind: str | None = None
    state: str | None = None
    community: int | None = None
    updated_since: datetime | None = None
    overdue: bool | None = None
    to_call: bool | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


class CaseFilters(CaseListFilters, frozen=True, kw_only=True, omit_defaults=True):
    """The same, with what may not stand in a URL. `from` and `to`: filed on these days."""

    number: str | None = None
    phone: str | None = None
    category: str | None = None
    tag: str | None = None
    department: str | None = None
    municipality: str | None = None
    since: str | None = msgspec.field(default=None, name="from")
    until: str | None = msgspec.field(default=None, name="to")


class ClaimRequest(Struct, frozen=True, kw_only=True):
    """What to claim: how many cases at most, for how long. An admin names the `department`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    lease_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LEASE)]
    kind: Literal["appeal", "enrolment", "appointment"] | None = None
    department: str | None = None


class MoveRequest(Struct, frozen=True, kw_only=True):
    """A transition. `message` goes to the resident word for word; `reason` is a code."""

    to: str
    message: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)] | None = None
    reason: str | None = None
    slot: str | None = None
    on_behalf: bool = False
    department: str | None = None


_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ForwardRequest(Struct, frozen=True, kw_only=True):
    """To whom the case goes on; the resident reads the message."""

    departments: Annotated[tuple[_Code, ...], msgspec.Meta(min_length=1, max_length=20)]
    message: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)] | None = None
    department: str | None = None


class ExtendRequest(Struct, frozen=True, kw_only=True):
    """How many calendar days later the answer comes, once (59-ФЗ, art. 12, part 2), and why."""

    days: Annotated[int, msgspec.Meta(ge=1, le=30)]
    message: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)] | None = None
    department: str | None = None


class MessageRequest(Struct, frozen=True, kw_only=True):
    """Words for the resident that change no state."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_MESSAGE)]
    department: str | None = None


class CalledRequest(Struct, frozen=True):
    """The event whose message was told by phone."""

    event: UUID


class TagsRequest(Struct, frozen=True):
    """All tags of a case."""

    tags: Annotated[list[_Tag], msgspec.Meta(max_length=20)]


class PersonalDataRequest(Struct, frozen=True):
    """Why an admin opens a case; kept in the note of the read."""

    reason: str
