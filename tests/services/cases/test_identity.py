"""Two steps of identity: a message, a verified resident, an appeal under 59-ФЗ."""

from typing import Any
from uuid import UUID

import pytest

from integrations.demo.identity import DemoIdentities
from schemas.cases import Applicant
from services.appeals.turning import turn_into_appeal
from services.cases.errors import IdentityRefused, IdentityRequired, IdentityUnavailable
from services.cases.explaining import list_clocks
from services.cases.holding import hold, hold_for
from services.cases.identity import IdentityRequest, attach, verified
from services.cases.reading import open_case, read_events
from services.errors import TransitionNotAllowed
from services.ports import Identity

MARIA = Identity(full_name="Иванова Мария Петровна", reply_to="maria@example.ru")
PROVIDERS = {"demo": DemoIdentities()}


@pytest.fixture
async def declared(connection: Any) -> None:
    await connection.execute("UPDATE operators SET appeal_system_url = 'https://example.ru/'")


@pytest.fixture
def vouch(connection: Any, house: Any, caller_of: Any) -> Any:
    async def attached(case_id: UUID) -> None:
        held = await hold_for(connection, caller_of(), case_id)
        await attach(connection, house, caller_of(), held, "demo", MARIA)

    return attached


@pytest.mark.parametrize(
    ("ticket", "expected"),
    [
        ("Иванова Мария Петровна <maria@example.ru>", MARIA),
        ("Иванова Мария Петровна", None),
        ("<maria@example.ru>", None),
    ],
)
async def test_the_demo_believes_a_name_and_an_address(
    ticket: str, expected: Identity | None
) -> None:
    assert await DemoIdentities().identify(ticket) == expected


async def test_nobody_vouches_where_there_is_no_provider() -> None:
    """In production there is none but a real one; a ticket of nobody is refused."""
    with pytest.raises(IdentityUnavailable):
        await verified({}, IdentityRequest(provider="demo", ticket="Иванова <m@example.ru>"))
    with pytest.raises(IdentityRefused):
        await verified(PROVIDERS, IdentityRequest(provider="demo", ticket="никто"))


async def test_a_message_becomes_an_appeal_without_retyping(
    connection: Any,
    house: Any,
    declared: None,
    vouch: Any,
    clock: Any,
    caller_of: Any,
    file_appeal: Any,
) -> None:
    """A new case, submitted, received now, the words copied, the name the verified one."""
    message = await file_appeal()
    await vouch(message.id)
    appeal = await turn_into_appeal(connection, house, message.id)
    assert appeal.state == "submitted"
    case = await open_case(connection, house, caller_of(), appeal.id)
    assert case.details.legal_kind == "appeal_59fz"
    assert case.details.identity_level == "verified"
    assert case.details.from_case == message.id
    assert case.details.text == "Яма во дворе"
    assert case.details.applicant == Applicant(MARIA.full_name, MARIA.reply_to)
    assert [each.name for each in await list_clocks(connection, house, caller_of(), appeal.id)] == [
        "register"
    ]
    old = await open_case(connection, house, caller_of(), message.id)
    assert (old.state, old.details.legal_kind) == ("registered", "message")
    events = await read_events(connection, house, caller_of(), message.id)
    assert [event.type for event in events] == ["filed", "identity_verified", "became_appeal"]


async def test_once_verified_and_only_once(
    connection: Any, house: Any, declared: None, vouch: Any, file_appeal: Any
) -> None:
    message = await file_appeal()
    with pytest.raises(IdentityRequired):
        await turn_into_appeal(connection, house, message.id)
    await vouch(message.id)
    appeal = await turn_into_appeal(connection, house, message.id)
    for case_id in (message.id, appeal.id):
        with pytest.raises(TransitionNotAllowed):
            await turn_into_appeal(connection, house, case_id)


async def test_not_where_the_operator_has_declared_no_system(
    connection: Any, house: Any, vouch: Any, file_appeal: Any
) -> None:
    """Nor is the resident told of it."""
    message = await file_appeal()
    await vouch(message.id)
    with pytest.raises(TransitionNotAllowed):
        await turn_into_appeal(connection, house, message.id)
    told = "SELECT count(*) FROM deliveries WHERE kind = 'message'"
    assert await connection.fetchval(told) == 0


async def test_an_appeal_needs_no_second_identity(
    connection: Any, house: Any, caller_of: Any, file_appeal: Any
) -> None:
    filed = await file_appeal(legal_kind="appeal_59fz", identity_level="verified", clock=None)
    held = await hold(connection, filed.id)
    with pytest.raises(TransitionNotAllowed):
        await attach(connection, house, caller_of(), held, "demo", MARIA)
