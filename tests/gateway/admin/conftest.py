"""Browsers without a screen: clients that are signed in."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import ADDRESS, Connect, MakeKey
from tests.gateway.http.test_clubs import organiser
from tests.gateway.http.test_doctors import clinic

__all__ = ["clinic", "organiser"]

HERE = {"Origin": ADDRESS}
Visit = Callable[..., Awaitable["Visitor"]]


class Visitor:
    """Somebody with a session; forms carry what the page gave them."""

    def __init__(self, client: httpx.AsyncClient, csrf: str) -> None:
        self.client = client
        self.csrf = csrf

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **fields}, headers=HERE)


async def sign_in(client: httpx.AsyncClient, key: str, name: str = "") -> httpx.Response:
    return await client.post("/admin/login", data={"key": key, "name": name}, headers=HERE)


@pytest.fixture
def visit(connect: Connect, make_key: MakeKey, roads: str) -> Visit:
    """Sign in as a role, with the fields of `NewKey`."""

    async def visit(role: str, name: str = "Пётр", **more: Any) -> Visitor:
        if role == "department":
            more.setdefault("department", roads)
        client = connect()
        answer = await sign_in(client, await make_key(role, **more), name)
        assert answer.status_code == 303, answer.text
        page = await client.get("/admin/cases")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert found is not None, page.text
        return Visitor(client, found[1])

    return visit
