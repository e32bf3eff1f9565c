"""A resident rates the answer, each one once."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.cases import MoveRequest
from services.cases.holding import hold_for
from services.cases.moving import move, resident_move
from services.cases.rating import can_rate, rate
from services.cases.reading import open_case
from services.errors import TransitionNotAllowed
from services.house import House
from tests.services.cases.conftest import NOON, FileAppeal

LATER = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "answered_at", "rated_at", "can"),
    [
        ("answered", NOON, None, True),
        ("closed", NOON, None, True),
        ("answered", NOON, LATER, False),
        ("answered", LATER, NOON, True),
        ("registered", None, None, False),
        ("reopened", NOON, None, False),
        ("closed", None, None, False),
        ("withdrawn", NOON, None, False),
    ],
)
def test_when(state: str, answered_at: Any, rated_at: Any, can: bool) -> None:
    """There must be an answer, and a new answer can be rated anew."""
    assert can_rate(state, answered_at, rated_at) is can


async def test_a_mark_is_kept_and_shown(
    connection: Any, house: House, file_appeal: FileAppeal, caller_of: Any
) -> None:
    """The department sees it with the case and in the history; no version grows."""
    filed = await file_appeal()
    caller = caller_of()
    with pytest.raises(TransitionNotAllowed):
        await rate(connection, house, filed.id, 5)
    held = await hold_for(connection, caller, filed.id)
    await move(connection, house, caller, held, MoveRequest(to="answered", message="Готово"), '"1"')
    before = await open_case(connection, house, caller, filed.id)
    await rate(connection, house, filed.id, 2)
    after = await open_case(connection, house, caller, filed.id)
    assert (after.details.rating, after.version) == (2, before.version)
    assert (
        await connection.fetchval(
            "SELECT type FROM case_events WHERE case_id = $1 ORDER BY seq DESC LIMIT 1", filed.id
        )
        == "rated"
    )
    await resident_move(connection, house, filed.id, "reopened", "Не решено")
    with pytest.raises(TransitionNotAllowed):
        await rate(connection, house, filed.id, 5)
