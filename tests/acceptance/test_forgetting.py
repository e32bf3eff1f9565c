"""After erasure nothing of the erased is found, not even by somebody who has every key."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from gateway.embedded.place import settle
from gateway.settings import load
from services.cases.phones import HASH_PURPOSE, normal_phone
from services.inbox.visits import CHANNEL
from services.privacy.columns import SEALED
from services.privacy.keyring import Keyring, open_keyring
from services.privacy.rotation_queries import LOCKED
from tests.acceptance.eavesdropping import kept_by, listening
from tests.acceptance.marked import (
    ADDRESS,
    ANSWER,
    FILE,
    NAME,
    PHONE,
    REPLY,
    TEXT,
    USER,
    WORDS,
    dumped,
    walk,
)
from tests.acceptance.marks import disguises, found_in, found_in_files, numbers
from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.town import GROUP, Town
from tests.acceptance.waiting import eventually

ENTERED = (TEXT, NAME, PHONE, ADDRESS, FILE, REPLY, ANSWER)
PATIENCE = 90  # seconds
YEARS_LATER = """SET session_replication_role = replica;
    UPDATE consents SET at = at - interval '4 years';
    UPDATE cases SET erased_at = erased_at - interval '4 years';
    UPDATE files SET created_at = created_at - interval '4 years';
    UPDATE accounts SET created_at = created_at - interval '4 years';
    UPDATE dialogs SET updated_at = updated_at - interval '4 years';
    SET session_replication_role = origin"""
FIGURES = "SELECT kind, state, category, topic, created_at, due_at FROM cases ORDER BY created_at"
KEPT_FILES = "SELECT count(*) FROM files WHERE state NOT IN ('gone', 'refused')"


@pytest.fixture(scope="module")
def town(own_town: Town) -> Town:
    return own_town


@pytest.fixture
def overheard(town: Town) -> Iterator[bytearray]:
    with listening(str(town.embedded().redis_url)) as heard:
        yield heard


@pytest.fixture
async def database(town: Town) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(town.embedded().database_url)
    yield connection
    await connection.close()


async def test_nothing_of_the_erased_is_left(
    town: Town,
    vk: httpx.AsyncClient,
    desk: Desk,
    database: asyncpg.Connection,
    overheard: bytearray,
) -> None:
    """Database, files, queue and logs, sealed values opened; figures are what they were."""
    keys = load({"GATEWAY_DATA_DIR": str(town.data_dir)}).secret_keys
    keyring = await open_keyring(database, keys)
    resident = Resident(vk, GROUP, USER)
    await walk(resident, desk)
    await resident.act("allow")
    for case in await desk.cases():
        await refuse(desk, case["id"])
    figures = await database.fetch(FIGURES)
    opened, dump = await everything_opened(database, keyring), dumped(town)
    assert [word for word in ENTERED if word.encode() not in opened] == []
    assert len(found_in(opened, numbers(USER))) > 0

    await erase(resident)
    await eventually(lambda: no_file_is_kept(database), PATIENCE)
    town.must("retention", "run")
    personal = {needle for word in WORDS for needle in disguises(word)}
    number = normal_phone(PHONE)
    assert number is not None
    phone = keyring.sealer.keyed_hash(HASH_PURPOSE, number)
    assert both(phone) & set(found_in(dump, both(phone)))
    assert await found(town, database, keyring, overheard, personal | both(phone)) == {}
    assert [path for path in (town.data_dir / "files").rglob("*") if path.is_file()] == []
    assert await database.fetch(FIGURES) == figures

    await database.execute(YEARS_LATER)
    town.must("retention", "run")
    user = keyring.sealer.keyed_hash(CHANNEL, str(USER))
    marks = personal | numbers(USER) | both(user) | both(phone)
    assert await found(town, database, keyring, overheard, marks) == {}
    assert await database.fetch(FIGURES) == figures


async def refuse(desk: Desk, case_id: str) -> None:
    """End a case, whatever state it is in."""
    _, etag = await desk.case(case_id)
    ended = await desk.move(case_id, etag, "refused", message=ANSWER, reason="other")
    assert ended.status_code == 200, ended.text


async def erase(resident: Resident) -> None:
    """Ask for it in the chat, from which the page's staff has just gone."""
    await resident.act("text", text="меню")
    await resident.act("text", text="Мои данные")
    while "Оператор ваших данных" not in await resident.hear():
        pass
    await resident.press("Удалить мои данные")
    assert "удалено" in await resident.press("Да")


async def no_file_is_kept(database: asyncpg.Connection) -> bool:
    return await database.fetchval(KEPT_FILES) == 0


async def everything_opened(database: asyncpg.Connection, keyring: Keyring) -> bytes:
    """Return what every sealed value says."""
    found: list[bytes] = []
    for column in SEALED:
        sql = f"SELECT {column.key}::text FROM {column.table}"  # names of the list above
        keys = [row[0] for row in await database.fetch(sql)]
        rows = await LOCKED[column.name].all(database, keys)
        found += [keyring.sealer.open(column.place, row.bound, row.sealed) for row in rows]
    return b"\n".join(found)


async def found(
    town: Town,
    database: asyncpg.Connection,
    keyring: Keyring,
    overheard: bytearray,
    marks: set[bytes],
) -> dict[str, list[bytes]]:
    """Return which marks are found where."""
    place = settle(town.data_dir)
    heaps = {
        "dump": dumped(town),
        "sealed values": await everything_opened(database, keyring),
        "said to Valkey": bytes(overheard),
        "kept by Valkey": kept_by(str(town.embedded().redis_url)),
        "logs": "".join(town.logs().values()).encode(),
    }
    hits = {name: found_in(heap, marks) for name, heap in heaps.items()}
    for name, folder in (("files", town.data_dir / "files"), ("PostgreSQL's logs", place.logs)):
        hits[name] = [needle for _, needle in found_in_files(folder, marks)]
    return {name: needles for name, needles in hits.items() if needles}


def both(digest: bytes) -> set[bytes]:
    """Return how a hash may stand somewhere."""
    return {digest, digest.hex().encode()}
