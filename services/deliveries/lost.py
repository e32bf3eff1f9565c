"""What could not leave: seen by admins and the departments concerned, and sent again."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.cases.cursors import Position, read_cursor, write_cursor
from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest
from services.house import House
from services.ports import Doorbell

State = Literal["waiting", "leased", "sent", "parked", "dead", "expired"]


UNSETTLED: tuple[str, ...] = ("waiting", "leased", "parked", "dead")


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """A delivery without its words.

    `destination` is the department's code, or the group id of the page that writes. `error` is
    the code of the last failure.
    """

    id: UUID
    kind: str
    type: str
    state: str
    destination: str
    case: UUID | None
    attempts: int
    error: str | None
    next_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class DeliveryPage(Struct, frozen=True):
    """A page of deliveries."""

    items: list[DeliveryShown]
    next_cursor: str | None


class DeliveryFilters(Struct, frozen=True, kw_only=True):
    """What to list; a destination is a department's code or a page's group id."""

    state: State | None = None
    destination: str | None = None
    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ReplayBody(Struct, frozen=True, kw_only=True):
    """What to send again: everything lost, or only of a destination, or only these."""

    destination: str | None = None
    ids: list[UUID] | None = None


class Rung(Struct, frozen=True):
    """A delivery that waits again, and whose doorbell to ring."""

    kind: str
    community_id: int | None


class Standing(Struct, frozen=True):
    """How many deliveries have a state, and since when the oldest of them is due."""

    state: str
    count: int
    oldest: datetime | None


# $1: the only department whose hand-offs are meant; $2: the only operator. Null: all.
_VISIBLE = """FROM deliveries delivery
    LEFT JOIN departments department ON department.id = delivery.department_id
    LEFT JOIN communities community ON community.id = delivery.community_id
    WHERE ($1::integer IS NULL
            OR (delivery.kind = 'hand_off' AND delivery.department_id = $1))
        AND ($2::integer IS NULL
            OR coalesce(department.operator_id, community.operator_id) = $2)
        AND ($3::text IS NULL
            OR coalesce(department.code, community.group_id::text, '') = $3)"""
_SHOWN = """SELECT delivery.id, delivery.kind, delivery.type, delivery.state,
        coalesce(department.code, community.group_id::text, '') AS destination,
        delivery.case_id AS case, delivery.attempts, delivery.error,
        CASE WHEN delivery.state = 'waiting' THEN delivery.next_at END AS next_at,
        delivery.created_at, delivery.settled_at
    """

DELIVERIES = Query(
    DeliveryShown,
    _SHOWN
    + _VISIBLE
    + """
        AND ($4::text IS NULL OR delivery.state = $4)
        AND ($5::timestamptz IS NULL OR (delivery.created_at, delivery.id) > ($5, $6::uuid))
    ORDER BY delivery.created_at, delivery.id LIMIT $7""",
)
DELIVERY = Query(DeliveryShown, _SHOWN + _VISIBLE + " AND delivery.id = $4")
DESTINATION_EXISTS = Query(
    bool,
    """SELECT EXISTS (SELECT FROM departments WHERE code = $1)
        OR EXISTS (SELECT FROM communities WHERE group_id::text = $1)""",
)
# A message without words (they are gone with the person's data) or without an account (somebody
# must phone) can't be sent, nor what is of no use any more.
LOST = Query(
    UUID,
    "SELECT delivery.id "
    + _VISIBLE
    + """
        AND delivery.state IN ('dead', 'parked')
        AND ($4::uuid[] IS NULL OR delivery.id = ANY ($4))
        AND (delivery.useful_until IS NULL OR delivery.useful_until > $5)
        AND (delivery.kind = 'hand_off'
            OR (delivery.account_id IS NOT NULL AND delivery.personal IS NOT NULL))
        AND delivery.called_at IS NULL
    FOR UPDATE OF delivery""",
)
AGAIN = Query(
    Rung,
    """UPDATE deliveries SET state = 'waiting', next_at = $2, attempts = 0, leased_until = NULL,
        settled_at = NULL
    WHERE id = ANY ($1::uuid[]) RETURNING kind, community_id""",
)
# In three, each of which has an index of its own: the table is mostly what was sent long ago.
STANDING = Query(
    Standing,
    """SELECT state, count(*) AS count, min(next_at) AS oldest FROM deliveries
    WHERE kind = 'message' AND state IN ('waiting', 'leased') GROUP BY state
    UNION ALL
    SELECT state, count(*), min(next_at) FROM deliveries
    WHERE kind = 'hand_off' AND state IN ('waiting', 'leased') GROUP BY state
    UNION ALL
    SELECT state, count(*), NULL FROM deliveries
    WHERE state IN ('dead', 'parked') GROUP BY state""",
)


async def list_deliveries(
    connection: Connection, house: House, caller: Caller, filters: DeliveryFilters
) -> DeliveryPage:
    """Return deliveries, oldest first: a department's own hand-offs, all of them for an admin.

    Raises InvalidRequest for an unknown destination and InvalidCursor.
    """
    await _check_destination(connection, filters.destination)
    key = house.keyring.cursor_key
    bound = msgspec.json.encode(
        ["deliveries", caller.key_id, replace(filters, cursor=None, limit=1)]
    )
    after: tuple[datetime | None, UUID | None] = (None, None)
    if filters.cursor is not None:
        position = read_cursor(key, bound, filters.cursor)
        after = (position.at, position.id)
    rows = await DELIVERIES.all(
        connection,
        caller.department_id,
        caller.operator_id,
        filters.destination,
        filters.state,
        *after,
        filters.limit + 1,
    )
    items = rows[: filters.limit]
    if len(rows) == len(items):
        return DeliveryPage(items, None)
    last = Position(items[-1].created_at, items[-1].id)
    return DeliveryPage(items, write_cursor(key, bound, last))


async def find_delivery(connection: Connection, caller: Caller, delivery_id: UUID) -> None:
    """Raise NotFound unless the caller may see this delivery."""
    scope = (caller.department_id, caller.operator_id, None)
    await DELIVERY.one(connection, *scope, delivery_id)


async def replay(
    connection: Connection, now: datetime, caller: Caller, wanted: ReplayBody
) -> list[Rung]:
    """Let dead and parked deliveries wait again, due now, with all their tries; return them.

    Raises InvalidRequest for an unknown destination. Ring for them after the commit.
    """
    await _check_destination(connection, wanted.destination)
    scope = (caller.department_id, caller.operator_id, wanted.destination)
    lost = await LOST.all(connection, *scope, wanted.ids, now)
    return await AGAIN.all(connection, lost, now)


async def ring_for(doorbell: Doorbell, rung: list[Rung]) -> None:
    """Ring once for each page and once for the back ends."""
    for community_id in sorted({row.community_id or 0 for row in rung if row.kind == "message"}):
        await doorbell.ring("send", str(community_id))
    if any(row.kind == "hand_off" for row in rung):
        await doorbell.ring("hand_off")


async def standing(connection: Connection, now: datetime) -> tuple[dict[str, int], float]:
    """Return how many deliveries are in each state, and for how many seconds the oldest is due."""
    by_state: dict[str, int] = dict.fromkeys(UNSETTLED, 0)
    oldest = now
    for row in await STANDING.all(connection):
        by_state[row.state] += row.count
        oldest = min(oldest, row.oldest or now)
    return by_state, (now - oldest).total_seconds()


async def _check_destination(connection: Connection, destination: str | None) -> None:
    if destination is not None and not await DESTINATION_EXISTS.one(connection, destination):
        words = "There is no such department or community."
        raise InvalidRequest(FieldError("destination", words))
