"""A club organiser with groups, residents who come and go, a clock that tests move."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.clubs.enrolling import Asked, Enrolled, Guardian, Wish, enrol
from services.communities.directory import Directory
from services.db.ids import new_id
from services.departments.callers import Caller
from services.house import House
from services.privacy.keyring import open_keyring
from services.residents.children import Child
from tests.services.hands import NOON, Hands

KRAI = ZoneInfo("Asia/Vladivostok")
CLUB = Caller(key_id="club", role="department", department_id=1, operator_id=None, holder="")


class Club:
    """What tests do with groups and applications."""

    def __init__(self, pool: asyncpg.Pool, house: House, clock: Hands) -> None:
        self.pool = pool
        self.house = house
        self.clock = clock
        self.children = 0

    async def group(self, capacity: int = 2, waiting: int = 10, **fields: Any) -> int:
        given: dict[str, Any] = {
            "code": f"g{new_id().hex[-12:]}",
            "age_from": 5,
            "age_to": 18,
            "enrol_from": NOON - timedelta(days=1),
            "enrol_until": NOON + timedelta(days=300),
            "ends_on": date(2027, 5, 31),
        } | fields
        return await self.pool.fetchval(
            """INSERT INTO groups (code, programme_id, title, capacity, places, waiting_capacity,
                age_from, age_to, age_on, starts_on, ends_on, enrol_from, enrol_until, priorities,
                offer_minutes)
            VALUES ($1, 1, $1, $2, $2, $3, $4, $5, '2026-09-01', '2026-09-01', $6, $7, $8,
                '[{"code": "many", "title": "Многодетные", "rank": 1}]', 2880)
            RETURNING id""",
            given["code"],
            capacity,
            waiting,
            given["age_from"],
            given["age_to"],
            given["ends_on"],
            given["enrol_from"],
            given["enrol_until"],
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

    def child(self) -> Child:
        self.children += 1
        return Child(f"Ребёнок {self.children}", date(2016, 3, 12))

    async def apply(
        self,
        *groups: int,
        child: Child | None = None,
        account: UUID | None = None,
        if_full: Any = "wait",
        priority: str | None = None,
    ) -> Enrolled:
        account = account or await self.resident()
        wishes = tuple(
            Wish(group_id=group, child=child or self.child(), priority=priority) for group in groups
        )
        asked = Asked(
            wishes=wishes,
            guardian=Guardian("Иванова Мария", "+79141234567"),
            conditions="no",
            if_full=if_full,
            operator_id=1,
            account_id=account,
            community_id=1,
        )
        async with self.pool.acquire() as connection, connection.transaction():
            return await enrol(connection, self.house, asked)

    async def states(self, *groups: int) -> list[str]:
        rows = await self.pool.fetch(
            """SELECT c.state FROM enrolments e JOIN cases c ON c.id = e.case_id
            WHERE e.group_id = ANY ($1::int[]) ORDER BY c.created_at, c.id""",
            list(groups),
        )
        return [row["state"] for row in rows]

    async def state(self, case_id: UUID) -> str:
        return await self.pool.fetchval("SELECT state FROM cases WHERE id = $1", case_id)

    async def check(self) -> None:
        """Whatever happened: counters say what is held, nothing is oversold, nobody is twice."""
        rows = await self.pool.fetch(
            """SELECT g.*, count(e.case_id) FILTER (WHERE e.holds = 'taken') AS really_taken,
                count(e.case_id) FILTER (WHERE e.holds = 'offered') AS really_offered,
                count(e.case_id) FILTER (WHERE e.holds = 'waiting') AS really_waiting
            FROM groups g LEFT JOIN enrolments e ON e.group_id = g.id GROUP BY g.id"""
        )
        for row in rows:
            assert row["taken"] == row["really_taken"]
            assert row["offered"] == row["really_offered"]
            assert row["waiting"] == row["really_waiting"]
            assert row["taken"] + row["offered"] <= row["places"]
            assert row["places"] == max(row["capacity"], row["taken"] + row["offered"])
        wrong = await self.pool.fetch(
            """SELECT c.state, e.holds, a.state FROM enrolments e JOIN cases c ON c.id = e.case_id
            JOIN assignments a ON a.case_id = c.id
            WHERE a.state <> c.state OR e.holds IS DISTINCT FROM CASE
                WHEN c.state IN ('submitted', 'test_invited', 'confirmed', 'enrolled') THEN 'taken'
                WHEN c.state = 'offered' THEN 'offered'
                WHEN c.state = 'waitlisted' THEN 'waiting' END"""
        )
        assert not wrong


@pytest.fixture
async def club(pool: asyncpg.Pool) -> Club:
    clock = Hands()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """INSERT INTO departments (code, operator_id, title, is_default)
            VALUES ('club', 1, 'Дворец творчества', true), ('other', 1, 'Другой дворец', false)"""
        )
        await connection.execute(
            """INSERT INTO communities (group_id, operator_id, title, token, secret)
            VALUES (101, 1, 'Хабаровск', '', '')"""
        )
        await connection.execute(
            """INSERT INTO programmes (code, department_id, title, direction)
            VALUES ('robots', 1, 'Робототехника', 'техническое')"""
        )
        keyring = await open_keyring(connection, [b"k" * 32])
        directory = Directory()
        await directory.refresh(connection)
    return Club(pool, House("27", KRAI, clock, keyring, directory), clock)
