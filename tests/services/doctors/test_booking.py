"""No slot is booked twice, no patient has two; what is freed goes to the line first."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.cases import MoveRequest
from services.cases.holding import hold, hold_for
from services.cases.moving import move, resident_move
from services.doctors.booking import book, hold_slot
from services.doctors.closing import close_slots
from services.doctors.errors import AppointmentRefused
from services.doctors.offering import end_visits, sweep_slots
from services.doctors.patients import Who
from services.doctors.rescheduling import choose, reschedule
from services.errors import ServiceError
from tests.services.doctors.conftest import CLINIC_KEY, Clinic
from tests.services.hands import Bell


async def registry(clinic: Clinic, case_id: UUID, to: str, **fields: Any) -> None:
    async with clinic.pool.acquire() as connection, connection.transaction():
        held = await hold_for(connection, CLINIC_KEY, case_id)
        row = held.of(1)
        assert row is not None
        wish = MoveRequest(to=to, message="Так", reason="other", **fields)
        await move(connection, clinic.house, CLINIC_KEY, held, wish, f'"{row.version}"')


async def resident(clinic: Clinic, case_id: UUID, to: str, slot: UUID | None = None) -> None:
    async with clinic.pool.acquire() as connection, connection.transaction():
        if slot is None:
            await resident_move(connection, clinic.house, case_id, to)
        else:
            await choose(connection, clinic.house, case_id, to, slot)


async def another_time(clinic: Clinic, case_id: UUID, slot: UUID) -> None:
    async with clinic.pool.acquire() as connection, connection.transaction():
        held = await hold(connection, case_id)
        await reschedule(connection, clinic.house, held, slot, "resident")


async def sweep(clinic: Clinic) -> None:
    await sweep_slots(clinic.pool, clinic.house, Bell())


async def refused(doing: Any) -> str:
    with pytest.raises(AppointmentRefused) as refusal:
        await doing
    return refusal.value.code


async def test_a_rush_books_each_slot_once(clinic: Clinic) -> None:
    """Two hundred at once on ten slots: ten have one, the rest are told."""
    slots = [await clinic.slot(timedelta(days=1, minutes=15 * number)) for number in range(10)]

    async def come(number: int) -> str:
        try:
            return (await clinic.book(slots[number % 10])).state
        except AppointmentRefused as error:
            return error.code

    found = Counter(await asyncio.gather(*(come(number) for number in range(200))))
    assert found == {"booked": 10, "slot_taken": 190}
    await clinic.check()


async def test_one_patient_one_appointment_of_a_speciality(clinic: Clinic) -> None:
    """Nor two at overlapping times; at another time to another doctor is fine."""
    account, patient = await clinic.resident(), clinic.patient()
    await clinic.book(await clinic.slot(), patient, account)
    same = await clinic.slot(timedelta(days=2), doctor=2)
    assert await refused(clinic.book(same, patient, account)) == "same_speciality"
    across = await clinic.slot(timedelta(days=1, minutes=10), doctor=3)
    assert await refused(clinic.book(across, patient, account)) == "overlapping"
    later = await clinic.slot(timedelta(days=3), doctor=3)
    assert (await clinic.book(later, patient, account)).state == "booked"
    await clinic.check()


async def test_the_same_patient_twice_at_once_is_booked_once(clinic: Clinic) -> None:
    account, patient = await clinic.resident(), clinic.patient()
    slots = [await clinic.slot(timedelta(days=number + 1)) for number in range(6)]

    async def come(slot: UUID) -> str:
        try:
            return (await clinic.book(slot, patient, account)).state
        except AppointmentRefused as error:
            return error.code

    found = Counter(await asyncio.gather(*(come(slot) for slot in slots)))
    assert found["booked"] == 1
    assert set(found) == {"booked", "same_speciality"}
    await clinic.check()


async def test_a_past_appointment_stands_in_nobodys_way(clinic: Clinic) -> None:
    account, patient = await clinic.resident(), clinic.patient()
    await clinic.book(await clinic.slot(), patient, account)
    clinic.clock.at += timedelta(days=1, hours=1)
    assert (await clinic.book(await clinic.slot(), patient, account)).state == "booked"


async def test_a_clash_with_somebody_else_says_nothing(clinic: Clinic) -> None:
    """Review, no slot taken; whoever asks does not learn that the patient is booked."""
    patient = clinic.patient()
    await clinic.book(await clinic.slot(), patient)
    other = await clinic.slot(timedelta(days=2))
    asked = await clinic.book(other, patient)
    assert asked.state == "review"
    assert await clinic.slot_state(other) == "free"
    await registry(clinic, asked.id, "refused")
    stranger = await clinic.resident()
    for _ in range(5):
        assert (await clinic.book(other, patient, stranger)).state == "review"
    assert await refused(clinic.book(other, patient, stranger)) == "too_many_tries"
    await clinic.check()


async def test_a_hold_keeps_others_away_and_ends(clinic: Clinic) -> None:
    """One hold a resident; a second choice lets the first go."""
    first, second = await clinic.slot(), await clinic.slot(timedelta(days=2))
    mine, other = await clinic.resident(), await clinic.resident()
    async with clinic.pool.acquire() as connection:
        assert await hold_slot(connection, first, mine, clinic.clock.now())
        assert await hold_slot(connection, first, other, clinic.clock.now()) is None
        assert await hold_slot(connection, second, mine, clinic.clock.now())
        assert await hold_slot(connection, first, other, clinic.clock.now())
    assert await refused(clinic.book(first, account=mine)) == "slot_taken"
    clinic.clock.at += timedelta(seconds=301)
    assert (await clinic.book(first, account=mine)).state == "booked"
    await sweep(clinic)
    assert await clinic.slot_state(second) == "free"


async def test_cancelling_until_the_clinics_limit(clinic: Clinic) -> None:
    filed = await clinic.book(slot := await clinic.slot())
    late = await clinic.book(await clinic.slot(timedelta(minutes=50)))
    assert await refused(resident(clinic, late.id, "cancelled")) == "too_late_to_cancel"
    await registry(clinic, late.id, "cancelled")
    await resident(clinic, filed.id, "cancelled")
    assert await clinic.slot_state(slot) == "unreleased"
    await sweep(clinic)
    assert await clinic.slot_state(slot) == "free"
    await clinic.check()


async def test_another_time_in_one_step(clinic: Clinic) -> None:
    """A time that is taken keeps the old one; a free one lets it go."""
    filed = await clinic.book(first := await clinic.slot())
    await clinic.book(second := await clinic.slot(timedelta(days=2)))
    third = await clinic.slot(timedelta(days=3), doctor=2)
    assert await refused(another_time(clinic, filed.id, second)) == "slot_taken"
    assert await clinic.slot_state(first) == "booked"
    await another_time(clinic, filed.id, third)
    assert await clinic.slot_state(third) == "booked"
    assert await clinic.slot_state(first) == "unreleased"
    elsewhere = await clinic.slot(timedelta(days=3), doctor=3)
    assert await refused(another_time(clinic, filed.id, elsewhere)) == "slot_taken"
    await clinic.check()


async def test_the_line_comes_before_the_public(clinic: Clinic) -> None:
    """In its order, by wishes; declined or expired it goes on; then everybody sees it."""
    picky = await clinic.wait(days=(7,))
    first, second = await clinic.wait(), await clinic.wait(practitioner_id=1)
    slot = await clinic.slot(state="unreleased")
    await sweep(clinic)
    assert await clinic.state(first.id) == "offered"
    assert await clinic.state(picky.id) == "waitlisted"
    assert await refused(clinic.book(slot)) == "slot_taken"
    await resident(clinic, first.id, "declined")
    await sweep(clinic)
    assert await clinic.state(second.id) == "offered"
    clinic.clock.at += timedelta(minutes=121)
    await sweep(clinic)
    assert await clinic.state(second.id) == "expired"
    await sweep(clinic)
    assert await clinic.slot_state(slot) == "free"
    await clinic.check()


async def test_an_offer_is_taken(clinic: Clinic) -> None:
    waits = await clinic.wait()
    slot = await clinic.slot(state="unreleased")
    await sweep(clinic)
    await resident(clinic, waits.id, "booked")
    assert await clinic.state(waits.id) == "booked"
    assert await clinic.slot_state(slot) == "booked"
    await clinic.check()


async def test_at_night_nobody_is_woken(clinic: Clinic) -> None:
    waits = await clinic.wait()
    clinic.clock.at += timedelta(hours=10)  # 22:00 in the krai
    slot = await clinic.slot(timedelta(days=1), state="unreleased")
    await sweep(clinic)
    assert await clinic.state(waits.id) == "waitlisted"
    assert await clinic.slot_state(slot) == "unreleased"
    clinic.clock.at += timedelta(hours=10, minutes=1)
    await sweep(clinic)
    assert await clinic.state(waits.id) == "offered"


async def test_a_sick_doctor_rebooks_everybody(clinic: Clinic) -> None:
    """Who had a time chooses another; who was offered one keeps the place in the line."""
    booked = await clinic.book(first := await clinic.slot())
    waits = await clinic.wait()
    second = await clinic.slot(timedelta(days=2), state="unreleased")
    await sweep(clinic)
    await close_slots(clinic.pool, clinic.house, [first, second], "Врач заболел.")
    assert await clinic.state(booked.id) == "rebooking"
    assert await clinic.state(waits.id) == "waitlisted"
    assert await clinic.slot_state(first) == "closed"
    other = await clinic.slot(timedelta(days=3))
    await resident(clinic, booked.id, "booked", other)
    assert await clinic.slot_state(other) == "booked"
    await clinic.check()


async def test_no_shows_are_counted_in_the_open(clinic: Clinic) -> None:
    """Disputed once, within 14 days; a limit restricts adults in the chat alone."""
    account, patient = await clinic.resident(), clinic.patient()
    visits = []
    for _ in range(2):
        filed = await clinic.book(await clinic.slot(), patient, account)
        clinic.clock.at += timedelta(days=1, hours=1)
        await registry(clinic, filed.id, "no_show")
        visits.append(filed.id)
    slot = await clinic.slot()
    assert await refused(clinic.book(slot, patient, account)) == "no_show_limit"
    await resident(clinic, visits[-1], "disputed")
    assert (await clinic.book(slot, patient, account)).state == "booked"
    await registry(clinic, visits[-1], "no_show")
    assert await refused(resident(clinic, visits[-1], "disputed")) == "dispute_over"
    child = clinic.patient(adult=False)
    assert (await clinic.book(await clinic.slot(timedelta(days=2)), child)).state == "booked"


async def test_what_the_clinic_forgets_lapses(clinic: Clinic) -> None:
    filed = await clinic.book(await clinic.slot())
    clinic.clock.at += timedelta(days=4, hours=1)
    await end_visits(clinic.pool, clinic.house)
    assert await clinic.state(filed.id) == "lapsed"
    await registry(clinic, filed.id, "attended")
    assert await clinic.state(filed.id) == "attended"


async def test_a_referral_where_it_is_needed(clinic: Clinic) -> None:
    slot = await clinic.slot(doctor=4)
    assert await refused(clinic.book(slot)) == "referral_required"
    assert (await clinic.book(slot, clinic.patient(referral="27-1"))).state == "booked"


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["book", "wait", "slot", "hold", "cancelled", "confirmed", "booked", "declined",
             "withdrawn", "close", "again", "registry", "attended", "no_show", "sweep", "pass"]
        ),
        st.integers(0, 1000),
        st.integers(0, 5),
    ),
    min_size=5,
    max_size=40,
)  # fmt: skip


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=DEEDS)
async def test_whatever_happens_slots_and_appointments_agree(
    clinic: Clinic, deeds: list[tuple[str, int, int]]
) -> None:
    """Publish, hold, expire, book, reschedule, cancel, close, offer, accept, decline."""
    accounts = [await clinic.resident() for _ in range(3)]
    patients = [clinic.patient() for _ in range(3)]
    slots: list[UUID] = []
    cases: list[UUID] = []
    for deed, chance, number in deeds:
        slot = slots[chance % len(slots)] if slots else None
        case = cases[chance % len(cases)] if cases else None
        account, patient = accounts[number % 3], patients[chance % 3]
        try:
            if deed == "slot" or slot is None:
                ahead = timedelta(hours=1 + number * 9, milliseconds=chance)
                slots.append(await clinic.slot(ahead, "unreleased", 1 + chance % 3))
            elif deed == "book":
                cases.append((await clinic.book(slot, patient, account)).id)
            elif deed == "wait":
                cases.append((await clinic.wait(account)).id)
            elif deed == "pass":
                clinic.clock.at += timedelta(hours=number * 3)
            else:
                await happen(clinic, deed, slot, case, account if number % 2 else None)
        except ServiceError:
            pass
        await clinic.check()


async def happen(
    clinic: Clinic, deed: str, slot: UUID, case: UUID | None, account: UUID | None
) -> None:
    """Let something happen to a slot, or to a case if there is one."""
    if deed == "hold" and account is not None:
        async with clinic.pool.acquire() as connection:
            await hold_slot(connection, slot, account, clinic.clock.now())
    elif deed == "close":
        await close_slots(clinic.pool, clinic.house, [slot], "Закрыто.")
    elif deed == "sweep":
        await sweep(clinic)
    elif case is None:
        return
    elif deed == "again":
        await another_time(clinic, case, slot)
    elif deed == "booked":
        await resident(clinic, case, "booked", None if account is None else slot)
    elif deed in {"registry", "attended", "no_show"}:
        await registry(clinic, case, "cancelled" if deed == "registry" else deed)
    else:
        await resident(clinic, case, deed)


async def test_who_books_while_the_clinic_closes_hears_of_it(clinic: Clinic) -> None:
    """The closing waits for the booking, looks again, and tells whoever has the slot by then."""
    slot = await clinic.slot()
    async with clinic.pool.acquire() as connection, connection.transaction():
        who = Who(operator_id=1, account_id=await clinic.resident(), community_id=1)
        filed = await book(connection, clinic.house, who, clinic.patient(), slot)
        closing = asyncio.create_task(close_slots(clinic.pool, clinic.house, [slot], "Врач болен."))
        await _until_somebody_waits(clinic)
    moved = await closing
    assert [each.state for each in moved] == ["rebooking"]
    assert (await clinic.state(filed.id), await clinic.slot_state(slot)) == ("rebooking", "closed")
    await clinic.check()


async def test_by_night_only_new_slots_that_nobody_waits_for_are_shown(clinic: Clinic) -> None:
    """What was freed after 21:00, or suits who waits, stays unseen till 08:00."""
    clinic.clock.at += timedelta(hours=10)  # 22:00
    freed = await clinic.slot(timedelta(days=2))
    case = (await clinic.book(freed)).id
    await resident(clinic, case, "cancelled")
    new = await clinic.slot(timedelta(days=3), state="unreleased")
    await sweep_slots(clinic.pool, clinic.house, Bell())
    assert (await clinic.slot_state(freed), await clinic.slot_state(new)) == ("unreleased", "free")
    await clinic.wait()
    suits = await clinic.slot(timedelta(days=4), state="unreleased")
    await sweep_slots(clinic.pool, clinic.house, Bell())
    assert await clinic.slot_state(suits) == "unreleased"
    clinic.clock.at += timedelta(hours=11)
    await sweep_slots(clinic.pool, clinic.house, Bell())
    states = {await clinic.slot_state(each) for each in (freed, suits)}
    assert states == {"offered", "free"}


async def _until_somebody_waits(clinic: Clinic) -> None:
    for _ in range(1000):
        if await clinic.pool.fetchval(
            """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        ):
            return
        await asyncio.sleep(0.01)
    pytest.fail("The closing did not wait.")
