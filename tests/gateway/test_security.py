"""Who gets in with which key."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.parts import Parts
from gateway.security import Limits
from services.departments.keys import NewKey, issue_key, revoke_key
from services.throttling import Allowance
from tests.gateway.conftest import Connect

OPEN = "/api/v1/transitions"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Basic Zm9vOmJhcg==",
        "Bearer nonsense",
        f"Bearer gw_{'0' * 12}_{'0' * 48}",
    ],
)
async def test_without_a_key_nothing_is_answered(
    client: httpx.AsyncClient, header: str | None
) -> None:
    """Missing, malformed and unknown keys are refused alike."""
    headers = {} if header is None else {"Authorization": header}
    answer = await client.get(OPEN, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_another_secret_under_a_known_id_is_refused(
    client: httpx.AsyncClient, admin_key: str
) -> None:
    """The id alone opens nothing."""
    forged = admin_key[:-48] + "0" * 48
    answer = await client.get(OPEN, headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


async def test_a_revoked_key_is_refused_at_once(
    parts: Parts, as_admin: httpx.AsyncClient, admin_key: str
) -> None:
    """Nothing remembers a key longer than the database does."""
    assert (await as_admin.get(OPEN)).status_code == 200
    async with parts.pool.acquire() as connection:
        await revoke_key(connection, parts.house.now(), admin_key.split("_")[1])
    assert (await as_admin.get(OPEN)).status_code == 401


async def test_an_expired_key_is_refused(parts: Parts, connect: Any) -> None:
    """A key ends when it was said to end."""
    now = parts.house.now()
    async with parts.pool.acquire() as connection:
        key = await issue_key(
            connection, now, NewKey(role="admin", expires_at=now - timedelta(seconds=1))
        )
    assert (await connect(key).get(OPEN)).status_code == 401


async def test_the_last_use_is_written_at_most_once_a_minute(
    parts: Parts, as_admin: httpx.AsyncClient
) -> None:
    """Reading does not turn into a write each time."""
    seen: set[Any] = set()
    for _ in range(2):
        await as_admin.get(OPEN)
        async with parts.pool.acquire() as connection:
            seen.add(await connection.fetchval("SELECT last_used_at FROM api_keys"))
    assert len(seen) == 1
    assert None not in seen


async def test_secrets_are_kept_as_hashes(parts: Parts, admin_key: str) -> None:
    """Whoever reads the table can call nothing."""
    async with parts.pool.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM api_keys")
    assert admin_key.split("_")[2] not in str(row)


@pytest.mark.parametrize("name", ["x" * 201, "a%0Ab", "%ff"])
async def test_a_strange_actor_is_a_wrong_field(as_admin: httpx.AsyncClient, name: str) -> None:
    """`Gateway-Actor` is one line of at most 200 characters."""
    answer = await as_admin.get(OPEN, headers={"Gateway-Actor": name})
    assert answer.json()["errors"][0]["field"] == "Gateway-Actor"


@pytest.fixture
async def strict(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits so tight that a test reaches them."""
    limits = Limits(Allowance(burst=3, per_second=0.01), Allowance(burst=3, per_second=0.01))
    monkeypatch.setattr(app.state, "limits", limits)


@pytest.mark.usefixtures("strict")
async def test_a_key_that_calls_too_often_is_slowed_and_no_other(
    as_admin: httpx.AsyncClient, as_department: httpx.AsyncClient
) -> None:
    """429 says when to come again; another key does not notice."""
    answers = [await as_admin.get(OPEN) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 100
    assert (await as_department.get(OPEN)).status_code == 200


@pytest.mark.usefixtures("strict")
async def test_whoever_tries_secrets_is_locked_out(
    connect: Connect, admin_key: str, department_key: str
) -> None:
    """After some wrong secrets not even the right one is looked at; other keys get in."""
    guesses = [connect(admin_key[:-48] + f"{number:048x}") for number in range(4)]
    statuses = [(await guess.get(OPEN)).status_code for guess in guesses]
    assert statuses == [401, 401, 401, 429]
    assert (await connect(admin_key).get(OPEN)).status_code == 429
    assert (await connect(department_key).get(OPEN)).status_code == 200


@pytest.mark.usefixtures("strict")
async def test_whoever_makes_keys_up_is_told_to_wait(connect: Connect, admin_key: str) -> None:
    """Keys that do not exist, each another one, count together; a good key is still good."""
    made_up = [connect(f"gw_{number:012x}_{'0' * 48}") for number in range(4)]
    statuses = [(await each.get(OPEN)).status_code for each in made_up]
    assert statuses == [401, 401, 401, 429]
    assert (await connect(admin_key).get(OPEN)).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/live", 200),
        ("/metrics", 200),
        ("/schema", 200),
        ("/api/v1/cases", 401),
        ("/nowhere", 404),
        ("/vk/callback", 405),
    ],
)
async def test_every_answer_carries_the_security_headers(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
