"""When `gateway serve` and `gateway worker` refuse to start, and what they say."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.db.migrate import migrate, read_migrations
from tests.acceptance.town import Town, complains, town_folder
from tests.acceptance.waiting import soon

KEY = base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def folder() -> Iterator[Path]:
    with town_folder() as folder:
        yield folder


async def run(address: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(address)
    try:
        return [await connection.fetch(each) for each in statement.split(";")][-1]
    finally:
        await connection.close()


@pytest.fixture
async def empty_database(database: str) -> str:
    await run(database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return database


@pytest.fixture
async def old_database(empty_database: str) -> str:
    """A database whose last migration is still to come."""
    await migrate(empty_database, read_migrations()[:-1])
    return empty_database


def test_an_old_schema_is_refused(folder: Path, old_database: str, redis_url: str) -> None:
    """On an outside database nobody migrates unasked; after `gateway migrate` it starts."""
    town = Town(folder, old_database, redis_url)
    for name in ("serve", "worker"):
        assert complains(town.command(name), "gateway migrate")
    assert read_migrations()[-1].name in town.must("migrate")
    assert "up to date" in town.must("migrate")
    try:
        town.serve()
        soon(lambda: town.health() == "degraded")
    finally:
        town.close()


async def test_an_empty_database_is_left_alone(
    folder: Path, empty_database: str, redis_url: str
) -> None:
    """Nothing is made in somebody's database before `gateway migrate` is asked for."""
    town = Town(folder, empty_database, redis_url)
    assert complains(town.command("serve"), "gateway migrate")
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert await run(empty_database, tables) == []


def test_a_database_that_is_away_is_named(folder: Path, database: str, redis_url: str) -> None:
    """One sentence names the setting and repeats nothing of it, for it holds a password."""
    password = database.partition("@")[0].rpartition(":")[2]
    for address in (database.replace("/test_", "/gone_"), database.replace("=5432", "=five")):
        refused = Town(folder, address, redis_url).command("serve")
        assert complains(refused, "GATEWAY_DATABASE_URL")
        assert password not in refused.stderr


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_production_names_all_that_is_missing(folder: Path, name: str) -> None:
    """Both URLs, the keys and an https address, in one message; nothing is started."""
    town = Town(folder)
    refused = town.command(name, GATEWAY_MODE="production", GATEWAY_VK_API_URL="")
    missing = ("DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "PUBLIC_URL")
    assert complains(refused, *(f"GATEWAY_{setting}" for setting in missing))
    assert not town.data_dir.exists()


def test_production_wants_https(folder: Path, database: str, redis_url: str) -> None:
    """Unless every page is long_poll, VK would post what residents write in the clear."""
    town = Town(folder, database, redis_url)
    town.settings |= {
        "GATEWAY_MODE": "production",
        "GATEWAY_SECRET_KEYS": KEY,
        "GATEWAY_PUBLIC_URL": "http://gateway.example",
        "GATEWAY_VK_API_URL": "",
    }
    page = ("community", "add", "--group-id", "1", "--title", "Город", "--token", "t")
    town.must(*page, "--transport", "callback")
    assert complains(town.command("serve"), "GATEWAY_PUBLIC_URL", "https")
    town.must(*page, "--transport", "long_poll")
    try:
        town.serve()
        soon(lambda: town.health() == "degraded")
    finally:
        town.close()


def test_bad_settings_are_named_together(folder: Path) -> None:
    """One message for all of them."""
    bad = {"GATEWAY_PORT": "many", "GATEWAY_REGION": "Хабаровск", "GATEWAY_TIMEZONE": "Mars/Base"}
    assert complains(Town(folder).command("serve", **bad), *bad)


def test_other_keys_do_not_open_a_database(folder: Path, database: str, redis_url: str) -> None:
    """Wrong secret keys are noticed at the start, not at the first resident."""
    town = Town(folder, database, redis_url)
    town.must("operator", "list")
    refused = town.command("serve", GATEWAY_SECRET_KEYS=KEY)
    assert complains(refused, "GATEWAY_SECRET_KEYS")


def test_a_port_in_use_is_named(folder: Path, database: str, redis_url: str) -> None:
    """The second gateway on a port says which one."""
    town = Town(folder, database, redis_url)
    try:
        town.serve()
        soon(lambda: town.health() is not None)
        assert complains(town.command("serve"), str(town.port))
    finally:
        town.close()
