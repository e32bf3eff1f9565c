"""Filing: a case comes into being, with its number, department, deadline and first event."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.cases import clockwork
from services.cases.clock_queries import Clock
from services.cases.clocks import ClockRule, Due
from services.cases.number import LAST_SEQUENCE, case_number
from services.cases.personal import CASE_PLACE, Personal
from services.cases.phones import HASH_PURPOSE, normal_phone
from services.cases.queries import FILE_CASE, NEXT_NUMBER, Numbering
from services.cases.transitions import FINAL, WORK, Kind
from services.db.ids import new_id
from services.db.query import Connection
from services.deliveries.outbox import write_hand_off
from services.house import House


class NewCase(Struct, frozen=True, kw_only=True):
    """What is filed, by the chat or over REST.

    Without `community_id` and `account_id` it came by phone. `latitude` and `longitude` are
    rounded to 500 m; the exact place is in `personal`. `clock` is the rule of a deadline that has
    none in the table of clocks. `state` is given where it is not what `first_state` says. `phone`
    is kept as a keyed hash only; words that are no phone number are left out. `received_at`: when
    it was sent, if not now. `from_case`: the message that became this appeal. `id` is given where
    something holds on to the case before it is filed.
    """

    kind: Kind
    operator_id: int
    department_id: int | None
    subject: str
    personal: Personal
    community_id: int | None = None
    account_id: UUID | None = None
    complained_about: int | None = None
    category: str | None = None
    topic: str | None = None
    municipality: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    legal_kind: Literal["message", "appeal_59fz"] | None = None
    identity_level: Literal["social", "verified"] | None = None
    urgent: bool = False
    rules_matched: tuple[int, ...] = ()
    phone: str | None = None
    clock: ClockRule | None = None
    state: str | None = None
    by: Literal["resident", "department", "admin", "gateway"] = "resident"
    actor: str | None = None
    received_at: datetime | None = None
    from_case: UUID | None = None
    id: UUID | None = None


class Filed(Struct, frozen=True, kw_only=True):
    """The case that was made. `due_at` is in the krai's zone; `hand_off`: the note to send."""

    id: UUID
    number: str
    state: str
    due_at: datetime | None
    department_id: int | None
    department_code: str | None
    department_title: str | None
    hand_off: UUID | None


async def file_case(connection: Connection, house: House, new: NewCase) -> Filed:
    """Make the case, its assignment, its first event and the note to the back end.

    Three round trips, in the caller's transaction.
    """
    now = new.received_at or house.now()
    numbering = await NEXT_NUMBER.one(connection, LAST_SEQUENCE, new.department_id)
    year = now.astimezone(house.zone).year
    number = case_number(house.region, year, numbering.sequence)
    state = new.state or first_state(new, numbering)
    case_id, assignment_id = new.id or new_id(), new_id()
    clocks = _clocks(house, new, state, None if new.department_id is None else assignment_id, now)
    deadline = clockwork.leading(clocks, new.kind, new.legal_kind)
    await FILE_CASE.run(
        connection,
        case_id,
        number,
        *_columns(house, new, state, deadline),
        house.sealer.seal_value(CASE_PLACE, case_id, new.personal),
        now,
        assignment_id,
        state in WORK[new.kind],
        new_id(),
        new.by,
        new.actor,
        *clockwork.columns(clocks),
        new.from_case,
    )
    hand_off = None
    if new.department_id is not None:
        hand_off = await write_hand_off(
            connection, now, case_id, new.department_id, "case.assigned"
        )
    return Filed(
        id=case_id,
        number=number,
        state=state,
        due_at=None if deadline is None else deadline.due_at,
        department_id=new.department_id,
        department_code=numbering.department_code,
        department_title=numbering.department_title,
        hand_off=hand_off,
    )


def first_state(new: NewCase, numbering: Numbering) -> str:
    """Return how an appeal starts, by the table of states; other kinds say it themselves.

    A message is registered at once, unless its department moderates or it has none; an appeal
    under 59-ФЗ is registered by a person.
    """
    waits = new.legal_kind == "appeal_59fz" or new.department_id is None or numbering.moderation
    return "submitted" if waits else "registered"


def _clocks(
    house: House, new: NewCase, state: str, assignment_id: UUID | None, now: datetime
) -> tuple[Clock, ...]:
    """Return the deadlines that begin with the case."""
    step = clockwork.Turn(
        kind=new.kind,
        legal_kind=new.legal_kind,
        assignment_id=assignment_id,
        state=state,
        at=now,
        zone=house.zone,
        norm=new.clock,
    )
    return clockwork.turn((), step)


def _columns(house: House, new: NewCase, state: str, deadline: Due | None) -> tuple[object, ...]:
    phone = None if new.phone is None else normal_phone(new.phone)
    return (
        new.kind,
        state,
        new.operator_id,
        new.community_id,
        new.account_id,
        new.department_id,
        new.complained_about,
        new.category,
        new.topic,
        new.municipality,
        new.latitude,
        new.longitude,
        new.legal_kind,
        new.identity_level,
        new.subject,
        new.urgent,
        list(new.rules_matched),
        None if phone is None else house.sealer.keyed_hash(HASH_PURPOSE, phone),
        None if deadline is None else deadline.due_at,
        None if deadline is None else deadline.rule,
        None if deadline is None else deadline.calendar,
        state in FINAL[new.kind],
    )
