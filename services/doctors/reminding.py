"""Reminders a day and two hours before, for who agreed to them: a consent of its own."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from schemas.forms import Consent, Form, Option
from services.cases.applying import Entry, write_events
from services.cases.holding import hold
from services.cases.telling import tell_resident
from services.communities.consents import current_document
from services.db.query import Connection, Query
from services.dialogs.world import Answers, Dialogue, World
from services.doctors.queries import SLOT
from services.doctors.wording import place_and_time
from services.house import House
from services.ports import Doorbell

NAME = "reminders"
AT_ONCE = 200
DAY, HOURS = timedelta(hours=24), timedelta(hours=2)
FRESH = timedelta(hours=1)
"""Who booked so shortly before a reminder knows already."""
AGREED = "Хорошо, напомним за день и за два часа до приёма."


class Due(Struct, frozen=True):
    """An appointment of which its patient is to be reminded, and how often that was done."""

    case_id: UUID
    slot_id: UUID
    starts_at: datetime
    reminded: int


# $1 now. The day before, then two hours before; what was missed meanwhile is not made up for.
TO_REMIND = Query(
    Due,
    """SELECT a.case_id, a.slot_id, a.starts_at,
        (CASE WHEN a.starts_at <= $1::timestamptz + $3::interval THEN 2 ELSE 1 END)::integer
            AS reminded
    FROM appointments a JOIN cases c ON c.id = a.case_id
    JOIN accounts r ON r.id = c.account_id AND r.writable
    WHERE a.active AND a.slot_id IS NOT NULL AND a.reminded < 2 AND a.starts_at > $1::timestamptz
        AND ((a.reminded < 1 AND a.starts_at <= $1::timestamptz + $2::interval
                AND c.created_at < a.starts_at - $2::interval - $4::interval)
            OR (a.starts_at <= $1::timestamptz + $3::interval
                AND c.created_at < a.starts_at - $3::interval - $4::interval))
        AND (SELECT k.action = 'given' FROM consents k
            JOIN consent_documents d ON d.id = k.document_id
            WHERE k.account_id = c.account_id AND d.operator_id = c.operator_id
                AND d.service = 'reminders'
            ORDER BY k.at DESC, k.id DESC LIMIT 1)
    ORDER BY a.starts_at LIMIT $5""",
)
REMINDED = Query(
    bool,
    """UPDATE appointments SET reminded = $2 WHERE case_id = $1 AND active AND reminded < $2
    RETURNING true""",
)

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
