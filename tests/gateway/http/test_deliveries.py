"""What could not leave, and again."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.parts import Parts
from services.db.ids import new_id

HERE = {"url": "http://127.0.0.1:9/hook"}


async def lose(parts: Parts, department: str, count: int = 1, **columns: Any) -> list[str]:
    """Write hand-offs that are dead, or in another state."""
    values = {"state": "dead", "error": "http_500", **columns}
    ids = [new_id() for _ in range(count)]
    now = parts.house.now()
    async with parts.pool.acquire() as connection:
        for number, delivery_id in enumerate(ids):
            at = now + timedelta(milliseconds=number)
            await connection.execute(
                """INSERT INTO deliveries (id, kind, type, department_id, state, error, attempts,
                    next_at, created_at, settled_at)
                SELECT $1, 'hand_off', 'webhook.test', id, $3, $4, 10, $5, $5, $5
                FROM departments WHERE code = $2""",
                delivery_id,
                department,
                values["state"],
                values["error"],
                at,
            )
    return [str(delivery_id) for delivery_id in ids]


async def shown(client: httpx.AsyncClient, **filters: Any) -> list[dict[str, Any]]:
    return (await client.get("/api/v1/deliveries", params=filters)).json()["items"]


async def test_a_dead_one_waits_again(parts: Parts, as_department: httpx.AsyncClient) -> None:
    """Replayed it is due now, has all its tries, and a worker is rung for."""
    (lost,) = await lose(parts, "roads")
    answer = await as_department.post(f"/api/v1/deliveries/{lost}/replay")
    assert answer.json() == {"replayed": 1}
    (item,) = await shown(as_department)
    assert (item["state"], item["attempts"], item["settled_at"]) == ("waiting", 0, None)
    assert await parts.valkey.zcard("arq:queue") == 1


@pytest.mark.parametrize("state", ["waiting", "leased", "sent", "expired"])
async def test_what_is_not_lost_is_left_alone(
    parts: Parts, as_department: httpx.AsyncClient, state: str
) -> None:
    """Nothing is sent twice, and nothing that is of no use any more."""
    (other,) = await lose(parts, "roads", state=state)
    answer = await as_department.post(f"/api/v1/deliveries/{other}/replay")
    assert (answer.status_code, answer.json()) == (200, {"replayed": 0})
    assert (await as_department.post("/api/v1/deliveries/replay")).json() == {"replayed": 0}
    assert [item["state"] for item in await shown(as_department)] == [state]


async def test_a_department_sees_its_own_alone(
    parts: Parts, as_department: httpx.AsyncClient, as_admin: httpx.AsyncClient
) -> None:
    """Another's is 404 for it; an admin sees and replays all."""
    await as_admin.put("/api/v1/departments/parks", json={"title": "Парки"})
    (own,) = await lose(parts, "roads")
    (other,) = await lose(parts, "parks")
    assert [item["id"] for item in await shown(as_department)] == [own]
    refused = await as_department.post(f"/api/v1/deliveries/{other}/replay")
    assert refused.status_code == 404
    ids = {"ids": [own, other]}
    assert (await as_department.post("/api/v1/deliveries/replay", json=ids)).json() == {
        "replayed": 1
    }
    assert (await as_admin.post("/api/v1/deliveries/replay", json=ids)).json() == {"replayed": 1}


async def test_a_destination_is_replayed_alone(
    parts: Parts, roads: str, as_admin: httpx.AsyncClient
) -> None:
    """After one back end was down, only what it missed goes again."""
    await as_admin.put("/api/v1/departments/parks", json={"title": "Парки"})
    await lose(parts, roads, 3)
    await lose(parts, "parks", 2)
    answer = await as_admin.post("/api/v1/deliveries/replay", json={"destination": "parks"})
    assert answer.json() == {"replayed": 2}
    assert len(await shown(as_admin, state="dead", destination=roads)) == 3


async def test_pages_hold_everything_once(parts: Parts, as_department: httpx.AsyncClient) -> None:
    """The cursor goes on where the page ended, and ends with null."""
    ids = await lose(parts, "roads", 5)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "state": "dead"}
    while True:
        page = (await as_department.get("/api/v1/deliveries", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ids


async def test_a_cursor_belongs_to_its_caller_and_filters(
    parts: Parts, as_department: httpx.AsyncClient, as_admin: httpx.AsyncClient
) -> None:
    """Somebody else's, or one of other filters, is refused."""
    await lose(parts, "roads", 2)
    query = {"limit": "1", "state": "dead"}
    page = (await as_department.get("/api/v1/deliveries", params=query)).json()
    taken = {"limit": "1", "cursor": page["next_cursor"]}
    for client, filters in ((as_admin, {"state": "dead"}), (as_department, {})):
        answer = await client.get("/api/v1/deliveries", params=taken | filters)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_wrong_filters_are_named_together(as_admin: httpx.AsyncClient) -> None:
    """Unknown values of filters are 400."""
    query = {"state": "lost", "limit": "201"}
    answer = await as_admin.get("/api/v1/deliveries", params=query)
    assert [error["field"] for error in answer.json()["errors"]] == ["state", "limit"]
    answer = await as_admin.get("/api/v1/deliveries", params={"destination": "nobody"})
    assert answer.json()["errors"][0]["field"] == "destination"


async def test_a_test_sent_again_with_its_key_is_sent_once(
    as_department: httpx.AsyncClient,
) -> None:
    """Idempotency-Key: the same answer, one delivery."""
    await as_department.put("/api/v1/webhook", json=HERE)
    headers = {"Idempotency-Key": "one"}
    first = await as_department.post("/api/v1/webhook/test", headers=headers)
    again = await as_department.post("/api/v1/webhook/test", headers=headers)
    assert first.json() == again.json()
    assert len(await shown(as_department)) == 1
