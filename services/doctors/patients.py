"""Who is to see a doctor, who asks for it, and the case that is made of it."""

from datetime import date
from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.cases.filing import NewCase
from services.cases.personal import AppointmentPersonal
from services.cases.phones import normal_phone
from services.house import House

HASH_PURPOSE = "policy"

By = Literal["resident", "department", "admin"]


class Patient(Struct, frozen=True, kw_only=True):
    """Whose appointment it is; `adult`: for oneself, and so not protected as a child's is."""

    name: str
    birth_date: date
    policy: str
    phone: str | None = None
    referral: str | None = None
    adult: bool = True


class Who(Struct, frozen=True, kw_only=True):
    """Who books. Without an account it came by phone."""

    operator_id: int
    account_id: UUID | None = None
    community_id: int | None = None
    by: By = "resident"
    actor: str | None = None


class Where(Struct, frozen=True, kw_only=True):
    """The clinic of a case and what for."""

    department_id: int
    municipality: str | None
    clinic: str
    speciality: str


def patient_key(house: House, policy: str) -> bytes:
    """Return the keyed hash by which a patient is the same one, whoever names them."""
    return house.sealer.keyed_hash(HASH_PURPOSE, policy)


def new_case(who: Who, patient: Patient, where: Where, state: str, case_id: UUID) -> NewCase:
    """Return the case to file."""
    return NewCase(
        kind="appointment",
        operator_id=who.operator_id,
        community_id=who.community_id,
        account_id=who.account_id,
        department_id=where.department_id,
        municipality=where.municipality,
        subject=f"{where.speciality.capitalize()}: {where.clinic}",
        phone=None if patient.phone is None else normal_phone(patient.phone),
        state=state,
        by=who.by,
        actor=who.actor,
        id=case_id,
        personal=AppointmentPersonal(
            name=patient.name,
            birth_date=patient.birth_date,
            policy=patient.policy,
            phone=patient.phone,
            referral=patient.referral,
        ),
    )
