"""What clinics look at and who oversees them: the day, the lines, the norms, who did not come."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from msgspec import Struct

from services.cases.personal import CASE_PLACE, AppointmentPersonal
from services.cases.reading import note_reads
from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_owner
from services.doctors.catalogue_queries import CLINIC, ClinicRow
from services.doctors.norms import Norm, norms
from services.errors import NotFound, NotOwner
from services.house import House
from services.monitor.clinic_queries import (
    CLINIC_LINES,
    DAY,
    MISSED,
    WAITING_AT,
    ClinicLine,
    MissedRow,
    TimeRow,
    WaitingRow,
)

LISTED = "Приём за день и лист ожидания"
BACK = timedelta(days=7)
"""How far back is counted who came and who did not."""
AHEAD = timedelta(days=14)
MISSED_BACK = timedelta(days=30)
ROWS = 200
MARKED = ("booked", "confirmed")
"""States from which somebody is marked as come or not without a word to the patient."""


class Clinics(Struct, frozen=True):
    """All clinics that the caller sees, and the promised waits at them; broken ones first."""

    lines: list[ClinicLine]
    norms: list[Norm]

    def broken(self, code: str | None = None) -> list[Norm]:
        """Return the norms that are not kept, of one clinic or of all."""
        return [each for each in self.norms if not each.kept and code in {None, each.clinic}]


class Patient(Struct, frozen=True):
    """Who is behind an appointment, as far as the caller has opened it."""

    name: str
    birth_date: date
    phone: str | None


class Time(Struct, frozen=True):
    """A slot of the day; `begun`: it can be said whether the patient came."""

    row: TimeRow
    patient: Patient | None
    begun: bool

    @property
    def marks(self) -> bool:
        """Whether it is to be marked now who came."""
        return self.begun and self.row.case_state in MARKED

    @property
    def closes(self) -> bool:
        """Whether the clinic can still close it here."""
        return not (self.begun or self.row.decided_there or self.row.state == "closed")


class Doctor(Struct, frozen=True):
    """A practitioner's times of a day."""

    code: str
    name: str
    speciality: str
    room: str
    times: list[Time]


class ClinicDay(Struct, frozen=True, kw_only=True):
    """A clinic's day, with what does not depend on the day beside it."""

    clinic: ClinicRow
    day: date
    doctors: list[Doctor]
    waiting: list[tuple[WaitingRow, Patient | None]]
    missed: list[MissedRow]
    norms: list[Norm]

    @property
    def closable(self) -> bool:
        """Whether there is a time that can still be closed."""
        return any(time.closes for doctor in self.doctors for time in doctor.times)

    @property
    def decided_there(self) -> bool:
        """Whether the clinic's own system is the master of the day's times."""
        return any(time.row.decided_there for doctor in self.doctors for time in doctor.times)


async def clinics(connection: Connection, house: House, caller: Caller) -> Clinics:
    """Return the clinics: a department's own, of one operator or of all."""
    now = house.now()
    start, end = bounds(house, now.astimezone(house.zone).date())
    lines = await CLINIC_LINES.all(
        connection,
        caller.department_id,
        caller.operator_id,
        start,
        end,
        now,
        now - BACK,
        now + AHEAD,
    )
    seen = {line.code for line in lines}
    found = [each for each in await norms(connection, house, None) if each.clinic in seen]
    return Clinics(lines, sorted(found, key=lambda each: each.kept))


async def clinic_seen(connection: Connection, caller: Caller, code: str) -> ClinicRow:
    """Return a clinic of the caller's; raises NotFound for another department's, Forbidden."""
    clinic = await CLINIC.one(connection, code)
    try:
        check_owner(caller, clinic.department_id, clinic.operator_id)
    except NotOwner:
        raise NotFound from None
    return clinic


async def clinic_day(
    connection: Connection, house: House, caller: Caller, code: str, day: date, why: str | None
) -> ClinicDay:
    """Return a day of a clinic. `why` opens who the patients are, and is noted for each of them.

    Raises NotFound, Forbidden.
    """
    clinic = await clinic_seen(connection, caller, code)
    now = house.now()
    times = await DAY.all(connection, clinic.id, *bounds(house, day))
    waiting = await WAITING_AT.all(connection, clinic.id, ROWS)
    ids = [row.case_id for row in (*times, *waiting) if row.case_id is not None]
    if why is not None and ids:
        await note_reads(connection, house, caller, ids, why)
    return ClinicDay(
        clinic=clinic,
        day=day,
        doctors=_doctors(house, times, now, opened=why is not None),
        waiting=[(row, _patient(house, row, opened=why is not None)) for row in waiting],
        missed=await MISSED.all(connection, clinic.id, now - MISSED_BACK, now, ROWS),
        norms=await norms(connection, house, code),
    )


def bounds(house: House, day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day of the krai and that of the next."""
    start = datetime.combine(day, time.min, house.zone)
    return start, datetime.combine(day + timedelta(days=1), time.min, house.zone)


def _doctors(house: House, rows: Sequence[TimeRow], now: datetime, *, opened: bool) -> list[Doctor]:
    found: list[Doctor] = []
    for code, group in groupby(rows, key=lambda row: row.practitioner):
        times = [
            Time(row, _patient(house, row, opened=opened), row.starts_at <= now) for row in group
        ]
        first = times[0].row
        found.append(Doctor(code, first.name, first.speciality, first.room, times))
    return found


def _patient(house: House, row: TimeRow | WaitingRow, *, opened: bool) -> Patient | None:
    if not opened or row.personal is None or row.case_id is None:
        return None
    value = house.sealer.open_value(CASE_PLACE, row.case_id, row.personal, AppointmentPersonal)
    return Patient(value.name, value.birth_date, value.phone)
