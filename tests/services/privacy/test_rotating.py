"""A new key: every sealed column is covered, a stop costs nothing, nobody is left unread."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from services.privacy.columns import NOT_SEALED, SEALED, SealedColumn
from services.privacy.errors import Unreadable, WrongSecretKeys
from services.privacy.keyring import open_keyring, refresh_keyring
from services.privacy.rotating import (
    SETTLED,
    TooEarly,
    begin,
    check_settled,
    finish,
    put_in_force,
    reseal_some,
    retire,
    walk_anew,
)
from services.privacy.sealing import Sealer
from tests.services.privacy.conftest import HOMES, fill, opened

KEYS = [b"k" * 32]
NOW = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
BYTES = """SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'bytea'"""
FORGERIES = (
    ("on", "UPDATE case_events SET type = 'forged'"),
    ("on", "UPDATE case_events SET personal = NULL, type = 'forged'"),
    ("off", "UPDATE case_events SET personal = 'forged'"),
)
ALL_VALUES = {name: [name] for name in HOMES}


@pytest.fixture
async def sealer(connection: Any) -> Sealer:
    sealer = (await open_keyring(connection, KEYS)).sealer
    await fill(connection, sealer)
    return sealer


async def walk(connection: Any, sealer: Sealer, column: SealedColumn) -> int:
    """Walk a column until it is clean; return how many rows were sealed anew so far."""
    while True:
        now = await reseal_some(connection, sealer, column)
        if now.step.clean:
            return now.step.resealed


async def rotate(connection: Any) -> int:
    """Rotate from the beginning, or from where it stands, to the end."""
    rotation = await begin(connection, KEYS, NOW)
    await put_in_force(connection, rotation.key_id, NOW)
    sealer = (await open_keyring(connection, KEYS)).sealer
    for column in SEALED:
        await walk(connection, sealer, column)
    await finish(connection, KEYS, rotation, NOW)
    return rotation.key_id


async def test_every_column_of_bytes_is_listed(connection: Any) -> None:
    """A column is sealed, and rotated, or it is known to be none: a new one fails here."""
    found = {row[0] for row in await connection.fetch(BYTES)}
    listed = {column.name for column in SEALED}
    assert found == listed | NOT_SEALED
    assert not listed & NOT_SEALED
    assert set(HOMES) | {"canary.sealed"} == listed


async def test_everything_is_sealed_with_the_new_key(connection: Any, sealer: Sealer) -> None:
    """As the code binds it: the older key is forgotten, and all is still read."""
    key_id = await rotate(connection)
    assert await retire(connection, key_id, NOW + SETTLED) == 1
    after = (await open_keyring(connection, KEYS)).sealer  # opens the canary too
    assert after.newest == key_id
    assert await opened(connection, after) == ALL_VALUES
    with pytest.raises(Unreadable):
        await opened(connection, sealer)


async def test_both_keys_open_while_it_lasts(connection: Any, sealer: Sealer) -> None:
    """A running process learns of the key, opens both ways, and seals with the one in force."""
    old = sealer.newest
    rotation = await begin(connection, KEYS, NOW)
    await refresh_keyring(connection, sealer, KEYS)
    assert sealer.newest == old
    await put_in_force(connection, rotation.key_id, NOW)
    await refresh_keyring(connection, sealer, KEYS)
    assert sealer.newest == rotation.key_id
    for column in SEALED[: len(SEALED) // 2]:
        await walk(connection, sealer, column)
    assert await opened(connection, sealer) == ALL_VALUES


async def test_it_goes_on_where_it_was_stopped(
    connection: Any, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second start makes no second key, and seals nothing twice."""
    monkeypatch.setattr("services.privacy.rotating.ROWS", 2)
    column = next(each for each in SEALED if each.name == "deliveries.personal")
    for _ in range(6):
        await fill_deliveries(connection, sealer)
    rotation = await begin(connection, KEYS, NOW)
    await put_in_force(connection, rotation.key_id, NOW)
    newest = (await open_keyring(connection, KEYS)).sealer
    stopped = await reseal_some(connection, newest, column)
    assert (stopped.step.resealed, stopped.step.clean) == (2, False)
    assert await begin(connection, KEYS, NOW) == type(rotation)(rotation.key_id, NOW)
    assert await walk(connection, newest, column) == 7
    assert (await reseal_some(connection, newest, column)).step.resealed == 7


async def test_what_came_behind_the_walk_is_found(connection: Any, sealer: Sealer) -> None:
    """A process that had not learned of the key yet: the walk before `retire` finds its rows."""
    key_id = await rotate(connection)
    await fill_deliveries(connection, sealer)
    newest = (await open_keyring(connection, KEYS)).sealer
    assert await check_settled(connection, NOW + SETTLED) == key_id
    await walk_anew(connection, key_id)
    for column in SEALED:
        await walk(connection, newest, column)
    await retire(connection, key_id, NOW + SETTLED)
    newest = (await open_keyring(connection, KEYS)).sealer
    assert (await opened(connection, newest))["deliveries.personal"] == ["deliveries.personal"] * 2


async def test_a_row_that_nobody_can_open_stops_nothing(connection: Any, sealer: Sealer) -> None:
    """It is named and left; the rotation comes to its end."""
    stranger = Sealer({77: b"s" * 32}, b"i" * 32)
    lost = stranger.seal("dialogs.personal", "x", b"lost")
    await connection.execute("UPDATE dialogs SET personal = $1", lost)
    row = str(await connection.fetchval("SELECT id FROM dialogs"))
    rotation = await begin(connection, KEYS, NOW)
    await put_in_force(connection, rotation.key_id, NOW)
    newest = (await open_keyring(connection, KEYS)).sealer
    column = next(each for each in SEALED if each.name == "dialogs.personal")
    now = await reseal_some(connection, newest, column)
    assert now.unreadable == (row,)
    assert now.step.clean
    assert await connection.fetchval("SELECT personal FROM dialogs") == lost


async def test_old_keys_stay_as_long_as_somebody_may_use_them(
    connection: Any, sealer: Sealer
) -> None:
    """Not before the rotation's end, nor before every transaction under the old key is over."""
    await begin(connection, KEYS, NOW)
    with pytest.raises(TooEarly):
        await check_settled(connection, NOW + SETTLED)
    key_id = await rotate(connection)
    with pytest.raises(TooEarly):
        await retire(connection, key_id, NOW + SETTLED - timedelta(seconds=1))
    after = (await open_keyring(connection, KEYS)).sealer
    assert after.knows({key_id, sealer.newest}, key_id)


async def test_secret_keys_change_with_it(connection: Any, sealer: Sealer) -> None:
    """Afterwards the newest secret key alone opens everything; a lost one is refused."""
    both = [b"n" * 32, *KEYS]
    with pytest.raises(WrongSecretKeys):
        await begin(connection, [b"n" * 32], NOW)
    rotation = await begin(connection, both, NOW)
    await refresh_keyring(connection, sealer, KEYS)  # a process that has only the older one
    await finish(connection, both, rotation, NOW)
    await open_keyring(connection, [b"n" * 32])
    with pytest.raises(WrongSecretKeys):
        await open_keyring(connection, KEYS)


async def test_only_a_rotation_may_replace_words(connection: Any, sealer: Sealer) -> None:
    """Events stay append-only for everybody else, and other columns for the rotation too."""
    await connection.execute("SET LOCAL session_replication_role = origin")
    for allowed, forgery in FORGERIES:
        await connection.execute("SELECT set_config('gateway.resealing', $1, true)", allowed)
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            async with connection.transaction():
                await connection.execute(forgery)


async def fill_deliveries(connection: Any, sealer: Sealer) -> None:
    """Add one more delivery."""
    sealed = await connection.fetchval("SELECT gen_random_uuid()")
    await connection.execute(
        """INSERT INTO deliveries (id, kind, state, type, random_id, next_at, created_at, personal)
        VALUES ($1, 'message', 'sent', 'step', 1, now(), now(), $2)""",
        sealed,
        sealer.seal("deliveries.personal", sealed, b"deliveries.personal"),
    )
