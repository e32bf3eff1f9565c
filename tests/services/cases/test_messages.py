"""Words that change no state, calls and tags."""

from typing import Any
from uuid import UUID

import pytest

from schemas.cases import CaseFilters, MessageRequest
from services.cases.errors import AssignmentEnded, NothingToCall
from services.cases.holding import hold_for
from services.cases.listing import list_cases
from services.cases.messages import add_from_resident, mark_called, put_tags, write_to_resident
from services.cases.moving import resident_move
from services.cases.reading import read_events
from services.db.ids import new_id
from services.errors import InvalidRequest, TransitionNotAllowed


@pytest.fixture
def write(connection: Any, house: Any) -> Any:
    async def message(caller: Any, case_id: UUID, text: str) -> Any:
        held = await hold_for(connection, caller, case_id)
        return await write_to_resident(connection, house, caller, held, MessageRequest(text=text))

    return message


async def test_a_message_reaches_the_resident_and_changes_nothing(
    connection: Any, house: Any, write: Any, caller_of: Any, file_appeal: Any
) -> None:
    """The history keeps it; state and version stay."""
    filed = await file_appeal()
    await write(caller_of(), filed.id, "Завтра приедет мастер")
    row = await connection.fetchrow("SELECT * FROM deliveries")
    assert (row["state"], row["type"], row["case_id"]) == ("waiting", "notice", filed.id)
    versions = await connection.fetchrow(
        "SELECT c.version, a.version AS own FROM cases c JOIN assignments a ON a.case_id = c.id"
    )
    assert tuple(versions) == (1, 1)
    events = await read_events(connection, house, caller_of(), filed.id)
    assert (events[-1].message, events[-1].delivery) == ("Завтра приедет мастер", "waiting")
    with pytest.raises(InvalidRequest):
        await write(caller_of(), filed.id, " \n")


async def test_a_department_that_handed_on_writes_no_more(
    connection: Any, write: Any, caller_of: Any, file_appeal: Any
) -> None:
    """It still sees the case."""
    filed = await file_appeal()
    await connection.execute("UPDATE assignments SET state = 'forwarded'")
    with pytest.raises(AssignmentEnded):
        await write(caller_of(), filed.id, "Ещё одно")


async def test_what_a_resident_adds_makes_versions_grow(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Nobody answers without having seen it; a finished case takes nothing more."""
    filed = await file_appeal()
    await add_from_resident(connection, house, filed.id, "Яма стала больше")
    assert await connection.fetchval("SELECT version FROM assignments") == 2
    events = await read_events(connection, house, caller_of(), filed.id)
    assert (events[-1].by, events[-1].message) == ("resident", "Яма стала больше")
    await resident_move(connection, house, filed.id, "withdrawn")
    with pytest.raises(TransitionNotAllowed):
        await add_from_resident(connection, house, filed.id, "И ещё")


async def test_calls_to_make(
    connection: Any, house: Any, write: Any, caller_of: Any, file_appeal: Any
) -> None:
    """A parked message is in the list until it is told; all of its parts are settled at once."""
    filed = await file_appeal(account_id=None, community_id=None)
    await write(caller_of(), filed.id, "Первое")
    await write(caller_of(), filed.id, "слово " * 1500)
    caller = caller_of()

    async def to_call() -> int:
        return len((await list_cases(connection, house, caller, CaseFilters(to_call=True))).items)

    async def parked() -> int:
        return await connection.fetchval("SELECT count(*) FROM deliveries WHERE state = 'parked'")

    async def tell(event_id: UUID) -> None:
        held = await hold_for(connection, caller, filed.id)
        await mark_called(connection, house, caller, held, event_id)

    filed_event, first, second = await read_events(connection, house, caller, filed.id)
    assert (first.delivery, second.delivery) == ("parked", "parked")
    assert await to_call() == 1
    assert await parked() >= 3
    await tell(second.id)
    assert await parked() == 1
    assert await to_call() == 1
    await tell(first.id)
    assert (await parked(), await to_call()) == (0, 0)
    for event_id in (first.id, filed_event.id):
        with pytest.raises(NothingToCall):
            await tell(event_id)
    with pytest.raises(InvalidRequest):
        await tell(new_id())
    words = "SELECT count(*) FROM deliveries WHERE personal IS NOT NULL"
    assert await connection.fetchval(words) == 0


async def test_tags_are_kept_once(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    """In the order given, without empty ones."""
    filed, caller = await file_appeal(), caller_of()
    held = await hold_for(connection, caller, filed.id)
    await put_tags(connection, house, caller, held, ["яма", " двор ", "яма", " "])
    assert await connection.fetchval("SELECT tags FROM cases") == ["яма", "двор"]
