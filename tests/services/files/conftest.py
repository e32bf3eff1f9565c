"""Files on a real database, with a VK, a disk and a painter that do as a test says."""

from typing import Literal
from uuid import UUID

import asyncpg
import pytest

from schemas.dialogs import Capabilities, Incoming, SentFile
from schemas.events import Said
from services.db.ids import new_id
from services.files.discarding import discard_dropped
from services.files.fetching import FileDesk, fetch_files
from services.ports import Fetch, Picture
from tests.services.inbox.conftest import Hall, hall

__all__ = ["hall"]


class Shelves:
    """`FileSource`: gives what lies at an address, or what it is told to say instead."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Fetch]] = {}
        self.asked: list[tuple[str, int]] = []

    def keep(self, url: str, content: bytes) -> None:
        self.kept[url] = [Fetch(outcome="fetched", content=content)]

    def say(self, url: str, *answers: Fetch) -> None:
        self.kept[url] = list(answers)

    async def fetch(self, url: str, at_most: int) -> Fetch:
        self.asked.append((url, at_most))
        answers = self.kept[url]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if len(answer.content) > at_most:
            return Fetch(outcome="refused", code="too_large")
        return answer


class Painter:
    """`Pictures`: says of each picture that it was made anew."""

    async def remake(self, content: bytes, content_type: str) -> Picture:
        return Picture(b"anew:" + content, "image/jpeg")


class Doctor:
    """`Scanner` that finds what a test hid."""

    async def scan(self, content: bytes) -> Literal["clean", "unscanned", "infected"]:
        return "infected" if b"virus" in content else "clean"


class Attic:
    """`Storage` in memory; `full` makes it fail."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.full = False

    async def put(self, name: str, content: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.kept[name] = content

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def drop(self, name: str) -> None:
        self.kept.pop(name, None)


class Archive:
    """A page whose residents send files, and the worker that fetches them."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.source, self.storage = Shelves(), Attic()
        self.desk = FileDesk(self.source, Painter(), Doctor(), self.storage)

    @property
    def pool(self) -> asyncpg.Pool:
        return self.hall.pool

    async def walk_to_files(self, user_id: int) -> None:
        for text in ("меню", "1", "1", "1", "Согласен", "Не горит фонарь", "пропустить"):
            await self.hall.says(user_id, text)

    async def send(self, user_id: int, *urls: str, name: str = "", text: str = "") -> list[UUID]:
        """Send files in one message; return their ids."""
        files = tuple(SentFile(new_id(), url, name) for url in urls)
        said = Said(user_id, Incoming("other", text, files=files), Capabilities())
        await self.hall.inbox.take(self.hall.visit(said))
        return [file.id for file in files]

    async def file(self, user_id: int) -> UUID:
        """Go on from the files and send the appeal; return the case."""
        for text in ("Готово", "Анна Ли", "+7 914 000-00-00", "Отправить"):
            await self.hall.says(user_id, text)
        found = await self.hall.value("SELECT id FROM cases ORDER BY created_at DESC LIMIT 1")
        assert isinstance(found, UUID)
        return found

    async def work(self) -> None:
        """Let a worker do all that is due now."""
        await discard_dropped(self.pool, self.storage)
        await fetch_files(self.pool, self.hall.house, self.desk, self.hall.bells, 5)

    async def heard(self, user_id: int) -> list[str]:
        await self.hall.settle()
        return self.hall.post.to(user_id)

    async def states(self) -> list[str]:
        rows = await self.pool.fetch("SELECT state FROM files ORDER BY seq")
        return [row["state"] for row in rows]


@pytest.fixture
async def archive(hall: Hall) -> Archive:
    return Archive(hall)
