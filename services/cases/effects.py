"""What a move does besides: enrolments hold places, appointments have slots."""

from services.cases.shifting import Shift
from services.clubs.places import shift as shift_place
from services.db.query import Connection
from services.doctors.slots import shift as shift_slot


async def take_effect(connection: Connection, kind: str, shift: Shift) -> None:
    """Do what a move needs, before it; raises a Conflict where that cannot be."""
    if kind == "enrolment":
        await shift_place(connection, shift)
    elif kind == "appointment":
        await shift_slot(connection, shift)
