"""From the message to the case: nothing bad about a file ever costs more than that file."""

import asyncio
from uuid import UUID

import pytest

from services.files.discarding import sweep_files
from services.files.fetching import fetch_files
from services.files.limits import FETCH_TRIES
from services.ports import Fetch
from services.retention.running import let_go
from services.tidying import tidy_up
from tests import hostile
from tests.services.files.conftest import Archive

PHOTO, LETTER = "https://sun1.userapi.com/1.jpg", "https://vk.com/doc1_2"
LATER = Fetch(outcome="retry", code="timeout")
MEGABYTE = 1024 * 1024


def pdf(size: int) -> bytes:
    """A PDF of so many bytes."""
    return b"%PDF-1.4\n" + b"x" * (size - 15) + b"\n%%EOF"


async def test_a_file_is_noted_with_its_event_and_fetched_by_a_worker(archive: Archive) -> None:
    """The callback fetches nothing; what was fetched is sealed; the resident hears of both."""
    archive.source.keep(PHOTO, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    assert archive.source.asked == []
    assert ("fetch",) in archive.hall.bells.rung
    assert "Получили 1 файл" in (await archive.heard(10))[-1]
    noted = await archive.hall.value("SELECT personal FROM files")
    assert isinstance(noted, bytes)
    assert b"userapi" not in noted
    await archive.work()
    assert (await archive.heard(10))[-1] == "Загружено: 1 файл."
    assert b"JFIF" not in b"".join(archive.storage.kept.values())
    case_id = await archive.file(10)
    assert await archive.hall.value("SELECT number FROM files WHERE case_id = $1", case_id) == 1


async def test_an_appeal_does_not_wait_for_its_files(archive: Archive) -> None:
    """A file that comes after «Отправить» joins the case; its department hears of it."""
    archive.source.say(LETTER, LATER, Fetch(outcome="fetched", content=hostile.PDF))
    await archive.walk_to_files(10)
    await archive.send(10, LETTER, name="письмо.pdf")
    await archive.work()
    assert await archive.states() == ["waiting"]
    case_id = await archive.file(10)
    version = await archive.hall.value("SELECT version FROM cases")
    archive.hall.clock.move(seconds=10)
    await archive.work()
    assert await archive.states() == ["stored"]
    number = await archive.hall.value("SELECT number FROM cases WHERE id = $1", case_id)
    assert (await archive.heard(10))[-1] == f"Загружено к заявке {number}: 1 файл."
    assert await archive.hall.value("SELECT version FROM cases") == version
    assert await archive.hall.value("SELECT updated_at > created_at FROM cases") is True


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Fetch(outcome="refused", code="gone"), "во ВКонтакте его больше нет"),
        (Fetch(outcome="refused", code="foreign"), "он лежит не во ВКонтакте"),
        (Fetch(outcome="refused", code="too_large"), "он больше 10 МБ"),
        (Fetch(outcome="fetched", content=hostile.PROGRAM), "принимаем только фото"),
        (Fetch(outcome="fetched", content=hostile.ARCHIVE_BOMB), "может навредить"),
        (Fetch(outcome="fetched", content=hostile.PDF + b" "), ""),
        (Fetch(outcome="fetched", content=b"%PDF-virus %%EOF"), "вредоносную программу"),
        (Fetch(outcome="fetched"), "он пустой"),
    ],
)
async def test_a_bad_file_is_one_sentence(archive: Archive, answer: Fetch, why: str) -> None:
    """The good one beside it is kept, and the appeal is filed with it."""
    archive.source.keep(PHOTO, hostile.picture())
    archive.source.say(LETTER, answer)
    await archive.walk_to_files(10)
    await archive.send(10, LETTER, name="a/b/отчёт.pdf")
    await archive.send(10, PHOTO)
    await archive.work()
    told = "\n".join(await archive.heard(10))
    assert told.count("Файл «отчёт.pdf» не приложили") == bool(why)
    assert why in told
    await archive.file(10)
    fit = await archive.hall.value("SELECT count(*) FROM files WHERE case_id IS NOT NULL")
    assert fit == (1 if why else 2)
    summary = (await archive.heard(10))[-2]
    assert f"Фото и файлы: {'1 файл (не подошло: 1)' if why else '2 файла'}" in summary


async def test_a_file_that_never_comes_is_given_up(archive: Archive) -> None:
    """After the last try the resident is told; each waits longer than the one before."""
    archive.source.say(PHOTO, LATER)
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    for wait in FETCH_TRIES[1:]:
        await archive.work()
        assert await archive.states() == ["waiting"]
        archive.hall.clock.move(seconds=wait.total_seconds() - 1)
        await archive.work()
        archive.hall.clock.move(seconds=1)
    await archive.work()
    assert await archive.states() == ["refused"]
    assert len(archive.source.asked) == len(FETCH_TRIES)
    assert "не удалось загрузить" in (await archive.heard(10))[-1]


async def test_a_full_disk_costs_tries_not_the_job(archive: Archive) -> None:
    """What could not be kept is fetched again; others go on."""
    archive.source.keep(PHOTO, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    archive.storage.full = True
    await archive.work()
    assert await archive.states() == ["waiting"]
    archive.storage.full = False
    archive.hall.clock.move(minutes=1)
    await archive.work()
    assert await archive.states() == ["stored"]


async def test_a_killed_worker_loses_nothing(archive: Archive) -> None:
    """Its lease ends, the sweep rings, another fetches; a late first one overwrites nothing."""
    archive.source.keep(PHOTO, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    await archive.pool.execute(
        "UPDATE files SET state = 'leased', attempts = 1, leased_until = $1",
        archive.hall.clock.moment,
    )
    archive.storage.kept = {
        f"{await archive.hall.value('SELECT place FROM files')}x1": b"half of it"
    }
    await sweep_files(archive.pool, archive.hall.house, archive.hall.bells)
    assert await archive.states() == ["leased"]
    archive.hall.clock.move(seconds=1)
    archive.hall.bells.rung.clear()
    await sweep_files(archive.pool, archive.hall.house, archive.hall.bells)
    assert ("fetch",) in archive.hall.bells.rung
    await archive.work()
    assert await archive.states() == ["stored"]
    assert [name[-2:] for name in archive.storage.kept] == ["x2"]


async def test_two_workers_fetch_a_file_once(archive: Archive) -> None:
    """Whoever claims it has it; a resident's files come one after the other."""
    urls = [f"{PHOTO}?{number}" for number in range(6)]
    for url in urls:
        archive.source.keep(url, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, *urls)
    house, bells = archive.hall.house, archive.hall.bells
    await asyncio.gather(
        *(fetch_files(archive.pool, house, archive.desk, bells, 5) for _ in range(3))
    )
    await archive.work()
    assert [url for url, _ in archive.source.asked] == urls
    assert await archive.states() == ["stored"] * 6


async def test_ten_files_an_appeal(archive: Archive) -> None:
    """What is beyond is not taken, and the resident hears why."""
    archive.source.keep(PHOTO, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, *[PHOTO] * 8)
    await archive.send(10, *[PHOTO] * 5)
    assert (
        "Не взяли 3 файла. К обращению можно приложить не больше 10"
        in (await archive.heard(10))[-1]
    )
    assert len(await archive.states()) == 10


async def test_twenty_files_a_day(archive: Archive) -> None:
    """Cancelled drafts count too; the next day, by the krai's clock, there is room again."""
    archive.source.keep(PHOTO, hostile.picture())
    for _ in range(2):
        await archive.walk_to_files(10)
        await archive.send(10, *[PHOTO] * 10)
        await archive.hall.says(10, "отмена")
    await archive.work()
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    assert "за день принимаем" in (await archive.heard(10))[-1]
    archive.hall.clock.move(hours=11)  # from 13:00 to midnight in Khabarovsk
    await archive.send(10, PHOTO)
    assert "Получили 1 файл" in (await archive.heard(10))[-1]


async def test_thirty_megabytes_a_day(archive: Archive) -> None:
    """Counted as they came; no more than what is left is ever read."""
    archive.source.keep(LETTER, pdf(9 * MEGABYTE))
    await archive.walk_to_files(10)
    await archive.send(10, *[LETTER] * 4, name="план.pdf")
    await archive.work()
    assert await archive.states() == ["stored", "stored", "stored", "refused"]
    assert [most for _, most in archive.source.asked] == [10 * MEGABYTE] * 3 + [3 * MEGABYTE]
    assert "за день принимаем" in "\n".join(await archive.heard(10))


async def test_files_of_a_cancelled_draft_go(archive: Archive) -> None:
    """«Отмена» and «Пропустить» make them unreadable at once; the storage is emptied after."""
    archive.source.keep(PHOTO, hostile.picture())
    for word in ("отмена", "пропустить"):
        await archive.walk_to_files(10)
        await archive.send(10, PHOTO)
        await archive.work()
        assert len(archive.storage.kept) == 1
        await archive.hall.says(10, word)
        assert await archive.hall.value("SELECT count(personal) FROM files") == 0
        await archive.work()
        assert archive.storage.kept == {}
        await archive.hall.says(10, "отмена")


async def test_a_file_whose_draft_is_cancelled_while_it_comes(archive: Archive) -> None:
    """What arrives too late is not kept."""
    archive.source.keep(PHOTO, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    fetch = archive.source.fetch

    async def slow(url: str, at_most: int) -> Fetch:
        await archive.hall.says(10, "отмена")
        return await fetch(url, at_most)

    archive.source.fetch = slow  # type: ignore[method-assign] - the same, but later
    await archive.work()
    assert archive.storage.kept == {}
    assert await archive.states() == ["dropped"]


async def test_files_of_an_expired_draft_go(archive: Archive) -> None:
    """With the draft; its row is forgotten when it no longer counts for a day."""
    archive.source.keep(PHOTO, hostile.picture())
    await archive.walk_to_files(10)
    await archive.send(10, PHOTO)
    await archive.work()
    await let_go(archive.pool, archive.hall.clock.now())
    assert await archive.states() == ["stored"]
    archive.hall.clock.move(days=8)
    await tidy_up(archive.pool, archive.hall.house)
    await archive.work()
    assert await archive.states() == ["gone"]
    assert archive.storage.kept == {}
    await let_go(archive.pool, archive.hall.clock.now())
    assert await archive.states() == []


async def test_files_of_an_erased_case_go(archive: Archive) -> None:
    """Erasing takes what a finished case holds; an open one keeps its files."""
    archive.source.keep(PHOTO, hostile.picture())
    cases: list[UUID] = []
    for _ in range(2):
        await archive.walk_to_files(10)
        await archive.send(10, PHOTO)
        await archive.work()
        cases.append(await archive.file(10))
        archive.hall.clock.move(seconds=1)
    await archive.pool.execute(
        "UPDATE cases SET final = true, state = 'closed' WHERE id = $1", cases[0]
    )
    for text in ("Мои данные", "Удалить мои данные", "Да"):
        await archive.hall.says(10, text)
    await archive.work()
    rows = await archive.pool.fetch("SELECT case_id, state FROM files ORDER BY seq")
    assert [tuple(row) for row in rows] == [(cases[0], "gone"), (cases[1], "stored")]
    assert len(archive.storage.kept) == 1
