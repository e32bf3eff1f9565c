"""What a move does besides: enrolments hold places, appointments have slots."""

from services.cases.shifting import Shift
from services.clubs.places import shift as shift_place
from services.db.query import Connection
from services.doctors.slots import shift as shift_slot
from services.doctors.wording import place_and_time
from services.house import House


async def take_effect(connection: Connection, house: House, kind: str, shift: Shift) -> str:
    """Do what a move needs, before it; return what else the resident should read of it.

    Raises a Conflict where the move cannot be.
    """
    if kind == "enrolment":
        await shift_place(connection, shift)
    elif kind == "appointment":
        slot = await shift_slot(connection, shift)
        return "" if slot is None else place_and_time(house.zone, slot)
    return ""
