"""Moving a case: who may, in which order it is checked, who hears of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.cases import MoveRequest
from schemas.dialogs import Message
from services.backends.reporting import UpdateRequest, check_state, report
from services.cases.applying import Moved
from services.cases.errors import ApprovalRequired, SamePerson
from services.cases.holding import hold, hold_for
from services.cases.moving import gateway_move, move, resident_move
from services.cases.transitions import TRANSITIONS, find
from services.db.ids import new_id
from services.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    PreconditionRequired,
    ServiceError,
    TransitionNotAllowed,
    VersionConflict,
)

STATES = sorted({state for row in TRANSITIONS for state in (row.source, row.target)})


@pytest.fixture
def send(connection: Any, house: Any) -> Any:
    """Make a transition with the version that the caller sees."""

    async def transition(
        caller: Any, case_id: UUID, to: str, etag: str | None = "fresh", **fields: Any
    ) -> Moved:
        held = await hold_for(connection, caller, case_id)
        own = held.of(caller.department_id)
        version = held.case.version if own is None else own.version
        etag = f'"{version}"' if etag == "fresh" else etag
        wish = MoveRequest(to=to, **fields)
        return await move(connection, house, caller, held, wish, etag)

    return transition


@pytest.fixture
def notices(connection: Any, house: Any) -> Any:
    """Open the messages to the resident that wait, in their order."""

    async def opened() -> list[Message]:
        rows = await connection.fetch(
            "SELECT * FROM deliveries WHERE kind = 'message' ORDER BY seq"
        )
        place = "deliveries.personal"
        seal = house.sealer
        return [seal.open_value(place, row["id"], row["personal"], Message) for row in rows]

    return opened


async def test_an_answer_reaches_the_resident_word_for_word(
    send: Any, notices: Any, caller_of: Any, file_appeal: Any
) -> None:
    """One message with the words and the buttons of what can be done next."""
    filed = await file_appeal()
    words = "Яма заделана 10 марта.\n  С уважением, управление дорог"
    await send(caller_of(), filed.id, "answered", message=words)
    (notice,) = await notices()
    assert words in notice.text
    assert filed.number in notice.text
    assert notice.inline
    assert notice.keyboard == "keep"
    labels = [button.label for row in notice.rows for button in row]
    assert labels == ["Не решено", "Открыть"]
    assert f'"case":"{filed.id}","do":"reopen"' in notice.rows[0][0].payload


async def test_long_words_stay_in_one_piece(
    send: Any, notices: Any, caller_of: Any, file_appeal: Any
) -> None:
    """What fits into one message of VK is not cut: our own words go before it."""
    filed = await file_appeal()
    words = "ю" * 4090
    await send(caller_of(), filed.id, "needs_info", message=words)
    texts = [notice.text for notice in await notices()]
    assert words in texts
    assert all(len(text) <= 4096 for text in texts)


async def test_versions_and_events_follow(
    connection: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    """A move makes both versions grow and leaves an event with its delivery and sealed words."""
    filed = await file_appeal()
    moved = await send(caller_of(actor="Петрова"), filed.id, "answered", message="Сделано")
    row = await connection.fetchrow(
        """SELECT c.state, c.version, a.state AS at, a.version AS av, a.workable, a.answered_at
        FROM cases c JOIN assignments a ON a.case_id = c.id"""
    )
    assert (row["state"], row["version"], row["at"], row["av"]) == ("answered", 2, "answered", 2)
    assert not row["workable"]
    assert row["answered_at"] is not None
    event = await connection.fetchrow("SELECT * FROM case_events ORDER BY seq DESC LIMIT 1")
    assert (event["source"], event["target"], event["by"]) == (
        "registered",
        "answered",
        "department",
    )
    assert (event["actor"], event["delivery_id"]) == ("Петрова", moved.deliveries[-1])
    assert "Сделано".encode() not in event["personal"]


async def test_checks_come_in_their_order(
    connection: Any, house: Any, caller_of: Any, send: Any, file_appeal: Any
) -> None:
    """404, then 400, 428, 412, 409, and what is missing last."""
    filed = await file_appeal()
    with pytest.raises(NotFound):
        await send(caller_of("parks"), filed.id, "nowhere")
    with pytest.raises(NotFound):
        await hold_for(connection, caller_of(), new_id())
    with pytest.raises(InvalidRequest) as wrong:
        await send(caller_of(), filed.id, "nowhere", etag=None, reason="because", slot="1")
    assert {error.field for error in wrong.value.errors} == {"to", "reason", "slot"}
    with pytest.raises(PreconditionRequired):
        await send(caller_of(), filed.id, "closed", etag=None)
    for stale in ('"7"', "1", "*", 'W/"1"', ""):
        with pytest.raises(VersionConflict):
            await send(caller_of(), filed.id, "closed", etag=stale)
    with pytest.raises(TransitionNotAllowed):
        await send(caller_of(), filed.id, "closed")
    with pytest.raises(InvalidRequest) as missing:
        await send(caller_of(), filed.id, "refused", message=" ")
    assert {error.field for error in missing.value.errors} == {"message", "reason"}


async def test_forwarded_is_no_transition(send: Any, caller_of: Any, file_appeal: Any) -> None:
    """The table lists it, the call `forward` alone leads there."""
    filed = await file_appeal()
    with pytest.raises(TransitionNotAllowed):
        await send(caller_of(), filed.id, "forwarded", message="Не к нам")


async def test_roles(send: Any, caller_of: Any, file_appeal: Any) -> None:
    """A viewer changes nothing, a moderator only what waits, an operator's admin only its own."""
    filed, waiting = await file_appeal(), await file_appeal("strict")
    with pytest.raises(Forbidden):
        await send(caller_of(None, "viewer"), waiting.id, "registered")
    with pytest.raises(Forbidden):
        await send(caller_of(None, "moderator"), filed.id, "in_work")
    with pytest.raises(NotFound):
        await send(caller_of(None, "admin", operator_id=99), filed.id, "in_work")
    assert (await send(caller_of(None, "moderator"), waiting.id, "registered")).state
    assert (await send(caller_of(None, "admin", operator_id=1), filed.id, "in_work")).state
    with pytest.raises(InvalidRequest):
        await send(caller_of(None, "admin"), filed.id, "answered", department="parks", message="!")


async def test_without_a_department_it_waits_for_moderators(
    send: Any, caller_of: Any, file_appeal: Any
) -> None:
    """Such an appeal is returned or withdrawn (or forwarded), nothing else."""
    filed = await file_appeal(None)
    admin = caller_of(None, "moderator")
    with pytest.raises(TransitionNotAllowed):
        await send(admin, filed.id, "registered")
    moved = await send(admin, filed.id, "returned", message="Нет вопроса", reason="no_essence")
    assert moved.state == "returned"


async def test_a_draft_is_not_sent_until_approved(
    send: Any, notices: Any, caller_of: Any, file_appeal: Any
) -> None:
    """`on_approval` keeps the message; `answered` from there sends it, or the one given."""
    first, second = await file_appeal(), await file_appeal()
    for filed in (first, second):
        await send(caller_of(), filed.id, "on_approval", message="Черновик ответа")
    assert await notices() == []
    await send(caller_of(), first.id, "answered")
    await send(caller_of(), second.id, "answered", message="Другой ответ")
    texts = [notice.text for notice in await notices()]
    assert "Черновик ответа" in texts[0]
    assert "Другой ответ" in texts[1]
    assert "Черновик" not in texts[1]


async def test_four_eyes(connection: Any, send: Any, caller_of: Any, file_appeal: Any) -> None:
    """Another person approves; both are named; no way around approval."""
    await connection.execute("UPDATE departments SET four_eyes = true WHERE code = 'roads'")
    filed = await file_appeal()
    with pytest.raises(ApprovalRequired):
        await send(caller_of(actor="Петрова"), filed.id, "answered", message="Готово")
    with pytest.raises(InvalidRequest) as wrong:
        await send(caller_of(), filed.id, "on_approval", message="Готово")
    assert wrong.value.errors[0].field == "Gateway-Actor"
    await send(caller_of(actor="Петрова"), filed.id, "on_approval", message="Готово")
    with pytest.raises(SamePerson):
        await send(caller_of(actor=" петрова "), filed.id, "answered")
    assert (await send(caller_of(actor="Сидоров"), filed.id, "answered")).state == "answered"


async def test_not_solved_goes_back_for_thirty_days(
    connection: Any, house: Any, clock: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    """«Не решено» opens the case again with a deadline of its own; later it is too late."""
    filed = await file_appeal()
    await send(caller_of(), filed.id, "answered", message="Сделано")
    clock.at += timedelta(days=29)
    moved = await resident_move(connection, house, filed.id, "reopened", "Яма на месте")
    assert moved.state == "reopened"
    row = await connection.fetchrow("SELECT * FROM assignments")
    assert row["due_rule"] == "reopened.10_calendar"
    assert row["workable"]
    await send(caller_of(), filed.id, "answered", message="Теперь точно")
    clock.at += timedelta(days=30)
    with pytest.raises(TransitionNotAllowed):
        await resident_move(connection, house, filed.id, "reopened")
    assert (await gateway_move(connection, house, filed.id, "closed")).state == "closed"


async def test_the_back_end_hears_of_others_calls_only(
    connection: Any, house: Any, departments: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    """A department's own calls are not echoed; a resident's and an admin's are told."""
    await connection.execute(
        "INSERT INTO webhooks (department_id, url, secret) VALUES ($1, 'https://x', '')",
        departments["roads"],
    )
    filed = await file_appeal()
    await send(caller_of(), filed.id, "needs_info", message="Где это?")
    await resident_move(connection, house, filed.id, "in_work", "У дома 5")
    await send(caller_of(None, "admin"), filed.id, "answered", message="Сделано")
    await resident_move(connection, house, filed.id, "reopened")
    rows = await connection.fetch(
        "SELECT type FROM deliveries WHERE kind = 'hand_off' ORDER BY seq"
    )
    assert [row["type"] for row in rows] == [
        "case.assigned",
        "case.message_added",
        "case.updated",
        "case.reopened",
    ]


async def test_on_behalf_makes_the_residents_move(
    connection: Any, send: Any, notices: Any, caller_of: Any, file_appeal: Any
) -> None:
    """What only the resident may do, a department does for one who phoned."""
    filed = await file_appeal(account_id=None, community_id=None)
    with pytest.raises(TransitionNotAllowed):
        await send(caller_of(), filed.id, "withdrawn")
    moved = await send(caller_of(), filed.id, "withdrawn", on_behalf=True)
    assert moved.state == "withdrawn"
    event = await connection.fetchrow("SELECT * FROM case_events ORDER BY seq DESC LIMIT 1")
    assert (event["by"], event["type"]) == ("department", "on_behalf")
    assert await notices() == []  # said on the phone already


async def test_who_cannot_be_written_to_is_phoned(
    connection: Any, send: Any, caller_of: Any, file_appeal: Any
) -> None:
    """The notice is parked, for a case by phone and for a resident who blocked the page."""
    phoned, blocked = await file_appeal(account_id=None, community_id=None), await file_appeal()
    await connection.execute("UPDATE accounts SET writable = false")
    for filed in (phoned, blocked):
        await send(caller_of(), filed.id, "answered", message="Сделано")
    states = await connection.fetch("SELECT state FROM deliveries WHERE kind = 'message'")
    assert [row["state"] for row in states] == ["parked", "parked"]


async def _join(connection: Any, case_id: UUID, department_id: int) -> None:
    """Give a case to one more department, as forwarding will."""
    await connection.execute(
        """INSERT INTO assignments (id, case_id, department_id, kind, state, workable,
            created_at, updated_at)
        SELECT $1, id, $2, kind, 'registered', true, created_at, updated_at
        FROM cases WHERE id = $3""",
        new_id(),
        department_id,
        case_id,
    )


async def _look(connection: Any, case_id: UUID) -> tuple[dict[Any, Any], int, int]:
    rows = await connection.fetch("SELECT * FROM assignments WHERE case_id = $1", case_id)
    version = await connection.fetchval("SELECT version FROM cases WHERE id = $1", case_id)
    events = "SELECT count(*) FROM case_events WHERE case_id = $1"
    seen = {row["department_id"]: (row["state"], row["version"]) for row in rows}
    return seen, version, await connection.fetchval(events, case_id)


async def _report(connection: Any, house: Any, case_id: UUID, state: str, number: int) -> bool:
    """Report a state as the back end of the first department; return whether it moved."""
    held = await hold(connection, case_id)
    update = UpdateRequest(
        external_id="there", sequence=number, state=state, at=house.now(), message="Так"
    )
    check_state(held, update)
    outcome = await report(connection, house, held, held.assignments[0], update)
    return outcome.moved is not None


MOVES = st.tuples(
    st.sampled_from(["roads", "parks", "behalf", "admin", "resident", "gateway", "report"]),
    st.sampled_from(STATES),
    st.integers(0, 40),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(MOVES, min_size=3, max_size=25))
async def test_no_path_leads_over_a_forbidden_step(
    connection: Any,
    house: Any,
    departments: Any,
    caller_of: Any,
    file_appeal: Any,
    send: Any,
    steps: list[tuple[str, str, int]],
) -> None:
    """Whoever asks for whatever: only moves of the table, by their party; versions grow by one."""
    filed = await file_appeal()
    await _join(connection, filed.id, departments["parks"])
    for number, (who, target, days) in enumerate(steps):
        house.clock.at += timedelta(days=days)
        before, version, events = await _look(connection, filed.id)
        party = {"behalf": "resident", "resident": "resident", "gateway": "gateway"}.get(
            who, "department"
        )
        try:
            if who == "resident":
                await resident_move(connection, house, filed.id, target, "Ещё раз")
            elif who == "gateway":
                await gateway_move(connection, house, filed.id, target)
            elif who == "report":
                if not await _report(connection, house, filed.id, target, number):
                    assert (before, version) == (await _look(connection, filed.id))[:2]
                    continue
            else:
                caller = (
                    caller_of(None, "admin")
                    if who == "admin"
                    else caller_of("roads" if who == "behalf" else who)
                )
                words: dict[str, Any] = {"message": "Так", "on_behalf": who == "behalf"}
                await send(caller, filed.id, target, reason="other", **words)
        except ServiceError:
            assert (before, version, events) == await _look(connection, filed.id)
            continue
        after, new_version, new_events = await _look(connection, filed.id)
        moved = [key for key in before if before[key] != after[key]]
        assert moved
        assert new_version == version + 1
        assert new_events == events + len(moved)
        for key in moved:
            step = find("appeal", before[key][0], after[key][0])
            assert step is not None
            assert party in step.by
            assert target == after[key][0] != "forwarded"
            assert after[key][1] == before[key][1] + 1
