"""Back ends that misbehave: in the end exactly one case there, and a true state here."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest
from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer

from integrations.demo.department.system import DONE, HANG, WORKING, Habit, System, description
from integrations.json_rest.backend import JsonRestBackend
from integrations.outbound import client
from integrations.outbound.client import open_outbound
from integrations.webhooks.backend import WebhookBackend
from schemas.cases import ForwardRequest
from services.backends.describing import BackendBody, put_described
from services.backends.polling import Backends, poll
from services.backends.reconciling import ask_for, reconcile, show_reconciliation
from services.backends.reporting import Outcome, UpdateRequest, report
from services.cases.clocks import message_rule
from services.cases.filing import Filed, NewCase, file_case
from services.cases.forwarding import forward
from services.cases.holding import hold
from services.cases.moving import resident_move
from services.cases.personal import AppealPersonal
from services.communities.directory import Directory
from services.db.ids import new_id
from services.deliveries.handing import hand_off
from services.departments.callers import Caller
from services.house import House
from services.privacy.keyring import open_keyring
from tests.services.hands import Bell, Hands

NOON = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
ADMIN = Caller(key_id="admin", role="admin", department_id=None, operator_id=None, holder="")


class Krai:
    """A gateway's services, a department with a system of its own, and one without."""

    def __init__(
        self, pool: asyncpg.Pool, house: House, clock: Hands, system: System, backends: Backends
    ) -> None:
        self.pool = pool
        self.house = house
        self.clock = clock
        self.system = system
        self.backends = backends
        self.departments = {
            row.code: row.id for row in house.directory.snapshot.departments.values()
        }

    async def file(self, department: str = "roads", **fields: Any) -> Filed:
        async with self.pool.acquire() as connection, connection.transaction():
            account = new_id()
            await connection.execute(
                """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed)
                VALUES ($1, 1, 'vk', $2, '')""",
                account,
                account.bytes,
            )
            return await file_case(
                connection,
                self.house,
                NewCase(
                    kind="appeal",
                    operator_id=1,
                    community_id=1,
                    account_id=account,
                    department_id=self.departments[department],
                    subject="Дороги: ямы",
                    personal=AppealPersonal(text="Яма", name="Иванов Иван", contact="+79141234567"),
                    legal_kind="message",
                    identity_level="social",
                    clock=message_rule(None, None),
                    **fields,
                ),
            )

    async def work(self, *, rounds: int = 1, wait: timedelta = timedelta(0)) -> None:
        """Let the worker hand off and ask all that is due, after a wait, several times."""
        for _ in range(rounds):
            self.clock.at += wait
            await hand_off(self.pool, self.house, self.backends, 60)
            await poll(self.pool, self.house, self.backends, Bell(), 60)

    async def state(self, case_id: UUID, department: str = "roads") -> str:
        return await self.pool.fetchval(
            "SELECT state FROM assignments WHERE case_id = $1 AND department_id = $2",
            case_id,
            self.departments[department],
        )

    async def deliveries(self, case_id: UUID) -> list[tuple[str, str, str | None]]:
        rows = await self.pool.fetch(
            """SELECT type, state, error FROM deliveries
            WHERE case_id = $1 AND kind = 'hand_off' ORDER BY seq""",
            case_id,
        )
        return [tuple(row) for row in rows]

    async def compare(self, department: str = "roads") -> list[tuple[str, bool]]:
        async with self.pool.acquire() as connection:
            asked = await ask_for(connection, self.house, self.departments[department])
        await reconcile(self.pool, self.house, self.backends, Bell())
        async with self.pool.acquire() as connection:
            shown = await show_reconciliation(connection, self.house, ADMIN, asked)
        assert shown.state == "done"
        return [(each.kind, each.repaired) for each in shown.items]

    async def report(self, case_id: UUID, sequence: int, state: str, **fields: Any) -> Outcome:
        async with self.pool.acquire() as connection, connection.transaction():
            held = await hold(connection, case_id)
            row = held.of(self.departments["roads"])
            assert row is not None
            update = UpdateRequest(
                external_id="T-1",
                sequence=sequence,
                state=state,
                at=self.clock.now(),
                **({"message": "Сделано."} | fields),
            )
            return await report(connection, self.house, held, row, update)

    def only(self) -> Any:
        (ticket,) = self.system.tickets.values()
        return ticket


@pytest.fixture
async def krai(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Krai]:
    monkeypatch.setattr(client, "TIMEOUT", ClientTimeout(total=0.3))
    system, clock = System(), Hands(NOON)

    async def answer(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard = system.handle(request.method, request.path_qs, headers, await request.read())
        if heard.delay:
            await asyncio.sleep(1.0)
        body = b"" if heard.body is None else msgspec.json.encode(heard.body)
        return web.Response(body=body, status=heard.status, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    networks = (ip_network("127.0.0.0/8"),)
    async with TestServer(app) as server, open_outbound(networks, clock) as outbound:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                """INSERT INTO departments (code, operator_id, title, is_default)
                VALUES ('roads', 1, 'Управление дорог', true), ('parks', 1, 'Парки', false)"""
            )
            await connection.execute(
                """INSERT INTO communities (group_id, operator_id, title, token, secret)
                VALUES (101, 1, 'Хабаровск', '', '')"""
            )
            keyring = await open_keyring(connection, [b"k" * 32])
            directory = Directory()
            await directory.refresh(connection)
            house = House("27", ZoneInfo("Asia/Vladivostok"), clock, keyring, directory)
            url = str(server.make_url("")).rstrip("/")
            body = msgspec.convert(description(url), BackendBody)
            await put_described(connection, house.sealer, 1, body)
        backends: Backends = {
            "json_rest": JsonRestBackend(outbound),
            "webhook": WebhookBackend(outbound, clock),
        }
        yield Krai(pool, house, clock, system, backends)


async def test_a_case_is_taken_followed_and_answered(krai: Krai) -> None:
    """What the department's own officer does there reaches the resident here."""
    filed = await krai.file()
    await krai.work()
    ticket = krai.only()
    assert (ticket.number, ticket.text) == (filed.number, "Яма")
    assert ticket.applicant == "Иванов Иван, +79141234567"
    krai.system.move(ticket.id, WORKING)
    await krai.work(wait=timedelta(minutes=2))
    assert await krai.state(filed.id) == "in_work"
    krai.system.move(ticket.id, DONE, "Яму заделали.")
    await krai.work(wait=timedelta(minutes=2))
    assert await krai.state(filed.id) == "answered"
    reads = await krai.pool.fetch("SELECT who FROM reads WHERE case_id = $1", filed.id)
    assert {row["who"] for row in reads} == {"backend:1"}


async def test_not_solved_goes_there_again_and_is_asked_after_again(krai: Krai) -> None:
    filed = await krai.file()
    await krai.work()
    krai.system.move("T-1", DONE, "Яму заделали.")
    await krai.work(wait=timedelta(minutes=2))
    async with krai.pool.acquire() as connection, connection.transaction():
        await resident_move(connection, krai.house, filed.id, "reopened", "Яма там же")
    await krai.work(wait=timedelta(minutes=2))
    assert krai.only().notes == ["case.reopened"]
    await krai.work(wait=timedelta(minutes=2))
    assert await krai.state(filed.id) == "in_work"
    krai.system.move("T-1", DONE, "Теперь точно.")
    await krai.work(wait=timedelta(minutes=20))
    assert await krai.state(filed.id) == "answered"


@pytest.mark.parametrize("habit", ["error", "busy", "hang", "late", "gone", "backwards"])
async def test_whatever_it_does_there_is_one_case_in_the_end(krai: Krai, habit: Habit) -> None:
    """It fails for hours, takes the case after our time-out, forgets: then it is well again."""
    filed = await krai.file()
    krai.system.habit = habit
    await krai.work(rounds=3, wait=timedelta(minutes=40))
    krai.system.habit = "ok"
    await krai.work(rounds=3, wait=timedelta(hours=15))
    await krai.compare()
    await krai.work(wait=timedelta(minutes=10))
    ticket = krai.only()
    krai.system.move(ticket.id, DONE, "Сделано.")
    await krai.work(rounds=2, wait=timedelta(hours=7))
    assert await krai.state(filed.id) == "answered"
    assert all(state in {"sent", "dead"} for _, state, _ in await krai.deliveries(filed.id))


async def test_a_refusal_is_shown_and_sent_again_on_request(krai: Krai) -> None:
    """What it does not want is not tried for days; a comparison hands it over anew."""
    filed = await krai.file()
    krai.system.habit = "refuse"
    await krai.work()
    assert await krai.deliveries(filed.id) == [("case.assigned", "dead", "http_422")]
    krai.system.habit = "ok"
    assert await krai.compare() == [("missing_there", True)]
    await krai.work()
    assert krai.only().number == filed.number
    assert await krai.compare() == []


async def test_of_two_departments_one_fails(krai: Krai) -> None:
    """The case says so, and only that one is tried again."""
    filed = await krai.file("parks")
    krai.system.habit = "error"
    async with krai.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO departments (code, operator_id, title) VALUES ('water', 1, 'Вода')"
        )
        held = await hold(connection, filed.id)
        wish = ForwardRequest(departments=("roads", "water"), message="Вам виднее.")
        await forward(connection, krai.house, ADMIN, held, wish, '"1"')
    await krai.work(rounds=2, wait=timedelta(minutes=1))
    ((_, state, error),) = await krai.deliveries(filed.id)
    assert (state, error) == ("waiting", "http_500")
    krai.system.habit = "ok"
    await krai.work(wait=timedelta(hours=1))
    assert [state for _, state, _ in await krai.deliveries(filed.id)] == ["sent"]


async def test_reports_come_twice_and_backwards(krai: Krai) -> None:
    """Each counts once; an older one changes nothing; what the table forbids is kept and shown."""
    filed = await krai.file()
    assert (await krai.report(filed.id, 3, "in_work")).moved
    assert (await krai.report(filed.id, 3, "in_work")).why == "repeated"
    assert (await krai.report(filed.id, 2, "answered")).why == "outdated"
    assert (await krai.report(filed.id, 4, "in_work")).why == "unchanged"
    assert (await krai.report(filed.id, 5, "registered")).why == "not_allowed"
    assert (await krai.report(filed.id, 6, "answered", message=None)).why == "no_message"
    assert (await krai.report(filed.id, 7, "answered")).moved
    assert await krai.state(filed.id) == "answered"
    shown = await krai.pool.fetch(
        "SELECT target, reason FROM case_events WHERE type = 'update_not_applied' ORDER BY seq"
    )
    assert [tuple(row) for row in shown] == [
        ("registered", "not_allowed"),
        ("answered", "no_message"),
    ]
    kept = await krai.pool.fetch("SELECT sequence, applied FROM case_updates ORDER BY sequence")
    assert [tuple(row) for row in kept] == [
        (2, False),
        (3, True),
        (4, False),
        (5, False),
        (6, False),
        (7, True),
    ]


async def test_a_comparison_names_what_differs_and_mends_what_is_safe(krai: Krai) -> None:
    """Missing there: handed over anew. Another state: taken over. Unknown here: shown."""
    first, second = await krai.file(), await krai.file()
    await krai.work()
    krai.clock.at += timedelta(minutes=10)
    krai.system.handle(
        "POST",
        "/tickets",
        {"authorization": "Bearer demo-system", "idempotency-key": "x"},
        b'{"number": "99", "title": "", "text": "", "applicant": ""}',
    )
    krai.system.move("T-1", WORKING)
    krai.system.tickets.pop("T-2")
    assert await krai.compare() == [
        ("state_differs", True),
        ("missing_there", True),
        ("missing_here", False),
    ]
    assert await krai.state(first.id) == "in_work"
    await krai.work()
    assert second.number in {ticket.number for ticket in krai.system.tickets.values()}
    krai.clock.at += timedelta(minutes=10)
    assert await krai.compare() == [("missing_here", False)]


async def test_a_webhook_that_never_arrived_is_sent_again(krai: Krai) -> None:
    """Who listens to webhooks has no list; what was given up is what it lacks."""
    async with krai.pool.acquire() as connection:
        seal = krai.house.sealer.seal("webhooks.secret", 2, b"whsec_c2VjcmV0")
        await connection.execute(
            "INSERT INTO webhooks (department_id, url, secret) VALUES (2, 'http://[::1]:1', $1)",
            seal,
        )
    filed = await krai.file("parks")
    assert await krai.compare("parks") == []
    await krai.pool.execute("UPDATE deliveries SET state = 'dead' WHERE kind = 'hand_off'")
    assert await krai.compare("parks") == [("missing_there", True)]
    assert [state for _, state, _ in await krai.deliveries(filed.id)] == ["dead", "waiting"]


def test_the_stand_in_hangs_longer_than_the_gateway_waits() -> None:
    assert client.TIMEOUT.total is not None
    assert client.TIMEOUT.total < HANG
