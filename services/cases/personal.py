"""What is personal of a case and of its events: sealed in the column `personal`, nowhere else."""

from datetime import date

from msgspec import Struct

CASE_PLACE = "cases.personal"
EVENT_PLACE = "case_events.personal"


class AppealPersonal(Struct, frozen=True, kw_only=True, tag="appeal"):
    """What a resident entered in an appeal: their words, the exact place, who they are."""

    text: str
    name: str
    contact: str
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class EnrolmentPersonal(Struct, frozen=True, kw_only=True, tag="enrolment"):
    """A child, who asks for it, and what the organiser should know."""

    child_name: str
    child_birth_date: date
    guardian_name: str
    guardian_phone: str
    certificate: str | None = None
    conditions: str | None = None


class AppointmentPersonal(Struct, frozen=True, kw_only=True, tag="appointment"):
    """A patient, and where to call."""

    name: str
    birth_date: date
    policy: str
    phone: str | None = None
    referral: str | None = None


class EventPersonal(Struct, frozen=True):
    """The words of a message that an event keeps: the resident's or the department's."""

    message: str


Personal = AppealPersonal | EnrolmentPersonal | AppointmentPersonal
"""The struct of a case's kind; each kind has a tag of its own."""
