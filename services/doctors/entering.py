"""What the registry enters for who phones: appointments and wishes, on the code of the chat."""

from datetime import date, time
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Struct

from services.cases.filing import Filed
from services.communities.consents_given import ConsentGiven, agreed, note_agreed
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_owner
from services.dialogs.answers import is_policy
from services.doctors.booking import book
from services.doctors.catalogue_queries import CLINIC, PRACTITIONER, ClinicRow
from services.doctors.patients import Patient, Who
from services.doctors.slot_queries import SLOT
from services.doctors.waiting import Wished, wait_for
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.intake import Code

SPEAKS_FOR_ITSELF = 15
"""Years: from then on a patient consents to medical matters alone (323-ФЗ, art. 54)."""

_Hour = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_Day = Annotated[int, msgspec.Meta(ge=1, le=7)]


class PatientBody(Struct, frozen=True, kw_only=True):
    """Whose appointment it is."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    birth_date: date
    policy: Annotated[str, msgspec.Meta(pattern="^[0-9]{16}$")]
    phone: Annotated[str, msgspec.Meta(max_length=30)] | None = None


class AppointmentBody(Struct, frozen=True, kw_only=True):
    """What came by phone."""

    slot: UUID
    patient: PatientBody
    consent: ConsentGiven
    referral: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Hours(Struct, frozen=True):
    """Between which hours of the krai."""

    start: _Hour = msgspec.field(name="from")
    end: _Hour = msgspec.field(name="to")


class WaitingBody(Struct, frozen=True, kw_only=True):
    """What somebody waits for; `days` from 1 (Monday) to 7."""

    clinic: Code
    speciality: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    patient: PatientBody
    consent: ConsentGiven
    practitioner: Code | None = None
    days: Annotated[list[_Day], msgspec.Meta(max_length=7)] = []
    hours: Hours | None = None


async def enter_appointment(
    connection: Connection, house: House, caller: Caller, body: AppointmentBody
) -> Filed:
    """Book for who phoned; raises InvalidRequest, NotOwner, Forbidden, AppointmentRefused."""
    slot = await SLOT.maybe(connection, body.slot)
    if slot is None:
        raise InvalidRequest(FieldError("slot", "There is no such slot."))
    check_owner(caller, slot.department_id, slot.operator_id)
    patient = _patient(body.patient, body.referral)
    who = _who(caller, slot.operator_id)
    document = await _agreed(connection, house, who, body.patient, body.consent)
    filed = await book(connection, house, who, patient, body.slot)
    await note_agreed(connection, house, caller, filed.id, document, body.consent)
    return filed


async def enter_waiting(
    connection: Connection, house: House, caller: Caller, body: WaitingBody
) -> Filed:
    """Put on the waiting list who phoned.

    Raises InvalidRequest, NotOwner, Forbidden, AppointmentRefused.
    """
    clinic = await CLINIC.maybe(connection, body.clinic)
    if clinic is None:
        raise InvalidRequest(FieldError("clinic", "There is no such clinic."))
    check_owner(caller, clinic.department_id, clinic.operator_id)
    patient = _patient(body.patient, None)
    who = _who(caller, clinic.operator_id)
    wished = await _wished(connection, clinic, body)
    document = await _agreed(connection, house, who, body.patient, body.consent)
    filed = await wait_for(connection, house, who, patient, wished)
    await note_agreed(connection, house, caller, filed.id, document, body.consent)
    return filed


async def _agreed(
    connection: Connection, house: House, who: Who, patient: PatientBody, given: ConsentGiven
) -> int:
    today = house.now().astimezone(house.zone).date()
    born = patient.birth_date
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    subject = "self" if years >= SPEAKS_FOR_ITSELF else "children"
    return await agreed(connection, house, (who.operator_id, "appointment", subject), given)


async def _wished(connection: Connection, clinic: ClinicRow, body: WaitingBody) -> Wished:
    practitioner_id = None
    if body.practitioner is not None:
        row = await PRACTITIONER.maybe(connection, body.practitioner)
        if row is None or row.clinic_id != clinic.id:
            words = "There is no such practitioner at this clinic."
            raise InvalidRequest(FieldError("practitioner", words))
        practitioner_id = row.id
    hours = body.hours
    return Wished(
        clinic=clinic,
        speciality=body.speciality.lower(),
        practitioner_id=practitioner_id,
        days=tuple(body.days),
        hour_from=None if hours is None else time.fromisoformat(hours.start),
        hour_to=None if hours is None else time.fromisoformat(hours.end),
    )


def _who(caller: Caller, operator_id: int) -> Who:
    return Who(operator_id=operator_id, by=caller.by, actor=caller.actor)


def _patient(body: PatientBody, referral: str | None) -> Patient:
    if not is_policy(body.policy):
        raise InvalidRequest(FieldError("patient.policy", "The check digit does not fit."))
    return Patient(
        name=body.name,
        birth_date=body.birth_date,
        policy=body.policy,
        phone=body.phone,
        referral=referral,
    )
