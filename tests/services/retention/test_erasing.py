"""What is erased leaves its figures, and nothing that leads back to the person."""

from typing import Any

import pytest

from services.monitor.folding import fold
from services.retention.running import let_go
from tests.services.inbox.conftest import Hall, hall

__all__ = ["hall"]

USER = 10
FIGURES = (
    "SELECT measure, kind, sum(n) FROM monitor_facts GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT kind, state, category, municipality, legal_kind, created_at, due_at FROM cases",
    "SELECT type, by, source, target, at FROM case_events ORDER BY seq",
    "SELECT kind, state, department_id FROM assignments",
)
CLOSE = "UPDATE cases SET final = true, state = 'closed', updated_at = $1"


async def rows(hall: Hall, sql: str) -> list[Any]:
    async with hall.pool.acquire() as connection:
        return [tuple(row) for row in await connection.fetch(sql)]


async def figures(hall: Hall) -> list[Any]:
    await fold(hall.pool, hall.house)
    return [await rows(hall, sql) for sql in FIGURES]


@pytest.fixture
async def appeal(hall: Hall) -> Hall:
    """A page with one appeal that is open."""
    await hall.files_an_appeal(USER)
    await hall.settle()
    return hall


async def close(hall: Hall) -> None:
    async with hall.pool.acquire() as connection:
        await connection.execute(CLOSE, hall.clock.now())


async def test_an_old_case_leaves_its_figures_and_nobody(appeal: Hall) -> None:
    """After its five years the words go, then the person; with the consent the account."""
    await close(appeal)
    before = await figures(appeal)
    appeal.clock.move(days=5 * 365)
    await let_go(appeal.pool, appeal.clock.now())
    assert await appeal.value("SELECT personal IS NOT NULL FROM cases")
    for text in ("Мои данные", "Отозвать согласие", "Да"):
        await appeal.says(USER, text)
    appeal.clock.move(days=2)
    await let_go(appeal.pool, appeal.clock.now())
    erased = "SELECT personal, phone_key, latitude, longitude FROM cases"
    assert await rows(appeal, erased) == [(None,) * 4]
    assert await rows(appeal, "SELECT DISTINCT personal FROM case_events") == [(None,)]
    appeal.clock.move(days=3 * 365 + 2)
    await let_go(appeal.pool, appeal.clock.now())
    for table in ("accounts", "dialogs", "consents", "children"):
        assert await appeal.value(f"SELECT count(*) FROM {table}") == 0, table
    assert await rows(appeal, "SELECT account_id FROM cases") == [(None,)]
    assert await appeal.value("SELECT count(*) FROM deliveries WHERE account_id IS NOT NULL") == 0
    assert await figures(appeal) == before


async def test_what_is_kept_for_the_clock_goes_when_it_ends(appeal: Hall) -> None:
    """Asked while the case is open: it stays until then; what is filed afterwards stays too."""
    for text in ("Мои данные", "Удалить мои данные", "Да"):
        await appeal.says(USER, text)
    await let_go(appeal.pool, appeal.clock.now())
    assert await appeal.value("SELECT personal IS NOT NULL FROM cases")
    appeal.clock.move(hours=1)
    await appeal.files_an_appeal(USER)
    await close(appeal)
    await let_go(appeal.pool, appeal.clock.now())
    kept = "SELECT personal IS NOT NULL FROM cases ORDER BY created_at"
    assert await rows(appeal, kept) == [(False,), (True,)]
    noted = "SELECT who FROM acts WHERE what = 'case erased'"
    assert await rows(appeal, noted) == [("gateway",)]
