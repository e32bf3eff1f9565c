"""What the form of an appointment would have read, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.doctors.catalogue_queries import ClinicRow, PractitionerRow
from services.doctors.choosing import Plan
from services.doctors.slot_queries import SlotRow

START = datetime(2030, 3, 12, 0, 0, tzinfo=UTC)
CLINIC = ClinicRow(
    id=1,
    code="p1",
    department_id=1,
    department="health",
    operator_id=1,
    title="Поликлиника № 1",
    address="ул. Ленина, 1",
    phone="",
    municipality=None,
    cancel_until_minutes=60,
    hold_seconds=300,
    offer_minutes=120,
    no_show_limit=None,
    active=True,
)


def practitioner(code: str, **changes: Any) -> PractitionerRow:
    known: dict[str, Any] = {
        "id": 1,
        "code": code,
        "clinic_id": 1,
        "clinic": "p1",
        "department_id": 1,
        "operator_id": 1,
        "decided_there": False,
        "name": f"Доктор {code}",
        "speciality": "терапевт",
        "room": "12",
        "needs_referral": False,
        "active": True,
    }
    return PractitionerRow(**(known | changes))


def slot(number: int, code: str = "d1", speciality: str = "терапевт") -> SlotRow:
    starts = START + timedelta(hours=5 * number)
    return SlotRow(
        id=UUID(int=number + 1),
        practitioner_id=1,
        practitioner=code,
        practitioner_name=f"Доктор {code}",
        speciality=speciality,
        room="12",
        needs_referral=False,
        clinic_id=1,
        clinic="p1",
        clinic_title=CLINIC.title,
        clinic_address=CLINIC.address,
        municipality=None,
        department_id=1,
        operator_id=1,
        decided_there=False,
        cancel_until_minutes=60,
        hold_seconds=300,
        offer_minutes=120,
        no_show_limit=None,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=15),
        release_at=starts,
        freed_at=None,
        state="free",
        held_by=None,
        held_until=None,
        case_id=None,
    )


def plan() -> Plan:
    doctors = (
        practitioner("d1"),
        practitioner("d2", speciality="хирург"),
        practitioner("d3", speciality="кардиолог", needs_referral=True),
    )
    slots = (*(slot(number) for number in range(6)), slot(9, "d3", "кардиолог"))
    return Plan(doctors, {"p1": CLINIC}, slots, {})
