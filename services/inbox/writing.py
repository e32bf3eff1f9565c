"""Writing what a batch came to, in one statement."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.events import Ignored
from services.communities.queries import Community
from services.db.ids import new_id
from services.db.query import Connection
from services.deliveries.leased import Leased
from services.deliveries.outbox import PLACE, STEP_USEFUL, new_random_id, split
from services.house import House
from services.inbox.queries import LOAD, WRITE, Loaded
from services.inbox.visits import Visit, Written

NOBODY = b""


class Reply(Struct, frozen=True, kw_only=True):
    """One message that was written for a resident, as it goes into the outbox."""

    leased: Leased
    dialog_id: UUID
    community: Community
    leased_until: datetime | None  # set: the process that wrote it sends it itself, at once


class _Step(Struct, frozen=True, kw_only=True):
    """One event's row of `WRITE`; bytes travel as base64."""

    community_id: int
    event_id: str
    type: str
    dialog_id: UUID | None
    account_id: UUID | None
    new_account: bool
    new_dialog: bool
    operator_id: int
    user_key: bytes | None
    user_sealed: bytes | None
    revision: int
    silenced_until: datetime | None
    drafted_until: datetime | None
    personal: bytes | None
    inline_buttons: bool


class _Message(Struct, frozen=True, kw_only=True):
    """One message's row of `WRITE`."""

    id: UUID
    dialog_id: UUID
    state: str
    community_id: int
    account_id: UUID
    random_id: int
    leased_until: datetime | None
    useful_until: datetime
    personal: bytes


_json = msgspec.json.Encoder()


async def load(connection: Connection, visits: Sequence[Visit]) -> list[Loaded]:
    """Load what is known for each visit, in their order, by one query."""
    return await LOAD.all(
        connection,
        [visit.community.id for visit in visits],
        [visit.event_id for visit in visits],
        [visit.community.operator_id for visit in visits],
        [visit.user_key or NOBODY for visit in visits],
        [visit.random_id for visit in visits],
    )


def replies(written: Sequence[Written], lease: Callable[[Written], datetime | None]) -> list[Reply]:
    """Return the messages of a batch; `lease`: until when this process keeps one for itself."""
    found: list[Reply] = []
    for row in written:
        event = row.visit.event
        if row.account_id is None or row.dialog_id is None or isinstance(event, Ignored):
            continue
        leased_until = lease(row) if row.messages else None
        found.extend(
            Reply(
                leased=Leased(
                    id=new_id(),
                    account_id=row.account_id,
                    user_id=event.user_id,
                    random_id=new_random_id(),
                    attempts=1,
                    message=part,
                ),
                dialog_id=row.dialog_id,
                community=row.visit.community,
                leased_until=leased_until,
            )
            for message in row.messages
            for part in split(message)
        )
    return found


async def write(
    connection: Connection,
    house: House,
    written: Sequence[Written],
    told: Sequence[Reply],
    now: datetime,
) -> set[tuple[int, str]]:
    """Write a batch in one statement; return the keys of the events that were taken.

    One that is missing was refused by its guard: its dialogue has moved on since it was loaded.
    Raises UniqueViolationError when another process took one of them meanwhile.
    """
    # By dialogue, so that two processes lock the same rows in the same order.
    ordered = sorted(written, key=_dialog)
    steps = _json.encode([_step(item) for item in ordered])
    useful_until = now + STEP_USEFUL
    messages = _json.encode([_message(house, item, useful_until) for item in told])
    taken = await WRITE.all(connection, now, steps.decode(), messages.decode())
    return {(row.community_id, row.event_id) for row in taken}


def _dialog(item: Written) -> int:
    return item.dialog_id.int if item.dialog_id is not None else 0


def _step(item: Written) -> _Step:
    visit = item.visit
    return _Step(
        community_id=visit.community.id,
        event_id=visit.event_id,
        type=visit.type,
        dialog_id=item.dialog_id,
        account_id=item.account_id,
        new_account=item.new_account,
        new_dialog=item.new_dialog,
        operator_id=visit.community.operator_id,
        user_key=visit.user_key,
        user_sealed=item.user_sealed,
        revision=item.revision,
        silenced_until=item.silenced_until,
        drafted_until=item.drafted_until,
        personal=item.personal,
        inline_buttons=item.inline_buttons,
    )


def _message(house: House, item: Reply, useful_until: datetime) -> _Message:
    leased = item.leased
    return _Message(
        id=leased.id,
        dialog_id=item.dialog_id,
        state="waiting" if item.leased_until is None else "leased",
        community_id=item.community.id,
        account_id=leased.account_id,
        random_id=leased.random_id,
        leased_until=item.leased_until,
        useful_until=useful_until,
        personal=house.sealer.seal_value(PLACE, leased.id, leased.message),
    )
