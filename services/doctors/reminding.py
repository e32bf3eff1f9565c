"""Reminders a day and two hours before, for who agreed to them: a consent of its own."""

from datetime import timedelta

import asyncpg

from schemas.forms import Consent, Form, Option
from services.cases.applying import Entry, write_events
from services.cases.holding import hold
from services.cases.telling import tell_resident
from services.communities.consents import current_document
from services.db.query import Connection
from services.dialogs.world import Answers, Dialogue, World
from services.doctors.appointment_queries import REMINDED, TO_REMIND, Due
from services.doctors.slot_queries import SLOT
from services.doctors.wording import place_and_time
from services.house import House
from services.ports import Doorbell

NAME = "reminders"
AT_ONCE = 200
DAY, HOURS = timedelta(hours=24), timedelta(hours=2)
FRESH = timedelta(hours=1)
"""Who booked so shortly before a reminder knows already."""
AGREED = "Хорошо, напомним за день и за два часа до приёма."


FORM = Form(
    NAME,
    1,
    "Напоминания",
    (Consent(key="consent", prompt="", again=AGREED, service="reminders", subject="self"),),
)


def _nothing(_: World, __: Answers, ___: str) -> tuple[Option, ...]:
    return ()


def _no_facts(_: World, __: Answers) -> dict[str, str]:
    return {}


REMINDERS_DIALOGUE = Dialogue(form=FORM, options=_nothing, facts=_no_facts, one_shot=True)


async def wants_asking(connection: Connection, world: World) -> bool:
    """Tell whether the resident has not agreed to reminders yet."""
    document = await current_document(connection, world.operator.id, "reminders", "self")
    return document.id not in world.consents


async def remind(pool: asyncpg.Pool, house: House, doorbell: Doorbell) -> int:
    """Write every reminder that is due, each once; return how many."""
    async with pool.acquire() as connection:
        due = await TO_REMIND.all(connection, house.now(), DAY, HOURS, FRESH, AT_ONCE)
    pages: set[int] = set()
    for row in due:
        async with pool.acquire() as connection, connection.transaction():
            page = await _remind(connection, house, row)
        pages |= set() if page is None else {page}
    for page in sorted(pages):
        await doorbell.ring("send", str(page))
    return len(due)


async def _remind(connection: Connection, house: House, row: Due) -> int | None:
    held = await hold(connection, row.case_id)
    if not await REMINDED.maybe(connection, row.case_id, row.reminded):
        return None
    slot = await SLOT.one(connection, row.slot_id)
    text = f"Напоминаем о приёме. Талон {held.case.number}\n{place_and_time(house.zone, slot)}"
    confirmed = held.case.state == "confirmed"
    deliveries = await tell_resident(
        connection,
        house,
        held,
        (text,),
        "reminder_confirmed" if confirmed else "reminder",
        useful_until=row.starts_at,
    )
    entry = Entry(type="reminded", by="gateway", delivery_id=deliveries[-1])
    await write_events(connection, house, held, entry)
    return held.case.community_id
