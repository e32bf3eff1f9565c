"""What operations are told about a process."""

from typing import Any, cast

import httpx
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from gateway.app import create_app
from gateway.chat import open_chat, open_inbox
from gateway.http.callback import Callback
from gateway.parts import HEARTBEAT, Parts

READY = "/health/ready"


async def test_a_process_says_that_it_lives(client: httpx.AsyncClient) -> None:
    """Liveness asks nobody else."""
    assert (await client.get("/health/live")).status_code == 200


async def test_with_a_worker_all_is_ready(client: httpx.AsyncClient, parts: Parts) -> None:
    """Database, migrations, queue and worker are in order."""
    await parts.valkey.set(HEARTBEAT, "1", ex=10)
    answer = await client.get(READY)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {name: {"ok": True} for name in ("database", "migrations", "queue", "worker")},
    }


async def test_without_a_worker_it_is_degraded(client: httpx.AsyncClient) -> None:
    """Events are still taken."""
    answer = await client.get(READY)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["worker"]["message"]


async def test_without_valkey_it_is_degraded(parts: Parts) -> None:
    """PostgreSQL remembers, Valkey only rings."""
    away = Redis.from_url("redis://127.0.0.1:1")
    without = replace(parts, valkey=away)
    async with open_chat(without) as chat, open_inbox(without, chat) as inbox:
        app = create_app(without, Callback(without, inbox, chat))
        transport = httpx.ASGITransport(cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            answer = await client.get(READY)
    await away.aclose()
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert not answer.json()["checks"]["queue"]["ok"]


async def test_an_unknown_schema_is_not_ready(client: httpx.AsyncClient, parts: Parts) -> None:
    """A database without this program's migrations takes no events."""
    async with parts.pool.acquire() as connection:
        last = "SELECT max(number) FROM schema_migrations"
        await connection.execute(f"DELETE FROM schema_migrations WHERE number = ({last})")
    answer = await client.get(READY)
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert "gateway migrate" in answer.json()["checks"]["migrations"]["message"]


@pytest.mark.parametrize("path", [READY, "/metrics"])
async def test_without_the_database_it_still_answers(
    client: httpx.AsyncClient, parts: Parts, path: str
) -> None:
    """Readiness is 503 then; the metrics of the process are worth most at that time."""
    await parts.pool.close()
    answer = await client.get(path)
    assert answer.status_code == (503 if path == READY else 200)


async def test_a_process_that_leaves_says_so_while_it_serves(
    client: httpx.AsyncClient, parts: Parts
) -> None:
    """Readiness goes down first; whoever calls is still answered."""
    parts.leaving.set()
    answer = await client.get(READY)
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert answer.json()["checks"]["process"] == {
        "ok": False,
        "message": "Leaving: send nothing more here.",
    }
    assert (await client.get("/schema/openapi.json")).status_code == 200
