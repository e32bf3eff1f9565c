"""An inbox on a real database, with a stand-in for the channel."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from msgspec import json

from schemas.dialogs import Capabilities, Incoming, Message
from schemas.events import Event, Said
from services.communities.directory import Directory
from services.communities.queries import Community
from services.db.query import Query
from services.deliveries.inline import InlineSender
from services.deliveries.sending import drain
from services.dialogs.registry import DIALOGUES, ERRANDS
from services.house import House
from services.inbox.batches import Inbox
from services.inbox.visits import Visit, user_key
from services.ports import Outgoing, Page, Verdict
from services.privacy.keyring import open_keyring

SECRET_KEY = bytes(range(32))
NEW_PAGE = Query(
    int,
    """INSERT INTO communities (group_id, operator_id, title, token, secret)
    SELECT $1, id, $2, $3, $3 FROM operators WHERE code = 'default' RETURNING id""",
)


class MovingClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Bells:
    """Remembers what was rung for."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, ...]] = []

    async def ring(self, job: str, *ids: str) -> None:
        self.rung.append((job, *ids))

    async def ring_each(self, job: str, ids: Iterable[str]) -> None:
        self.rung.extend((job, each) for each in ids)


class Post:
    """A channel that keeps what it was given; `verdicts` are its next answers."""

    def __init__(self) -> None:
        self.messages: list[tuple[int, int, Message]] = []
        self.verdicts: list[Verdict] = []

    async def send(self, page: Page, batch: Sequence[Outgoing]) -> list[Verdict]:
        answers: list[Verdict] = []
        for item in batch:
            verdict = self.verdicts.pop(0) if self.verdicts else Verdict(outcome="sent")
            if verdict.outcome == "sent":
                self.messages.append((item.peer_id, item.random_id, item.message))
            answers.append(verdict)
        return answers

    def to(self, user_id: int) -> list[str]:
        return [message.text for peer_id, _, message in self.messages if peer_id == user_id]


class FreePace:
    """Lets everybody call at once."""

    def __init__(self) -> None:
        self.paused: list[tuple[int, float]] = []

    async def reserve(self, group_id: int, max_wait: float) -> float | None:
        return 0.0

    async def pause(self, group_id: int, seconds: float) -> None:
        self.paused.append((group_id, seconds))


class Hall:
    """A community page with its inbox, and residents who come to it."""

    def __init__(self, pool: asyncpg.Pool, house: House, clock: MovingClock) -> None:
        self.pool, self.house, self.clock = pool, house, clock
        self.bells, self.post, self.pace = Bells(), Post(), FreePace()
        self.inline = InlineSender(pool, house, self.post, self.pace, self.bells)
        self.inbox = self.another_inbox()
        self.community: Community
        self._ids = count(1)

    def another_inbox(self) -> Inbox:
        return Inbox(self.pool, self.house, DIALOGUES, ERRANDS, self.bells, self.inline)

    async def add_page(self, group_id: int) -> Community:
        token = self.house.sealer.seal("communities.token", f"vk:{group_id}", b"token")
        async with self.pool.acquire() as connection:
            await NEW_PAGE.one(connection, group_id, "Город", token)
            await self.house.directory.refresh(connection)
            page = await self.house.directory.page(connection, "vk", group_id)
        assert page is not None
        return page

    def visit(self, event: Event, kind: str = "message_new", event_id: str = "") -> Visit:
        return Visit(
            community=self.community,
            event_id=event_id or f"event-{next(self._ids)}",
            type=kind,
            event=event,
            user_key=user_key(self.house, getattr(event, "user_id", 0)),
        )

    async def says(self, user_id: int, text: str, event_id: str = "") -> None:
        said = Said(user_id, Incoming("text", text), Capabilities())
        await self.inbox.take(self.visit(said, event_id=event_id))

    async def presses(self, user_id: int, payload: Mapping[str, object]) -> None:
        press = Incoming("press", "", json.encode(payload))
        await self.inbox.take(self.visit(Said(user_id, press, Capabilities())))

    async def settle(self) -> None:
        """Let everything leave that can leave now."""
        await self.inline.stop()
        await drain(self.pool, self.house, self.post, self.pace, self.community, 5)

    async def files_an_appeal(self, user_id: int) -> None:
        for text in ("меню", "1", "1", "1"):
            await self.says(user_id, text)
        for text in ("Согласен", "Не горит фонарь у дома", "пропустить", "пропустить"):
            await self.says(user_id, text)
        await self.says(user_id, "Анна Ли")
        await self.says(user_id, "+7 914 000-00-00")
        await self.says(user_id, "Отправить")

    async def value(self, sql: str, *args: object) -> object:
        async with self.pool.acquire() as connection:
            return await connection.fetchval(sql, *args)


@pytest.fixture
async def hall(pool: asyncpg.Pool) -> AsyncIterator[Hall]:
    clock = MovingClock()
    async with pool.acquire() as connection, connection.transaction():
        keyring = await open_keyring(connection, [SECRET_KEY])
    zone = ZoneInfo("Asia/Vladivostok")
    house = House(region="27", zone=zone, clock=clock, keyring=keyring, directory=Directory())
    found = Hall(pool, house, clock)
    found.community = await found.add_page(5)
    found.inbox.start()
    yield found
    await found.inbox.stop()
    await asyncio.wait_for(found.inline.stop(), 60)
