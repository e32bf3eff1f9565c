"""A key becomes a session, and the session holds no longer than it may."""

from datetime import timedelta

import httpx
import pytest

from gateway.admin.access import COOKIE
from gateway.parts import Parts
from services.departments.keys import revoke_key
from services.monitor.sessions import IDLE, LONGEST
from tests.gateway.admin.conftest import HERE, Visit, sign_in
from tests.gateway.conftest import Connect, MakeKey


async def test_a_key_is_exchanged_for_a_session(client: httpx.AsyncClient, admin_key: str) -> None:
    """The cookie is of this site alone and out of reach of scripts, and holds no key."""
    answer = await sign_in(client, admin_key)
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303
    assert {"HttpOnly", "SameSite=strict", "Path=/admin"} <= {
        part.strip() for part in cookie.split(";")
    }
    assert admin_key not in cookie
    assert (await client.get("/admin")).status_code == 200


async def test_only_the_hash_of_the_token_is_stored(visit: Visit, parts: Parts) -> None:
    """Nobody who reads the table can act in a session; the name is sealed."""
    visitor = await visit("admin", name="Секретарёва")
    token = visitor.client.cookies[COOKIE]
    async with parts.pool.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM monitor_sessions")
    assert row is not None
    told = repr(dict(row)) + str(bytes(row["personal"]))
    assert token not in told
    assert "Секретарёва".encode() not in bytes(row["personal"])


async def test_without_a_session_one_is_led_to_sign_in(client: httpx.AsyncClient) -> None:
    """And afterwards back to where one wanted to go."""
    answer = await client.get("/admin/cases")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin/login?next=/admin/cases"


@pytest.mark.parametrize(
    "wanted", ["https://evil.test/", "//evil.test", "/admin//evil", "/admin/\\evil", "/schema"]
)
async def test_signing_in_leads_nowhere_else(
    client: httpx.AsyncClient, admin_key: str, wanted: str
) -> None:
    """An address in `next` that is not of the monitor is not followed."""
    fields = {"key": admin_key, "next": wanted}
    answer = await client.post("/admin/login", data=fields, headers=HERE)
    assert answer.headers["location"] == "/admin"


async def test_wrong_keys_have_to_wait(client: httpx.AsyncClient, admin_key: str) -> None:
    """After some tries for one key even the right one has to wait."""
    wrong = admin_key[:-1] + ("0" if admin_key[-1] != "0" else "1")
    answers = [(await sign_in(client, wrong)).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert (await sign_in(client, admin_key)).status_code == 429


@pytest.mark.parametrize("column", ["seen_at", "created_at"])
async def test_a_session_ends_by_time(visit: Visit, parts: Parts, column: str) -> None:
    """Half an hour without a look, or twelve hours in all."""
    visitor = await visit("admin")
    limit = {"seen_at": IDLE, "created_at": LONGEST}[column]
    for left, status in ((timedelta(minutes=-1), 200), (timedelta(minutes=1), 303)):
        async with parts.pool.acquire() as connection:
            at = parts.house.now() - limit - left
            await connection.execute(f"UPDATE monitor_sessions SET {column} = $1", at)
        assert (await visitor.get("/admin")).status_code == status


async def test_a_page_that_refreshes_itself_is_no_sitter(visit: Visit, parts: Parts) -> None:
    """Its looks keep no session from getting idle; a person's do."""
    visitor = await visit("admin")
    half = parts.house.now() - IDLE / 2
    for headers, moved in (({"X-Refresh": "1"}, False), ({}, True)):
        async with parts.pool.acquire() as connection:
            await connection.execute("UPDATE monitor_sessions SET seen_at = $1", half)
            await visitor.client.get("/admin", headers=headers)
            seen = await connection.fetchval("SELECT seen_at FROM monitor_sessions")
        assert (seen > half) == moved


async def test_a_session_ends_with_its_key(
    client: httpx.AsyncClient, parts: Parts, admin_key: str
) -> None:
    """Whoever takes a key back takes its sessions back."""
    await sign_in(client, admin_key)
    async with parts.pool.acquire() as connection:
        await revoke_key(connection, parts.house.now(), admin_key.split("_")[1])
    assert (await client.get("/admin")).status_code == 303


async def test_signing_out_ends_the_session(visit: Visit, connect: Connect) -> None:
    """The cookie that somebody kept opens nothing any more."""
    visitor = await visit("admin")
    token = visitor.client.cookies[COOKIE]
    assert (await visitor.post("/admin/logout")).status_code == 303
    answer = await connect().get("/admin", headers={"Cookie": f"{COOKIE}={token}"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "origin", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {}], ids=str
)
async def test_a_form_from_elsewhere_is_refused(
    visit: Visit, connect: Connect, admin_key: str, origin: dict[str, str]
) -> None:
    """What another site sends changes nothing, even with the right word; nor does it sign in."""
    visitor = await visit("admin")
    fields = {"csrf": visitor.csrf, "title": "Мой", "kind": "appeal"}
    answer = await visitor.client.post("/admin/filters", data=fields, headers=origin)
    assert answer.status_code == 403
    assert "Мой" not in (await visitor.get("/admin/cases")).text
    foreign = await connect().post("/admin/login", data={"key": admin_key}, headers=origin)
    assert foreign.status_code == 403


async def test_a_form_without_its_word_is_refused(visit: Visit) -> None:
    """The word of another session is as good as none."""
    visitor, other = await visit("admin"), await visit("admin")
    for word in ("", other.csrf):
        fields = {"csrf": word, "title": "Мой", "kind": "appeal"}
        answer = await visitor.client.post("/admin/filters", data=fields, headers=HERE)
        assert answer.status_code == 403


async def test_pages_run_nothing_from_elsewhere(visit: Visit) -> None:
    """The policy allows files of ours and no inline script or style; pages hold none."""
    page = await (await visit("admin")).get("/admin")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in page.text
    assert "<script>" not in page.text


async def test_files_are_served_by_name_alone(client: httpx.AsyncClient, make_key: MakeKey) -> None:
    """No way leads out of their folder."""
    assert (await client.get("/admin/static/admin.js")).status_code == 200
    for name in ("..%2F__init__.py", "nothing.js", "%2e%2e%2frouter.py"):
        assert (await client.get(f"/admin/static/{name}")).status_code == 404
