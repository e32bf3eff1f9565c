"""How soon the state promises an appointment, beside when one can be had."""

from datetime import datetime, time, timedelta, tzinfo

from msgspec import Struct

from services.cases.calendar import add_working_days
from services.cases.wording import count
from services.db.query import Connection
from services.doctors.catalogue_queries import NORMS
from services.house import House

GENERAL = ("терапевт", "педиатр", "врач общей практики")
URGENT = ("онколог", "кардиолог")
GENERAL_HOURS, URGENT_DAYS, OTHER_DAYS = 24, 3, 14
"""The programme of state guarantees 2026–2028; days are working days."""


class Norm(Struct, frozen=True, kw_only=True):
    """How soon the state promises an appointment (programme of guarantees 2026–2028), and is it."""

    clinic: str
    speciality: str
    norm: str
    next_free_at: datetime | None
    kept: bool


async def norms(connection: Connection, house: House, clinic: str | None) -> list[Norm]:
    """Return, for each clinic and speciality, the next free slot against the promised wait."""
    now = house.now()
    found: list[Norm] = []
    for row in await NORMS.all(connection, now, clinic):
        words, limit = norm_of(row.speciality, now, house.zone)
        at = row.next_free_at
        found.append(
            Norm(
                clinic=row.clinic,
                speciality=row.speciality,
                norm=words,
                next_free_at=None if at is None else at.astimezone(house.zone),
                kept=at is not None and at <= limit,
            )
        )
    return found


def norm_of(speciality: str, now: datetime, zone: tzinfo) -> tuple[str, datetime]:
    """Return the promised wait in words and as the moment by which a slot must start."""
    if any(word in speciality for word in GENERAL):
        words = count(GENERAL_HOURS, "час", "часа", "часов")
        return words, now + timedelta(hours=GENERAL_HOURS)
    days = URGENT_DAYS if any(word in speciality for word in URGENT) else OTHER_DAYS
    day = add_working_days(now.astimezone(zone).date(), days)
    words = count(days, "рабочий день", "рабочих дня", "рабочих дней")
    return words, datetime.combine(day, time(23, 59, 59), zone)
