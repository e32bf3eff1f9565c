"""Marked values walk through the whole house; afterwards they are searched for everywhere."""

import re
from collections.abc import Iterator

import asyncpg
import httpx
import pytest
from redis.exceptions import AuthenticationError

from gateway.embedded.place import settle
from tests.acceptance.eavesdropping import kept_by, listening
from tests.acceptance.marked import NAME, PHONE, TEXT, USER, WORDS, dumped, walk
from tests.acceptance.marks import disguises, found_in, found_in_files, numbers
from tests.acceptance.office import Desk, Letterbox
from tests.acceptance.people import Resident
from tests.acceptance.provocations import provoke, provoke_with_case
from tests.acceptance.town import GROUP, Town
from tests.gateway.embedded.conftest import ping, query


@pytest.fixture(scope="module")
def town(own_town: Town) -> Town:
    return own_town


@pytest.fixture
def overheard(town: Town) -> Iterator[bytearray]:
    """What is said to Valkey during the test."""
    with listening(str(town.embedded().redis_url)) as heard:
        yield heard


async def test_marked_values_are_found_nowhere(
    town: Town, vk: httpx.AsyncClient, desk: Desk, letterbox: Letterbox, overheard: bytearray
) -> None:
    """Not in the database's dump and files, Valkey, logs, metrics, webhooks and error answers."""
    secret = await desk.listen(letterbox)
    number = await walk(Resident(vk, GROUP, USER), desk)
    answers = await provoke(desk.http, desk, (NAME, PHONE, str(USER), TEXT))
    answers += await provoke_with_case(desk, (await desk.cases())[0]["id"], TEXT)

    personal = {needle for word in WORDS for needle in disguises(word)} | numbers(USER)
    secrets = {needle for word in secrets_of(town, secret) for needle in disguises(word)}
    marks = personal | secrets
    place, servers = settle(town.data_dir), town.embedded()
    await query(servers.database_url, "CHECKPOINT")
    assert found_in_files(place.cluster, disguises(number)), "the search would find nothing"
    assert b"send" in overheard
    heaps = {
        "dump": dumped(town),
        "said to Valkey": bytes(overheard),
        "kept by Valkey": kept_by(str(servers.redis_url)),
        "logs": "".join(town.logs().values()).encode(),
        "metrics": (await desk.http.get("/metrics")).content,
        "webhooks": b"".join(note.body for note in letterbox.notes),
        "error answers": b"".join(answers),
    }
    assert {
        name: found_in(heap, marks) for name, heap in heaps.items() if found_in(heap, marks)
    } == {}
    assert found_in_files(place.cluster, marks) == []
    assert found_in_files(place.logs, marks) == []
    assert found_in_files(town.data_dir, personal, but=place.cluster) == []


def secrets_of(town: Town, webhook_secret: str) -> set[str]:
    """Return what opens something, without the parts that are no secret."""
    files = ("postgres.password", "valkey.password", "secret-keys")
    kept = {(town.data_dir / name).read_text().strip() for name in files}
    keys = {key.rpartition("_")[2] for key in town.keys.values()}
    webhook = webhook_secret.removeprefix("whsec_").rstrip("=")
    return {*town.tokens.values(), *town.secrets.values(), *kept, *keys, webhook}


@pytest.mark.parametrize("password", [":wrong@", "@"])
async def test_without_the_password_nobody_gets_in(town: Town, password: str) -> None:
    """Neither PostgreSQL nor Valkey opens to a wrong password or to none."""
    found = town.embedded()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(re.sub(r":\w+@", password, str(found.database_url)), "SELECT 1")
    with pytest.raises(AuthenticationError):
        ping(re.sub(r":\w+@", password, str(found.redis_url)))
