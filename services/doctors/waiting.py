"""The waiting list of a clinic and speciality: a wish for a time that is not there yet."""

from datetime import time

from msgspec import Struct

from services.cases.filing import Filed, file_case
from services.db.ids import new_id
from services.db.query import Connection
from services.doctors.appointment_queries import ADD_WISH, WAITS_ALREADY
from services.doctors.catalogue_queries import ClinicRow
from services.doctors.errors import refused
from services.doctors.patients import Patient, Where, Who, new_case, patient_key
from services.house import House


class Wished(Struct, frozen=True, kw_only=True):
    """What somebody waits for; `days` from 1 (Monday), hours of the krai."""

    clinic: ClinicRow
    speciality: str
    practitioner_id: int | None = None
    days: tuple[int, ...] = ()
    hour_from: time | None = None
    hour_to: time | None = None


async def wait_for(
    connection: Connection, house: House, who: Who, patient: Patient, wished: Wished
) -> Filed:
    """File a wish for a time; raises AppointmentRefused: `already_waiting`."""
    key = patient_key(house, patient.policy)
    clinic = wished.clinic
    found = await WAITS_ALREADY.all(connection, key, clinic.id, wished.speciality)
    if found and any(row.account_id == who.account_id for row in found):
        raise refused("already_waiting")
    waits = not found
    where = Where(
        department_id=clinic.department_id,
        municipality=clinic.municipality,
        clinic=clinic.title,
        speciality=wished.speciality,
    )
    state = "waitlisted" if waits else "review"
    filed = await file_case(connection, house, new_case(who, patient, where, state, new_id()))
    await ADD_WISH.run(
        connection,
        filed.id,
        clinic.id,
        wished.practitioner_id,
        wished.speciality,
        key,
        waits,
        list(wished.days) or None,
        wished.hour_from,
        wished.hour_to,
        house.now() if waits else None,
    )
    return filed
