"""A clinic's own system (MIS): the master of its slots, as a Protocol."""

from datetime import date, datetime
from typing import Protocol

from msgspec import Struct

from services.ports import BackendTarget, Verdict

SLOT_TAKEN, PATIENT_UNKNOWN = "slot_taken", "patient_unknown"
"""Codes of a `dead` verdict: the time is somebody else's; the patient cannot be booked there."""


class SlotThere(Struct, frozen=True, kw_only=True):
    """A slot as the system has it; `number`: ours of the case that has it, if it is ours."""

    id: str
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    free: bool
    number: str | None = None


class Booked(Struct, frozen=True):
    """An appointment as the system has it: its id there and the slot's."""

    id: str
    slot: str


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be booked for whom; `number` is ours, and the same on every try."""

    number: str
    slot: str
    name: str
    birth_date: date
    policy: str
    referral: str | None = None


class ClinicSystem(Protocol):
    """What is asked of it. A Verdict of `retry`: nothing is known; of `dead`: it said no.

    A call without an answer may have been heard: `find` tells.
    """

    async def slots(
        self, target: BackendTarget, since: datetime, until: datetime
    ) -> list[SlotThere] | Verdict:
        """Return all slots that start in between."""
        ...

    async def find(self, target: BackendTarget, number: str) -> Booked | Verdict | None:
        """Return the appointment of a case of ours, None where there is none."""
        ...

    async def book(self, target: BackendTarget, wanted: Wanted) -> Booked | Verdict:
        """Check the patient, then book; `dead`: SLOT_TAKEN, PATIENT_UNKNOWN or another code."""
        ...

    async def move(self, target: BackendTarget, booked: Booked, slot: str) -> Booked | Verdict:
        """Give an appointment another slot, or leave all as it was."""
        ...

    async def cancel(self, target: BackendTarget, booked: Booked) -> Verdict:
        """Let the slot go; one that is gone already is `sent`."""
        ...
