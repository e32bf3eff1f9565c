"""Agreeing with a clinic's own system: what it has is brought to what we want it to have.

What is wanted follows from the state of the case alone, so that whatever was lost, doubled or
killed on the way, the next look sets it right. After a call without an answer the system is asked,
never guessed at.
"""

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta

import asyncpg
import structlog

from services.backends.targets import CREDENTIAL
from services.cases.applying import Change, Moved, apply
from services.cases.holding import Held, hold
from services.cases.personal import CASE_PLACE, AppointmentPersonal
from services.cases.ringing import ring_for
from services.db.query import Connection
from services.deliveries.backoff import next_hand_off_try
from services.doctors.agreement_queries import (
    CLAIM_AGREEMENTS,
    MIS_OF,
    SETTLE_AGREEMENT,
    WANT_SLOT,
    WISH,
    Clinics,
    Due,
    Wish,
)
from services.doctors.appointment_queries import APPOINTMENT
from services.doctors.clinic_system import SLOT_TAKEN, Booked, ClinicSystem, Wanted
from services.doctors.errors import AppointmentRefused
from services.doctors.rescheduling import Asker, carry_over, tell
from services.doctors.slot_queries import SLOT
from services.doctors.slots import let_go
from services.house import House
from services.ports import BackendTarget, Doorbell, Verdict

log = structlog.get_logger()

AT_ONCE = 50
LEASE = timedelta(seconds=120)  # a case takes three calls of 15 s at most
LAST_WAIT = timedelta(hours=24)
NO_SYSTEM = Verdict(outcome="retry", code="no_backend")
LOST = Verdict(outcome="retry", code="no_answer")
GATEWAY = Asker("gateway")
NOT_AGREED = (
    "Поликлиника не подтвердила запись. Проверьте, пожалуйста, номер полиса и дату рождения "
    "или позвоните в регистратуру."
)
TOO_LATE = "Поликлиника не ответила до начала приёма. Позвоните, пожалуйста, в регистратуру."
GONE = "Поликлиника отменила это время. Выберите, пожалуйста, другое."
NOT_MOVED = "Перенести запись {number} не получилось: это время уже занято. Прежнее остаётся."


async def agree(
    pool: asyncpg.Pool, house: House, system: ClinicSystem, doorbell: Doorbell, seconds: float
) -> bool:
    """Speak of all cases that are due; return False if there was more than `seconds` allowed.

    No connection is held while a system is called.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        now = house.now()
        async with pool.acquire() as connection, connection.transaction():
            due = await CLAIM_AGREEMENTS.all(connection, now, AT_ONCE, now + LEASE)
            wishes = {row.case_id: await WISH.maybe(connection, row.case_id) for row in due}
            known = await MIS_OF.all(connection, [row.department_id for row in due])
        if not due:
            return True
        found = {row.department_id: target_of(house, row) for row in known}
        answers = await asyncio.gather(
            *(_bring(house, system, found, row, wishes[row.case_id]) for row in due)
        )
        moved: list[Moved] = []
        for row, answer in zip(due, answers, strict=True):
            async with pool.acquire() as connection, connection.transaction():
                done = await _settle(connection, house, row, wishes[row.case_id], answer)
            moved += [] if done is None else [done]
        await ring_for(doorbell, moved)
    return False


def target_of(house: House, row: Clinics) -> BackendTarget:
    """Return where a clinic's own system is, with what opens it."""
    secrets: tuple[str, ...] = ()
    if row.secret is not None:
        secrets = (house.sealer.open(CREDENTIAL, row.department_id, row.secret).decode(),)
    return BackendTarget(url=row.url, secrets=secrets)


async def _bring(
    house: House,
    system: ClinicSystem,
    found: Mapping[int, BackendTarget],
    row: Due,
    wish: Wish | None,
) -> Booked | Verdict | None:
    """Bring the system to what is wished; return what it has then, or why not.

    None: it has nothing of the case.
    """
    if wish is None:
        return None
    target = found.get(row.department_id)
    if target is None:
        return NO_SYSTEM
    there = await system.find(target, wish.number)
    if isinstance(there, Verdict):
        return there
    if wish.slot_id is None:
        if there is None:
            return None
        gone = await system.cancel(target, there)
        return None if gone.outcome == "sent" else gone
    if there is None:
        wanted = _wanted(house, row, wish)
        return LOST if wanted is None else await system.book(target, wanted)
    if wish.slot_there not in {None, there.slot}:
        return await system.move(target, there, str(wish.slot_there))
    return there


def _wanted(house: House, row: Due, wish: Wish) -> Wanted | None:
    """Return what to book; None where the slot is not known there, or the person is erased."""
    if wish.slot_there is None or wish.personal is None:
        return None
    person = house.sealer.open_value(CASE_PLACE, row.case_id, wish.personal, AppointmentPersonal)
    return Wanted(
        number=wish.number,
        slot=wish.slot_there,
        name=person.name,
        birth_date=person.birth_date,
        policy=person.policy,
        referral=person.referral,
    )


async def _settle(
    connection: Connection,
    house: House,
    row: Due,
    before: Wish | None,
    answer: Booked | Verdict | None,
) -> Moved | None:
    """Take the answer over, unless the case has moved on meanwhile: then it is asked anew."""
    held = await hold(connection, row.case_id)
    wish = await WISH.maybe(connection, row.case_id)
    now = house.now()
    same = (wish and (wish.state, wish.slot_id)) == (before and (before.state, before.slot_id))
    if not same:
        await SETTLE_AGREEMENT.run(connection, row.case_id, now, None, now)
        return None
    if isinstance(answer, Verdict):
        return await _not_agreed(connection, house, held, row, wish, answer)
    moved = None
    if wish is not None and isinstance(answer, Booked):
        moved = await _agreed(connection, house, held, wish)
    await SETTLE_AGREEMENT.run(connection, row.case_id, None, None, house.now())
    return moved


async def _agreed(connection: Connection, house: House, held: Held, wish: Wish) -> Moved | None:
    if held.case.state == "pending":
        change = Change(target="booked", rows=held.assignments, by="gateway")
        return await apply(connection, house, held, change)
    if not wish.moves or wish.slot_id is None:
        return None
    slot = await SLOT.one(connection, wish.slot_id)
    try:
        async with connection.transaction():
            return await carry_over(connection, house, held, slot, GATEWAY)
    except AppointmentRefused:
        return await _stay(connection, house, held, wish)


async def _not_agreed(
    connection: Connection,
    house: House,
    held: Held,
    row: Due,
    wish: Wish | None,
    verdict: Verdict,
) -> Moved | None:
    now = house.now()
    late = wish is not None and wish.starts_at is not None and wish.starts_at <= now
    if verdict.outcome == "retry" and not (late and held.case.state == "pending"):
        wait = next_hand_off_try(row.tries, random.random()) or LAST_WAIT  # noqa: S311 - jitter
        await SETTLE_AGREEMENT.run(connection, row.case_id, now + wait, verdict.code, now)
        log.info("clinic_did_not_answer", department=row.department_id, error=verdict.code)
        return None
    # Looked at once more: whatever the system has by then is taken back there.
    await SETTLE_AGREEMENT.run(connection, row.case_id, now, verdict.code, now)
    if wish is None or wish.slot_id is None:
        await SETTLE_AGREEMENT.run(connection, row.case_id, now + LAST_WAIT, verdict.code, now)
        return None
    if wish.moves:
        return await _stay(connection, house, held, wish)
    taken = verdict.code == SLOT_TAKEN or held.case.state != "pending"
    words = GONE if taken else NOT_AGREED
    change = Change(
        target="rebooking" if taken else "refused",
        rows=held.assignments,
        by="gateway",
        message=TOO_LATE if late else words,
        reason=None if taken else "other",
    )
    return await apply(connection, house, held, change)


async def _stay(connection: Connection, house: House, held: Held, wish: Wish) -> Moved:
    """Give the other time up; the present one stays, here and there."""
    row = await APPOINTMENT.one(connection, held.case.id)
    await let_go(connection, row, wish.slot_id, house.now())
    await WANT_SLOT.run(connection, held.case.id, None)
    words = NOT_MOVED.format(number=held.case.number)
    return await tell(connection, house, held, words, "reschedule_refused", GATEWAY)
