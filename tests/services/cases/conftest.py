"""A small krai: two departments, one page, one resident, a clock that tests move."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.cases.clocks import message_rule
from services.cases.filing import Filed, NewCase, file_case
from services.cases.personal import AppealPersonal
from services.communities.directory import Directory
from services.db.ids import new_id
from services.departments.callers import Caller
from services.house import House
from services.privacy.keyring import open_keyring

NOON = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)  # a Thursday, noon in Khabarovsk


class Hands:
    """A clock that goes on by a second at each look, and by what a test says."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def house(connection: Any, clock: Hands) -> House:
    await connection.execute(
        """INSERT INTO departments (code, operator_id, title, is_default, moderation)
        VALUES ('roads', 1, 'Управление дорог', true, false),
            ('parks', 1, 'Управление парков', false, false),
            ('strict', 1, 'Строгое управление', false, true)"""
    )
    await connection.execute(
        """INSERT INTO communities (group_id, operator_id, title, token, secret)
        VALUES (101, 1, 'Хабаровск', '', '')"""
    )
    keyring = await open_keyring(connection, [b"k" * 32])
    directory = Directory()
    await directory.refresh(connection)
    return House("27", ZoneInfo("Asia/Vladivostok"), clock, keyring, directory)


@pytest.fixture
async def resident(connection: Any, house: House) -> UUID:
    account_id = new_id()
    await connection.execute(
        """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed)
        VALUES ($1, 1, 'vk', $2, '')""",
        account_id,
        account_id.bytes,
    )
    return account_id


@pytest.fixture
async def departments(connection: Any, house: House) -> dict[str, int]:
    return {row.code: row.id for row in house.directory.snapshot.departments.values()}


@pytest.fixture
def caller_of(departments: dict[str, int]) -> Callable[..., Caller]:
    def make(code: str | None = "roads", role: Any = "department", **fields: Any) -> Caller:
        department_id = None if role != "department" else departments[code or "roads"]
        given: dict[str, Any] = {"key_id": f"key-{code or role}", "operator_id": None, "holder": ""}
        return Caller(role=role, department_id=department_id, **(given | fields))

    return make


FileAppeal = Callable[..., Awaitable[Filed]]


@pytest.fixture
def file_appeal(
    connection: Any, house: House, resident: UUID, departments: dict[str, int]
) -> FileAppeal:
    async def file(department: str | None = "roads", **fields: Any) -> Filed:
        personal = AppealPersonal(
            text="Яма во дворе", name="Иванов Иван Иванович", contact="+79141234567"
        )
        given: dict[str, Any] = {
            "kind": "appeal",
            "operator_id": 1,
            "community_id": await connection.fetchval("SELECT id FROM communities LIMIT 1"),
            "account_id": resident,
            "department_id": None if department is None else departments[department],
            "subject": "Дороги: ямы",
            "personal": personal,
            "legal_kind": "message",
            "identity_level": "social",
            "municipality": "08701000",
            "phone": "8 (914) 123-45-67",
            "clock": message_rule(None, None),
        }
        return await file_case(connection, house, NewCase(**(given | fields)))

    return file
