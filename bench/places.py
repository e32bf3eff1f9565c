"""booking, enrolment: how many a second the services file, called as services, through 16.

The limits are the least that such a thing can be, through a bare pool of 16 on the same server:
UPDATE of a slot, then INSERT; UPDATE of a group's counter, then INSERT. They file no case, keep
no history and tell nobody. After the clock has stopped nothing was given away twice.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from bench.house import House, open_house
from bench.quiet import quiet
from bench.report import Measured, note
from services.cases.number import luhn_digit
from services.clubs.enrolling import Asked, Guardian, Wish, enrol
from services.clubs.errors import EnrolmentRefused
from services.db.ids import new_id
from services.db.pool import open_pool
from services.doctors.booking import book
from services.doctors.patients import Patient, Who
from services.residents.children import Child

PAIRS = 3
POOL = 16
BOOKINGS = 2000  # in one run, each of a slot of its own
GROUPS, PLACES, APPLICANTS = 10, 12, 2000  # of one run: most are refused
BARE = """CREATE TABLE IF NOT EXISTS bare_slots (id uuid PRIMARY KEY, taken boolean NOT NULL);
    CREATE TABLE IF NOT EXISTS bare_bookings (id uuid PRIMARY KEY, slot_id uuid NOT NULL);
    CREATE TABLE IF NOT EXISTS bare_groups (id integer PRIMARY KEY, taken integer NOT NULL);
    CREATE TABLE IF NOT EXISTS bare_enrolments (id uuid PRIMARY KEY, group_id integer NOT NULL);
    INSERT INTO bare_groups SELECT number, 0 FROM generate_series(0, 9) AS number
    ON CONFLICT DO NOTHING"""
CLINIC = """INSERT INTO clinics (code, department_id, title) VALUES ('p1', 1, 'Поликлиника')
    ON CONFLICT DO NOTHING"""
DOCTOR = """INSERT INTO practitioners (code, clinic_id, name, speciality)
    VALUES ('d1', 1, 'Ким Ю. А.', 'терапевт') ON CONFLICT DO NOTHING"""
SLOTS = """INSERT INTO slots (id, practitioner_id, starts_at, ends_at, state, release_at)
    SELECT id, 1, $2::timestamptz + place * interval '2 minutes',
        $2::timestamptz + place * interval '2 minutes' + interval '1 minute', 'free', now()
    FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)"""
PROGRAMME = """INSERT INTO programmes (code, department_id, title, direction)
    VALUES ('robots', 1, 'Робототехника', 'техническое') ON CONFLICT DO NOTHING"""
GROUP = """INSERT INTO groups (code, programme_id, title, capacity, places, waiting_capacity,
        age_from, age_to, age_on, starts_on, ends_on, enrol_from, enrol_until)
    VALUES ($1, 1, $1, $2, $2, 0, 5, 18, '2026-09-01', '2026-09-01', '2040-05-31',
        now() - interval '1 day', now() + interval '1 day') RETURNING id"""
Do = Callable[[Any, int], Awaitable[None]]


def measure() -> dict[str, Measured]:
    """Measure both figures."""
    return uvloop.run(_measure())


async def _measure() -> dict[str, Measured]:
    found: dict[str, tuple[list[float], list[float]]] = {
        "booking": ([], []),
        "enrolment": ([], []),
    }
    runs = {"booking": (_booked, _bare_booked), "enrolment": (_enrolled, _bare_enrolled)}
    async with open_house(1) as house, house.parts.pool.acquire() as connection:
        for statement in (*BARE.split(";"), CLINIC, DOCTOR, PROGRAMME):
            await connection.execute(statement)
        for pair in range(PAIRS):
            for name, (ours, bare) in runs.items():
                await quiet()
                found[name][0].append(await ours(house, pair))
                found[name][1].append(await bare(house, pair))
                note(f"  {name}: {found[name][0][-1]:.0f}/s, bare {found[name][1][-1]:.0f}/s")
    return {name: Measured(*lists) for name, lists in found.items()}


async def _timed(house: House, total: int, do: Do, *, bare: bool = False) -> float:
    """Do it so many times, 16 at once; return how many a second.

    Bare: through a pool that knows nothing of ours and makes no trip for a reset.
    """
    url = house.parts.settings.database_url or ""
    if bare:
        pool = await asyncpg.create_pool(url, min_size=POOL, max_size=POOL, reset=_keep)
    else:
        pool = await open_pool(url, size=POOL)
    left = deque(range(total))

    async def work() -> None:
        while left:
            number = left.popleft()
            async with pool.acquire() as connection, connection.transaction():
                await do(connection, number)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(POOL)))
    seconds = time.perf_counter() - started
    await pool.close()
    return total / seconds


async def _accounts(house: House, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with house.parts.pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed)
            SELECT id, 1, 'vk', decode(replace(id::text, '-', ''), 'hex'), ''
            FROM unnest($1::uuid[]) AS id""",
            ids,
        )
    return ids


async def _booked(house: House, pair: int) -> float:
    slots, people = [new_id() for _ in range(BOOKINGS)], await _accounts(house, BOOKINGS)
    start = house.parts.house.now() + timedelta(days=1 + pair * 10)
    async with house.parts.pool.acquire() as connection:
        await connection.execute(SLOTS, slots, start)

    async def do(connection: Any, number: int) -> None:
        digits = f"27{pair:03d}{number:010d}"
        patient = Patient(
            name="Иванова Мария Петровна",
            birth_date=date(1986, 11, 5),
            policy=digits + luhn_digit(digits),
        )
        who = Who(operator_id=1, account_id=people[number], community_id=1)
        await book(connection, house.parts.house, who, patient, slots[number])

    rate = await _timed(house, BOOKINGS, do)
    async with house.parts.pool.acquire() as connection:
        twice = "SELECT count(*) - count(DISTINCT slot_id) FROM appointments WHERE active"
        assert await connection.fetchval(twice) == 0, "a slot was booked twice"
    return rate


async def _bare_booked(house: House, _: int) -> float:
    slots = [new_id() for _ in range(BOOKINGS)]
    async with house.parts.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO bare_slots SELECT id, false FROM unnest($1::uuid[]) AS id", slots
        )

    async def do(connection: Any, number: int) -> None:
        slot = slots[number]
        await connection.execute("UPDATE bare_slots SET taken = true WHERE id = $1", slot)
        await connection.execute("INSERT INTO bare_bookings VALUES ($1, $2)", new_id(), slot)

    return await _timed(house, BOOKINGS, do, bare=True)


async def _enrolled(house: House, pair: int) -> float:
    people = await _accounts(house, APPLICANTS)
    async with house.parts.pool.acquire() as connection:
        groups = [
            await connection.fetchval(GROUP, f"g{pair}-{number}", PLACES)
            for number in range(GROUPS)
        ]

    async def do(connection: Any, number: int) -> None:
        wish = Wish(
            group_id=groups[number % GROUPS], child=Child(f"Ребёнок {number}", date(2016, 3, 12))
        )
        asked = Asked(
            wishes=(wish,),
            guardian=Guardian("Иванова Мария", "+79140000000"),
            conditions="no",
            if_full="refuse",
            operator_id=1,
            account_id=people[number],
            community_id=1,
        )
        try:
            await enrol(connection, house.parts.house, asked)
        except EnrolmentRefused as refusal:
            if refusal.reason != "group_full":
                raise

    rate = await _timed(house, APPLICANTS, do)
    async with house.parts.pool.acquire() as connection:
        taken = "SELECT min(taken) = $2 AND max(taken) = $2 FROM groups WHERE id = ANY ($1::int[])"
        assert await connection.fetchval(taken, groups, PLACES), "not as many as places"
    return rate


async def _bare_enrolled(house: House, _: int) -> float:
    async def do(connection: Any, number: int) -> None:
        group = number % GROUPS
        await connection.execute("UPDATE bare_groups SET taken = taken + 1 WHERE id = $1", group)
        await connection.execute("INSERT INTO bare_enrolments VALUES ($1, $2)", new_id(), group)

    return await _timed(house, APPLICANTS, do, bare=True)


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is."""
