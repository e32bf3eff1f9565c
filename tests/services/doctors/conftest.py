"""A clinic with two doctors of one speciality, patients, and a clock that tests move."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.cases.filing import Filed
from services.cases.number import luhn_digit
from services.communities.directory import Directory
from services.db.ids import new_id
from services.departments.callers import Caller
from services.doctors.booking import book
from services.doctors.catalogue_queries import CLINIC
from services.doctors.patients import Patient, Who
from services.doctors.waiting import Wished, wait_for
from services.house import House
from services.privacy.keyring import open_keyring
from tests.services.hands import Hands

KRAI = ZoneInfo("Asia/Vladivostok")
CLINIC_KEY = Caller(key_id="p1", role="department", department_id=1, operator_id=None, holder="")


class Clinic:
    """What tests do with slots and patients."""

    def __init__(self, pool: asyncpg.Pool, house: House, clock: Hands) -> None:
        self.pool = pool
        self.house = house
        self.clock = clock
        self.patients = 0

    async def slot(
        self, after: timedelta = timedelta(days=1), state: str = "free", doctor: int = 1
    ) -> UUID:
        starts = self.clock.at + after
        return await self.pool.fetchval(
            """INSERT INTO slots (id, practitioner_id, starts_at, ends_at, state, release_at)
            VALUES ($1, $2, $3, $3::timestamptz + interval '15 minutes', $4, $5)
            RETURNING id""",
            new_id(),
            doctor,
            starts,
            state,
            self.clock.at,
        )

    async def resident(self) -> UUID:
        account = new_id()
        await self.pool.execute(
            """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed)
            VALUES ($1, 1, 'vk', $2, '')""",
            account,
            account.bytes,
        )
        return account

    def patient(self, **fields: Any) -> Patient:
        self.patients += 1
        digits = f"27{self.patients:013d}"
        given: dict[str, Any] = {
            "name": f"Пациент {self.patients}",
            "birth_date": date(1986, 11, 5),
            "policy": digits + luhn_digit(digits),
        }
        return Patient(**(given | fields))

    async def book(
        self, slot: UUID, patient: Patient | None = None, account: UUID | None = None
    ) -> Filed:
        who = Who(operator_id=1, account_id=account or await self.resident(), community_id=1)
        async with self.pool.acquire() as connection, connection.transaction():
            return await book(connection, self.house, who, patient or self.patient(), slot)

    async def wait(self, account: UUID | None = None, **fields: Any) -> Filed:
        who = Who(operator_id=1, account_id=account or await self.resident(), community_id=1)
        async with self.pool.acquire() as connection, connection.transaction():
            clinic = await CLINIC.one(connection, "p1")
            wished = Wished(clinic=clinic, speciality="терапевт", **fields)
            return await wait_for(connection, self.house, who, self.patient(), wished)

    async def state(self, case_id: UUID) -> str:
        return await self.pool.fetchval("SELECT state FROM cases WHERE id = $1", case_id)

    async def slot_state(self, slot: UUID) -> str:
        return await self.pool.fetchval("SELECT state FROM slots WHERE id = $1", slot)

    async def check(self) -> None:
        """Whatever happened: slots and appointments agree, and nobody is booked twice."""
        wrong = await self.pool.fetch(
            """SELECT c.id, c.state, a.slot_id, s.state AS slot FROM appointments a
            JOIN cases c ON c.id = a.case_id LEFT JOIN slots s ON s.id = a.slot_id
            WHERE (c.state IN ('booked', 'confirmed'))
                    IS DISTINCT FROM (a.active AND s.state = 'booked' AND s.case_id = c.id)
                AND NOT (c.state IN ('booked', 'confirmed') AND a.ends_at <= $1)
                OR (c.state = 'offered')
                    IS DISTINCT FROM (s.state IS NOT DISTINCT FROM 'offered' AND s.case_id = c.id)
                OR (c.state = 'waitlisted') <> a.waits""",
            self.clock.at,
        )
        assert not wrong
        orphans = await self.pool.fetch(
            """SELECT s.id, s.state FROM slots s LEFT JOIN appointments a ON a.slot_id = s.id
                AND a.case_id = s.case_id
            WHERE s.case_id IS NOT NULL AND a.case_id IS NULL"""
        )
        assert not orphans


@pytest.fixture
async def clinic(pool: asyncpg.Pool) -> Clinic:
    clock = Hands()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """INSERT INTO departments (code, operator_id, title, is_default)
            VALUES ('health', 1, 'Поликлиника', true)"""
        )
        await connection.execute(
            """INSERT INTO communities (group_id, operator_id, title, token, secret)
            VALUES (101, 1, 'Хабаровск', '', '')"""
        )
        await connection.execute(
            """INSERT INTO clinics (code, department_id, title, no_show_limit)
            VALUES ('p1', 1, 'Поликлиника № 1', 2)"""
        )
        await connection.execute(
            """INSERT INTO practitioners (code, clinic_id, name, speciality, needs_referral)
            VALUES ('d1', 1, 'Ким Ю. А.', 'терапевт', false),
                ('d2', 1, 'Цой В. И.', 'терапевт', false),
                ('d3', 1, 'Ли А. А.', 'хирург', false),
                ('d4', 1, 'Пак И. О.', 'кардиолог', true)"""
        )
        keyring = await open_keyring(connection, [b"k" * 32])
        directory = Directory()
        await directory.refresh(connection)
    return Clinic(pool, House("27", KRAI, clock, keyring, directory), clock)
