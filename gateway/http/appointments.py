"""Appointments and the waiting list over REST: what comes by phone, another time, the ticket."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from gateway.dependencies import Db, InHouse, Who
from gateway.documentation import reads
from gateway.http.calls import CONFIDENTIAL, Calling, answers
from gateway.security import OWNERS, READERS
from services.cases.applying import Moved
from services.cases.holding import Held, acting
from services.cases.reading import show_case
from services.doctors.appointment_queries import APPOINTMENT
from services.doctors.entering import (
    AppointmentBody,
    WaitingBody,
    enter_appointment,
    enter_waiting,
)
from services.doctors.rescheduling import reschedule
from services.doctors.slot_queries import SLOT
from services.doctors.wording import calendar_file
from services.errors import FieldError, InvalidRequest, NotFound
from services.idempotency import Reply

MADE = answers(201)


class RescheduleBody(Struct, frozen=True):
    """The other time."""

    slot: UUID


@post("/appointments", guards=[OWNERS], opt=reads(AppointmentBody), status_code=201, responses=MADE)
async def make_appointment(call: Calling) -> Response[Any]:
    """Enter an appointment that came by phone."""

    async def act() -> Reply:
        wish = call.read(AppointmentBody)
        filed = await enter_appointment(call.connection, call.house, call.caller, wish)
        return await call.case(filed.id, 201)

    return await call.make(act, "hand_off")


@post("/waiting", guards=[OWNERS], opt=reads(WaitingBody), status_code=201, responses=MADE)
async def make_wish(call: Calling) -> Response[Any]:
    """Put somebody on the waiting list who phoned."""

    async def act() -> Reply:
        wish = call.read(WaitingBody)
        filed = await enter_waiting(call.connection, call.house, call.caller, wish)
        return await call.case(filed.id, 201)

    return await call.make(act, "hand_off")


@post(
    "/cases/{case_id:uuid}/reschedule",
    guards=[OWNERS],
    opt=reads(RescheduleBody),
    status_code=200,
    responses=answers(200),
)
async def move_appointment(call: Calling, case_id: FromPath[UUID]) -> Response[Any]:
    """Move an appointment to another time; a 409 keeps the old one."""

    async def act(held: Held) -> Moved:
        slot_id = call.read(RescheduleBody).slot
        caller = call.caller
        held.check_seen(call.if_match, caller, acting(held, caller), None)
        if await SLOT.maybe(call.connection, slot_id) is None:
            raise InvalidRequest(FieldError("slot", "There is no such slot."))
        return await reschedule(
            call.connection,
            call.house,
            held,
            slot_id,
            caller.by,
            caller.actor,
            caller.department_id,
        )

    return await call.change(case_id, act)


@get("/cases/{case_id:uuid}/ticket.ics", guards=[READERS])
async def show_ticket(
    connection: Db, caller: Who, house: InHouse, case_id: FromPath[UUID]
) -> Response[bytes]:
    """Give the ticket as a calendar file; nothing of the patient stands in it."""
    case = await show_case(connection, house, caller, case_id)
    if case.kind != "appointment":
        raise NotFound
    row = await APPOINTMENT.one(connection, case_id)
    if row.slot_id is None:
        raise NotFound("This appointment has no time.")
    slot = await SLOT.one(connection, row.slot_id)
    body = calendar_file(slot, case.number, house.now())
    headers = {**CONFIDENTIAL, "Content-Disposition": f'attachment; filename="{case.number}.ics"'}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


HANDLERS = [make_appointment, make_wish, move_appointment, show_ticket]
