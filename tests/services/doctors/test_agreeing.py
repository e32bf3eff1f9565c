"""A clinic whose own system decides: what it has and what we have come to be the same."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.demo.department.mis import CREDENTIAL, Mis
from integrations.mis.backend import MisBackend
from integrations.outbound.client import Answer, TryAgain
from services.backends.targets import CREDENTIAL as PLACE
from services.cases.holding import hold
from services.cases.moving import resident_move
from services.dialogs.world import Finish, Visitor
from services.doctors.agreeing import agree
from services.doctors.errors import AppointmentRefused
from services.doctors.mirroring import mirror
from services.doctors.offering import sweep_slots
from services.doctors.rescheduling import choose, reschedule
from services.errors import TransitionNotAllowed
from services.residents.case_acts import MOVE_ASKED, act
from tests.services.dialogs.conftest import world_with
from tests.services.doctors.conftest import Clinic
from tests.services.hands import NOON, Bell

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Wire:
    """Leads to the system as the network would; what it is slow about is a time-out."""

    def __init__(self, mis: Mis) -> None:
        self.mis = mis

    async def request(
        self, method: str, url: str, body: bytes, headers: Any, _at_most: int = 0
    ) -> Answer:
        parts = urlsplit(url)
        given = {name.lower(): value for name, value in headers.items()}
        heard = self.mis.handle(method, f"{parts.path}?{parts.query}", given, body)
        if heard.delay:
            raise TryAgain("timeout")
        return Answer(heard.status, None, msgspec.json.encode(heard.body) if heard.body else b"")


class Krai:
    """A clinic with a system of its own, and what residents do there."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.mis = Mis(NOON)
        self.system = MisBackend(Wire(self.mis))  # pyright: ignore[reportArgumentType]

    async def agree(self, after: timedelta = timedelta(0)) -> None:
        self.clinic.clock.at += after
        assert await agree(self.clinic.pool, self.clinic.house, self.system, Bell(), 30)

    async def mirror(self) -> None:
        self.clinic.clock.at += 2 * MINUTE
        await mirror(self.clinic.pool, self.clinic.house, self.system)
        await sweep_slots(self.clinic.pool, self.clinic.house, Bell())

    async def times(self, *, free: bool = True) -> list[UUID]:
        rows = await self.clinic.pool.fetch(
            """SELECT id FROM slots WHERE (state = 'free') = $1 AND starts_at > $2
            ORDER BY starts_at, id LIMIT 40""",
            free,
            self.clinic.clock.at + 2 * HOUR,
        )
        return [row["id"] for row in rows]

    async def there(self, slot: UUID) -> str:
        return await self.clinic.pool.fetchval("SELECT external_id FROM slots WHERE id = $1", slot)

    async def booked(self) -> tuple[UUID, UUID]:
        """Book the first free time and let the clinic agree; return case and slot."""
        slot = (await self.times())[0]
        case = (await self.clinic.book(slot)).id
        await self.agree()
        assert await self.clinic.state(case) == "booked"
        return case, slot

    async def resident(self, case_id: UUID, to: str, slot: UUID | None = None) -> None:
        house = self.clinic.house
        async with self.clinic.pool.acquire() as connection, connection.transaction():
            if to == "move" and slot is not None:
                held = await hold(connection, case_id)
                await reschedule(connection, house, held, slot, "resident")
            elif slot is None:
                await resident_move(connection, house, case_id, to)
            else:
                await choose(connection, house, case_id, to, slot)

    async def same(self) -> None:
        """Hold both sides against each other: cases that count, and what the system has."""
        rows = await self.clinic.pool.fetch(
            """SELECT c.number, s.external_id FROM cases c
            JOIN appointments a ON a.case_id = c.id LEFT JOIN slots s ON s.id = a.slot_id
            WHERE c.state IN ('pending', 'booked', 'confirmed')"""
        )
        here = {row["number"]: row["external_id"] for row in rows}
        assert {each.number: each.slot for each in self.mis.appointments.values()} == here
        taken = {slot.number: slot.id for slot in self.mis.slots.values() if slot.number}
        assert taken == here
        lost = await self.clinic.pool.fetchval(
            """SELECT count(*) FROM slots s WHERE s.case_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM appointments a
                    WHERE a.case_id = s.case_id AND s.id IN (a.slot_id, a.wanted_slot_id))"""
        )
        assert lost == 0


@pytest.fixture
async def krai(clinic: Clinic) -> Krai:
    sealed = clinic.house.sealer.seal(PLACE, 1, CREDENTIAL.encode())
    await clinic.pool.execute(
        """INSERT INTO backends (department_id, type, url, description, secret)
        VALUES (1, 'mis', 'http://mis.test', '{}', $1)""",
        sealed,
    )
    await clinic.pool.execute(
        """INSERT INTO practitioners (code, clinic_id, name, speciality)
        VALUES ('mis-therapist', 1, 'Ким Ю. А.', 'терапевт')"""
    )
    krai = Krai(clinic)
    await krai.mirror()
    return krai


async def messages(krai: Krai, case_id: UUID) -> int:
    return await krai.clinic.pool.fetchval(
        "SELECT count(*) FROM deliveries WHERE case_id = $1 AND kind = 'message'", case_id
    )


async def test_a_booking_is_sure_only_when_the_clinic_has_said_so(krai: Krai) -> None:
    slot = (await krai.times())[0]
    case = (await krai.clinic.book(slot)).id
    assert (await krai.clinic.state(case), await messages(krai, case)) == ("pending", 0)
    await krai.agree()
    assert (await krai.clinic.state(case), await messages(krai, case)) == ("booked", 1)
    await krai.same()


@pytest.mark.parametrize("habit", ["late", "hang", "error"])
async def test_a_time_out_is_resolved_by_asking(krai: Krai, habit: Any) -> None:
    """Whether it had been heard or not, there is one appointment in the end."""
    slot = (await krai.times())[0]
    case = (await krai.clinic.book(slot)).id
    krai.mis.habit = habit
    await krai.agree()
    assert await krai.clinic.state(case) == "pending"
    assert len(krai.mis.appointments) == (habit == "late")
    krai.mis.habit = "ok"
    await krai.agree(MINUTE)
    assert await krai.clinic.state(case) == "booked"
    await krai.same()


async def test_a_time_that_went_elsewhere_leads_back_to_the_times(krai: Krai) -> None:
    first, second = (await krai.times())[:2]
    case = (await krai.clinic.book(first)).id
    krai.mis.take(await krai.there(first))
    await krai.agree()
    assert await krai.clinic.state(case) == "rebooking"
    assert await krai.clinic.slot_state(first) == "closed"
    await krai.resident(case, "booked", second)
    assert await krai.clinic.state(case) == "pending"
    await krai.agree()
    assert await krai.clinic.state(case) == "booked"
    await krai.same()


async def test_a_patient_whom_the_clinic_does_not_know_is_refused(krai: Krai) -> None:
    slot = (await krai.times())[0]
    case = (await krai.clinic.book(slot)).id
    krai.mis.habit = "refuse"
    await krai.agree()
    assert await krai.clinic.state(case) == "refused"
    await krai.mirror()
    assert await krai.clinic.slot_state(slot) == "free"
    await krai.same()


async def test_what_is_cancelled_is_free_when_the_clinic_has_heard_of_it(krai: Krai) -> None:
    case, slot = await krai.booked()
    krai.mis.habit = "error"
    await krai.resident(case, "cancelled")
    await krai.agree()
    await krai.mirror()
    assert await krai.clinic.slot_state(slot) == "closed"
    krai.mis.habit = "ok"
    await krai.agree(HOUR)
    await krai.mirror()
    assert await krai.clinic.slot_state(slot) == "free"
    await krai.same()


async def test_the_old_time_stays_until_the_new_one_is_sure(krai: Krai) -> None:
    case, slot = await krai.booked()
    other = (await krai.times())[0]
    await krai.resident(case, "move", other)
    appointment = "SELECT slot_id FROM appointments WHERE case_id = $1"
    assert await krai.clinic.pool.fetchval(appointment, case) == slot
    with pytest.raises(AppointmentRefused):
        await krai.clinic.book(other)
    await krai.resident(case, "confirmed")  # «Приду» does not forget the wish
    await krai.agree()
    assert await krai.clinic.pool.fetchval(appointment, case) == other
    await krai.same()


async def test_a_time_that_the_clinic_refuses_leaves_the_old_one(krai: Krai) -> None:
    case, slot = await krai.booked()
    other = (await krai.times())[0]
    await krai.resident(case, "move", other)
    krai.mis.take(await krai.there(other))
    await krai.agree()
    row = await krai.clinic.pool.fetchrow(
        "SELECT slot_id, wanted_slot_id FROM appointments WHERE case_id = $1", case
    )
    assert row is not None
    assert tuple(row) == (slot, None)
    assert await krai.clinic.state(case) == "booked"
    await krai.same()


async def test_slots_are_the_clinic_s(krai: Krai) -> None:
    """What it gives away or takes back is closed here; who had it chooses again."""
    case, slot = await krai.booked()
    elsewhere, gone = (await krai.times())[:2]
    krai.mis.take(await krai.there(elsewhere))
    krai.mis.drop(await krai.there(gone))
    krai.mis.drop(await krai.there(slot))
    await krai.mirror()
    await krai.agree()
    for each in (elsewhere, gone, slot):
        assert await krai.clinic.slot_state(each) == "closed"
    assert await krai.clinic.state(case) == "rebooking"
    await krai.same()


async def test_who_is_never_answered_is_told_when_the_time_comes(krai: Krai) -> None:
    slot = (await krai.times())[0]
    case = (await krai.clinic.book(slot)).id
    krai.mis.habit = "late"
    await krai.agree()
    krai.mis.habit = "error"
    await krai.agree(timedelta(days=2))
    assert await krai.clinic.state(case) == "refused"
    krai.mis.habit = "ok"
    await krai.agree(timedelta(days=2))
    await krai.same()


async def test_nobody_else_says_what_the_clinic_decides(krai: Krai) -> None:
    """`pending` is for such clinics, and from it only its system leads on."""
    slot = (await krai.times())[0]
    case = (await krai.clinic.book(slot)).id
    with pytest.raises(TransitionNotAllowed):
        await krai.resident(case, "confirmed")
    with pytest.raises(TransitionNotAllowed):
        await krai.resident(case, "move", (await krai.times())[0])


STEPS = st.tuples(
    st.sampled_from(["book", "cancel", "move", "rechoose", "agree", "mirror", "take", "drop"]),
    st.integers(0, 7),
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(STEPS, max_size=25),
    habits=st.lists(st.sampled_from(["ok", "ok", "late", "hang", "error", "refuse"]), max_size=12),
)
async def test_whatever_happens_both_sides_agree_in_the_end(
    krai: Krai, steps: list[tuple[str, int]], habits: list[Any]
) -> None:
    cases: list[UUID] = []
    moods = iter(habits)
    for what, number in steps:
        krai.mis.habit = next(moods, "ok")
        await _step(krai, cases, what, number)
    krai.mis.habit = "ok"
    for _ in range(3):
        await krai.mirror()
        await krai.agree(timedelta(hours=25))
    await krai.same()


async def _step(krai: Krai, cases: list[UUID], what: str, number: int) -> None:
    times = await krai.times()
    slot = times[number % len(times)] if times else None
    case = cases[number % len(cases)] if cases else None
    try:
        if what == "book" and slot is not None:
            cases.append((await krai.clinic.book(slot)).id)
        elif what == "cancel" and case is not None:
            await krai.resident(case, "cancelled")
        elif what == "move" and case is not None and slot is not None:
            await krai.resident(case, "move", slot)
        elif what == "rechoose" and case is not None and slot is not None:
            await krai.resident(case, "booked", slot)
        elif what == "agree":
            await krai.agree(MINUTE)
        elif what == "mirror":
            await krai.mirror()
        elif what in {"take", "drop"} and slot is not None:
            getattr(krai.mis, what)(await krai.there(slot))
    except (AppointmentRefused, TransitionNotAllowed):
        return  # as a resident would hear
    except KeyError:
        return  # the slot is gone there, which the copy does not show yet


async def test_the_chat_promises_nothing_that_the_clinic_has_not_said(krai: Krai) -> None:
    """In «Мои заявки»: another time is asked for, a chosen one is waited for."""
    account = await krai.clinic.resident()
    first, second, third = (await krai.times())[:3]
    case = (await krai.clinic.book(first, account=account)).id
    await krai.agree()
    told = await _act(krai, account, case, {"action": "move", "slot": str(second)})
    assert told == MOVE_ASKED
    await krai.agree()
    krai.mis.drop(await krai.there(second))
    await krai.mirror()
    await krai.agree()
    assert await krai.clinic.state(case) == "rebooking"
    told = await _act(krai, account, case, {"action": "choose", "slot": str(third)})
    assert told.startswith("Ждём ответа поликлиники")


async def _act(krai: Krai, account: UUID, case: UUID, answers: dict[str, str]) -> str:
    house = krai.clinic.house
    visitor = Visitor(account_id=account, dialog_id=account, event_id="e")
    finish = Finish("cases", {"case": str(case), **answers}, 0)
    world = world_with(now=krai.clinic.clock.at)
    async with krai.clinic.pool.acquire() as connection, connection.transaction():
        return (await act(connection, house, visitor, world, finish)).text
