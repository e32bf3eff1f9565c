"""Forwarding, extension, warnings: several departments, and what the resident hears."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.cases import ExtendRequest, ForwardRequest, MoveRequest
from schemas.dialogs import Message
from services.cases.applying import Moved
from services.cases.errors import AlreadyAssigned, ComplainedAbout, ExtensionNotAllowed
from services.cases.explaining import list_clocks
from services.cases.extending import extend
from services.cases.forwarding import forward
from services.cases.holding import hold_for
from services.cases.moving import move, resident_move
from services.cases.reading import read_events, show_case
from services.cases.warning import warn_of_deadlines
from services.errors import (
    Forbidden,
    InvalidRequest,
    PreconditionRequired,
    TransitionNotAllowed,
    VersionConflict,
)
from tests.services.hands import Bell

WORDS = "Вопрос передан в управление парков: дерево на их земле."


@pytest.fixture
def send(connection: Any, house: Any) -> Any:
    """Forward, extend or move with the version that the caller sees."""

    async def act(caller: Any, case_id: UUID, wish: Any, etag: str | None = "fresh") -> Moved:
        held = await hold_for(connection, caller, case_id)
        own = held.of(caller.department_id)
        version = held.case.version if own is None else own.version
        etag = f'"{version}"' if etag == "fresh" else etag
        acts: dict[type, Any] = {ForwardRequest: forward, ExtendRequest: extend, MoveRequest: move}
        return await acts[type(wish)](connection, house, caller, held, wish, etag)

    return act


@pytest.fixture
def words(connection: Any, house: Any) -> Any:
    async def opened() -> list[str]:
        rows = await connection.fetch(
            "SELECT * FROM deliveries WHERE kind = 'message' ORDER BY seq"
        )
        seal = house.sealer
        return [
            seal.open_value("deliveries.personal", row["id"], row["personal"], Message).text
            for row in rows
        ]

    return opened


@pytest.fixture
async def hooks(connection: Any, departments: dict[str, int]) -> None:
    await connection.executemany(
        "INSERT INTO webhooks (department_id, url, secret) VALUES ($1, 'http://x', '')",
        [(each,) for each in departments.values()],
    )


def to(*codes: str, message: str | None = WORDS) -> ForwardRequest:
    return ForwardRequest(departments=codes, message=message)


async def states(connection: Any, case_id: UUID) -> dict[str, str]:
    rows = await connection.fetch(
        """SELECT d.code, a.state FROM assignments a JOIN departments d ON d.id = a.department_id
        WHERE a.case_id = $1""",
        case_id,
    )
    return {row["code"]: row["state"] for row in rows}


async def test_forwarding_ends_one_assignment_and_begins_others(
    connection: Any,
    house: Any,
    send: Any,
    words: Any,
    hooks: None,
    caller_of: Any,
    file_appeal: Any,
) -> None:
    """The resident hears who has it now; each new department is told, the caller is not."""
    filed = await file_appeal()
    await connection.execute("DELETE FROM deliveries")
    moved = await send(caller_of(), filed.id, to("parks", "strict"))
    assert moved.state == "registered"
    assert await states(connection, filed.id) == {
        "roads": "forwarded",
        "parks": "registered",
        "strict": "submitted",
    }
    (told,) = await words()
    assert WORDS in told
    assert "Управление парков, Строгое управление" in told
    notes = await connection.fetch(
        """SELECT d.code, h.type FROM deliveries h JOIN departments d ON d.id = h.department_id
        WHERE h.kind = 'hand_off' ORDER BY d.code"""
    )
    assert [tuple(row) for row in notes] == [
        ("parks", "case.assigned"),
        ("strict", "case.assigned"),
    ]
    case = await show_case(connection, house, caller_of(None, role="admin"), filed.id)
    assert (case.department, case.state) == ("parks", "registered")
    events = await read_events(connection, house, caller_of(None, role="admin"), filed.id)
    assert sorted((event.type, event.department) for event in events[1:]) == [
        ("assigned", "parks"),
        ("assigned", "strict"),
        ("transition", "roads"),
    ]


async def test_the_promise_goes_on_and_all_must_be_done(
    connection: Any, house: Any, send: Any, clock: Any, caller_of: Any, file_appeal: Any
) -> None:
    """The date of the answer stays; the case is answered when the last department has answered."""
    filed = await file_appeal()
    clock.at += timedelta(days=5)
    await send(caller_of(), filed.id, to("parks", "strict"))
    rows = await connection.fetch("SELECT due_at FROM assignments WHERE state <> 'forwarded'")
    assert {row["due_at"] for row in rows} == {filed.due_at}
    first = await send(caller_of("parks"), filed.id, MoveRequest(to="answered", message="Спилили."))
    assert first.state == "submitted"
    await send(caller_of("strict"), filed.id, MoveRequest(to="registered"))
    last = await send(
        caller_of("strict"), filed.id, MoveRequest(to="answered", message="Проверили.")
    )
    assert last.state == "answered"


async def test_never_to_the_body_complained_about(
    send: Any, departments: dict[str, int], caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal(complained_about=departments["parks"])
    with pytest.raises(ComplainedAbout):
        await send(caller_of(), filed.id, to("strict", "parks"))


async def test_what_may_not_be_forwarded(send: Any, caller_of: Any, file_appeal: Any) -> None:
    """Wrong names first, then the version, then the rules, the missing message last."""
    filed = await file_appeal()
    roads = caller_of()
    with pytest.raises(InvalidRequest) as wrong:
        await send(roads, filed.id, to("nobody", "roads", "parks", "parks"), None)
    assert [error.field for error in wrong.value.errors] == [
        "departments.0",
        "departments.1",
        "departments.3",
    ]
    with pytest.raises(PreconditionRequired):
        await send(roads, filed.id, to("parks", message=None), None)
    with pytest.raises(VersionConflict):
        await send(roads, filed.id, to("parks", message=None), '"9"')
    with pytest.raises(InvalidRequest):
        await send(roads, filed.id, to("parks", message=" "))
    await send(roads, filed.id, to("parks"))
    with pytest.raises(TransitionNotAllowed):
        await send(roads, filed.id, to("strict"))
    await send(caller_of("parks"), filed.id, to("strict", "roads"))
    with pytest.raises(AlreadyAssigned):
        await send(caller_of("strict"), filed.id, to("roads"))


async def test_a_case_can_come_back(
    connection: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    """The same assignment begins again; its version grows, so that nobody acts on what he saw."""
    filed = await file_appeal()
    await send(caller_of(), filed.id, to("parks"))
    await send(caller_of("parks"), filed.id, to("roads"))
    assert await states(connection, filed.id) == {"roads": "registered", "parks": "forwarded"}
    version = "SELECT version FROM assignments WHERE case_id = $1 AND state = 'registered'"
    assert await connection.fetchval(version, filed.id) == 3


async def test_moderators_give_a_case_without_a_department_to_one(
    connection: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal(None)
    moderator = caller_of(None, role="moderator")
    moved = await send(moderator, filed.id, to("parks"))
    assert moved.state == "registered"
    assert await states(connection, filed.id) == {"parks": "registered"}
    due = await connection.fetchval("SELECT due_at FROM assignments WHERE case_id = $1", filed.id)
    assert due == filed.due_at
    with pytest.raises(Forbidden):
        await send(moderator, filed.id, to("strict"))


async def test_an_appeal_of_the_law_is_registered_where_it_arrives(
    connection: Any, house: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal(legal_kind="appeal_59fz", identity_level="verified", clock=None)
    await send(caller_of(), filed.id, MoveRequest(to="registered"))
    await send(caller_of(), filed.id, to("parks"))
    assert await states(connection, filed.id) == {"roads": "forwarded", "parks": "submitted"}
    shown = await list_clocks(connection, house, caller_of("parks"), filed.id)
    assert [(each.name, each.state) for each in shown] == [("register", "running")]


async def test_an_extension_once_and_only_for_the_law(
    connection: Any, house: Any, send: Any, words: Any, clock: Any, caller_of: Any, file_appeal: Any
) -> None:
    message = await file_appeal()
    wish = ExtendRequest(days=10, message="Ждём экспертизу.")
    with pytest.raises(ExtensionNotAllowed):
        await send(caller_of(), message.id, wish)
    filed = await file_appeal(legal_kind="appeal_59fz", identity_level="verified", clock=None)
    with pytest.raises(ExtensionNotAllowed):
        await send(caller_of(), filed.id, wish)
    await send(caller_of(), filed.id, MoveRequest(to="registered"))
    with pytest.raises(InvalidRequest):
        await send(caller_of(), filed.id, ExtendRequest(days=10))
    await send(caller_of(), filed.id, wish)
    told = (await words())[-1]
    assert "Срок ответа по заявке" in told
    assert "Ждём экспертизу." in told
    clocks = await list_clocks(connection, house, caller_of(), filed.id)
    answer = next(each for each in clocks if each.name == "answer")
    assert answer.rule == "appeal_59fz_extended.10_calendar"
    assert "часть 2" in answer.why
    due = "SELECT due_at FROM cases WHERE id = $1"
    assert await connection.fetchval(due, filed.id) == answer.due_at
    with pytest.raises(ExtensionNotAllowed):
        await send(caller_of(), filed.id, wish)


async def test_no_extension_after_the_deadline(
    send: Any, clock: Any, caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal(legal_kind="appeal_59fz", identity_level="verified", clock=None)
    await send(caller_of(), filed.id, MoveRequest(to="registered"))
    clock.at += timedelta(days=40)
    with pytest.raises(ExtensionNotAllowed):
        await send(caller_of(), filed.id, ExtendRequest(days=10, message="Поздно."))


async def test_a_withdrawal_ends_every_clock(
    connection: Any, house: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal()
    await send(caller_of(), filed.id, to("parks", "strict"))
    await resident_move(connection, house, filed.id, "withdrawn")
    clocks = await list_clocks(connection, house, caller_of(None, role="admin"), filed.id)
    assert {each.state for each in clocks} == {"met"}


class OnePool:
    """The test's own connection, as a pool that has no other."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def acquire(self) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        return None


async def test_warnings_come_four_times_and_reach_the_department(
    connection: Any, house: Any, clock: Any, hooks: None, caller_of: Any, file_appeal: Any
) -> None:
    """Near the end, at it, at twice and at thrice the time; then no more."""
    filed, pool, bell = await file_appeal(), OnePool(connection), Bell()
    await connection.execute("DELETE FROM deliveries")

    async def warned() -> list[str]:
        while await warn_of_deadlines(pool, house, bell):  # pyright: ignore[reportArgumentType]
            pass
        events = await read_events(connection, house, caller_of(), filed.id)
        return [event.type for event in events if event.type.startswith("deadline")]

    assert await warned() == []
    for days, count in ((24, 1), (32, 2), (62, 3), (92, 4), (200, 4)):
        clock.at = filed.due_at - timedelta(days=30) + timedelta(days=days)
        assert len(await warned()) == count
    assert (await warned())[-1] == "deadline_passed_thrice"
    assert await connection.fetchval("SELECT count(*) FROM deliveries") == 4
    assert bell.rung == ["hand_off"] * 4


async def test_of_an_answered_case_nobody_is_warned(
    connection: Any, house: Any, clock: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal()
    await send(caller_of(), filed.id, MoveRequest(to="answered", message="Сделано."))
    clock.at += timedelta(days=100)
    assert await warn_of_deadlines(OnePool(connection), house, Bell()) == 0  # pyright: ignore[reportArgumentType]
