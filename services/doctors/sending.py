"""An appointment is sent: a slot is held when it is chosen, booked when it is confirmed."""

from uuid import UUID

from msgspec.structs import replace

from services.db.query import Connection
from services.dialogs.world import Answers, Done, Finish, Visitor, World
from services.doctors import texts
from services.doctors.appointment_queries import PLACE
from services.doctors.booking import book, hold_slot
from services.doctors.catalogue_queries import CLINICS, PRACTITIONERS
from services.doctors.choosing import Plan, chosen, patient, speciality
from services.doctors.errors import AppointmentRefused
from services.doctors.form import ANY, NAME, SELF, WAIT
from services.doctors.patients import Patient, Who
from services.doctors.reminding import NAME as REMINDERS
from services.doctors.reminding import wants_asking
from services.doctors.slot_queries import OPEN_SLOTS
from services.doctors.waiting import Wished, wait_for
from services.doctors.wording import ticket
from services.house import House
from services.residents.children import children_of, keep_child

SHOWN_SLOTS = 2000
"""Read for a municipality: more days than anybody pages through."""
AGAIN = "Введённое сохранилось: выберите, пожалуйста, другое время."
CHOICES = ("day", "time", "wait", "review")


async def load_plan(
    connection: Connection, house: House, visitor: Visitor | None, world: World
) -> Plan:
    """Read who practises where, what the public may book, and whom the resident has named."""
    place = world.community.municipality
    account_id = None if visitor is None else visitor.account_id
    slots = await OPEN_SLOTS.all(connection, world.now, account_id, place, SHOWN_SLOTS)
    clinics = {
        row.code: row
        for row in await CLINICS.all(connection)
        if row.active and _near(row.municipality, place)
    }
    people = {}
    if visitor is not None:
        people = await children_of(connection, house, visitor.account_id)
    rows = await PRACTITIONERS.all(connection, None)
    return Plan(tuple(rows), clinics, tuple(slots), people)


async def hold_choice(
    connection: Connection, _: House, visitor: Visitor, world: World, code: str
) -> str | None:
    """Hold the time that was chosen; return what is said where it is gone, else None."""
    held = await hold_slot(connection, UUID(code), visitor.account_id, world.now)
    return texts.TAKEN if held is None else None


async def send_appointment(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """Book in the caller's transaction; a time that went meanwhile leads back to the times."""
    known = await load_plan(connection, house, visitor, world)
    seen = replace(world, loaded={**(world.loaded or {}), NAME: known})
    answers = finish.answers
    one, slot = patient(seen, answers), chosen(seen, answers)
    if one is None or (slot is None and answers.get("wait") != WAIT):
        return _again(answers, texts.TAKEN)
    who = Who(
        operator_id=world.operator.id,
        account_id=visitor.account_id,
        community_id=world.community.id,
    )
    person = Patient(
        name=one.name,
        birth_date=one.birth_date,
        policy=answers["policy"],
        referral=answers.get("referral"),
        adult=answers["who"] == SELF,
    )
    try:
        async with connection.transaction():
            if slot is None:
                filed = await wait_for(connection, house, who, person, _wished(seen, answers))
            else:
                filed = await book(connection, house, who, person, slot.id)
    except AppointmentRefused as refusal:
        return _again(answers, refusal.message)
    await keep_child(connection, house, visitor.account_id, world.operator.id, one, world.now)
    if filed.state == "review":
        return Done(texts.CHECKED.format(number=filed.number), filed.number)
    if slot is None:
        place = await PLACE.maybe(connection, filed.id)
        return Done(texts.WAITING.format(number=filed.number, place=place), filed.number)
    asks = await wants_asking(connection, world)
    lead = texts.PENDING if filed.state == "pending" else "Вы записаны."
    told = ticket(house.zone, slot, filed.number, lead)
    return Done(told, filed.number, begin=REMINDERS if asks else "")


def _wished(world: World, answers: Answers) -> Wished:
    known: Plan = world.read(NAME)
    doctor = answers.get("doctor")
    row = next((each for each in known.practitioners if each.code == doctor), None)
    return Wished(
        clinic=known.clinics[str(answers["clinic"])],
        speciality=str(speciality(world, answers)),
        practitioner_id=None if row is None or doctor == ANY else row.id,
    )


def _again(answers: Answers, why: str) -> Done:
    kept = {key: value for key, value in answers.items() if key not in CHOICES}
    return Done(f"{why} {AGAIN}", begin=NAME, answers=kept)


def _near(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one[:8] == other[:8]
