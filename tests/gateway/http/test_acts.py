"""What admins and departments change of the house is noted with their key."""

import httpx

from gateway.parts import Parts
from services.audit.queries import ACTS


async def test_a_change_is_noted_with_its_key(
    parts: Parts, as_admin: httpx.AsyncClient, as_department: httpx.AsyncClient
) -> None:
    """Whoever calls, with the name that is claimed; reading notes no act."""
    operator = {"title": "Город", "address": "", "phone": "", "email": ""}
    headers = {"Gateway-Actor": "Petrova"}
    put = await as_admin.put("/api/v1/operators/default", json=operator, headers=headers)
    assert put.status_code == 200, put.text
    hook = {"url": "http://127.0.0.1:9/hook"}
    assert (await as_department.put("/api/v1/webhook", json=hook)).status_code == 200
    assert (await as_department.post("/api/v1/webhook/rotate", json={})).status_code == 200
    assert (await as_admin.get("/api/v1/operators/default")).status_code == 200
    async with parts.pool.acquire() as connection:
        acts = await ACTS.all(connection, None, None)
    named = [
        (act.who.partition(":")[0], act.actor, act.what)
        for act in acts
        if act.who.startswith(("admin:", "department:"))
    ]
    assert named == [
        ("admin", "Petrova", "operators update"),
        ("department", None, "webhooks insert"),
        ("department", None, "webhooks update"),
    ]
    rotated = next(act for act in acts if act.what == "webhooks update")
    assert rotated.columns == ["previous_secret", "previous_until", "secret"]
