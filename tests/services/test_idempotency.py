"""Idempotency-Key."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.communities.directory import Directory
from services.departments.callers import Caller
from services.errors import IdempotencyKeyReused, IdempotencyKeyRunning, InvalidRequest
from services.house import House
from services.idempotency import Reply, forget_answers, once
from services.privacy.keyring import open_keyring

CALLER = Caller(key_id="k1", role="admin", department_id=None, operator_id=None, holder="")
OTHER = Caller(key_id="k2", role="admin", department_id=None, operator_id=None, holder="")


class Now:
    at = datetime(2026, 3, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
async def house(connection: Any) -> House:
    keyring = await open_keyring(connection, [b"k" * 32])
    return House("27", ZoneInfo("Asia/Vladivostok"), Now(), keyring, Directory())


class Act:
    """Answers with how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> Reply:
        self.times += 1
        return Reply(201, b'{"times": %d}' % self.times, '"1"')


async def test_the_same_request_gets_the_same_answer(connection: Any, house: House) -> None:
    """Status, body and ETag are repeated; another key, path or caller is another request."""
    act = Act()
    first = await once(connection, house, CALLER, "/a", "x", b"{}", act)
    assert await once(connection, house, CALLER, "/a", "x", b"{}", act) == first
    assert act.times == 1
    await once(connection, house, CALLER, "/a", "y", b"{}", act)
    await once(connection, house, CALLER, "/b", "x", b"{}", act)
    await once(connection, house, OTHER, "/a", "x", b"{}", act)
    await once(connection, house, CALLER, "/a", None, b"{}", act)
    assert act.times == 5
    assert b"times" not in await connection.fetchval("SELECT answer FROM idempotency LIMIT 1")


async def test_another_body_is_refused_for_a_day(connection: Any, house: House) -> None:
    """After 24 hours the key may be used anew."""
    act = Act()
    await once(connection, house, CALLER, "/a", "x", b"{}", act)
    with pytest.raises(IdempotencyKeyReused):
        await once(connection, house, CALLER, "/a", "x", b'{"other": 1}', act)
    house.clock.at += timedelta(hours=24)  # pyright: ignore[reportAttributeAccessIssue]
    await once(connection, house, CALLER, "/a", "x", b'{"other": 1}', act)
    assert act.times == 2
    house.clock.at += timedelta(hours=24)  # pyright: ignore[reportAttributeAccessIssue]
    assert await forget_answers(connection, house) == 1


async def test_while_the_first_runs_the_second_is_told_to_wait(pool: Any, house: House) -> None:
    """Two connections: only one does the work."""

    async def meanwhile() -> Reply:
        async with pool.acquire() as other, other.transaction():
            with pytest.raises(IdempotencyKeyRunning):
                await once(other, house, CALLER, "/a", "x", b"{}", Act())
        return Reply(200, b"")

    async with pool.acquire() as first, first.transaction():
        assert (await once(first, house, CALLER, "/a", "x", b"{}", meanwhile)).status == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
async def test_a_key_has_a_sensible_length(connection: Any, house: House, key: str) -> None:
    """An empty or endless key is named as the wrong field."""
    with pytest.raises(InvalidRequest):
        await once(connection, house, CALLER, "/a", key, b"", Act())
