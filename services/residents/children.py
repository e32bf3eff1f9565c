"""Children (and others) whom a resident has named on the pages of one operator: kept, sealed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

from services.db.ids import new_id
from services.db.query import Connection, Query
from services.house import House

PLACE = "children.personal"
HASH_PURPOSE = "child"
MOST = 10
"""Offered by name, those used last."""


class Child(Struct, frozen=True):
    """A child by name and birth date."""

    name: str
    birth_date: date


class ChildRow(Struct, frozen=True):
    """A child that is kept; name and birth date are sealed."""

    id: UUID
    personal: bytes


CHILDREN = Query(
    ChildRow,
    """SELECT id, personal FROM children WHERE account_id = $1 AND personal IS NOT NULL
    ORDER BY used_at DESC, id LIMIT $2""",
)
KEEP_CHILD = Query(
    type(None),
    """INSERT INTO children (id, account_id, operator_id, child_key, personal, used_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (account_id, child_key) DO UPDATE SET used_at = excluded.used_at""",
)


def named(answer: Any, known: Mapping[str, Child]) -> Child | None:
    """Return whom an answer names: one that was written, or one of the known by id."""
    if isinstance(answer, Mapping):
        given = cast("Mapping[str, str]", answer)
        return Child(given["name"], date.fromisoformat(given["birth_date"]))
    return known.get(str(answer))


def child_key(house: House, child: Child) -> bytes:
    """Return the keyed hash by which a child is the same one, whoever names it."""
    name = " ".join(child.name.casefold().replace("ё", "е").replace("-", " ").split())
    return house.sealer.keyed_hash(HASH_PURPOSE, f"{name}|{child.birth_date.isoformat()}")


async def children_of(connection: Connection, house: House, account_id: UUID) -> dict[str, Child]:
    """Return the children that an account has named, by id, the last used first."""
    rows = await CHILDREN.all(connection, account_id, MOST)
    return {
        str(row.id): house.sealer.open_value(PLACE, row.id, row.personal, Child) for row in rows
    }


async def keep_child(
    connection: Connection,
    house: House,
    account_id: UUID,
    operator_id: int,
    child: Child,
    now: datetime,
) -> None:
    """Keep a child for the next time; one that is known already stays as it is."""
    child_id = new_id()
    sealed = house.sealer.seal_value(PLACE, child_id, child)
    key = child_key(house, child)
    await KEEP_CHILD.run(connection, child_id, account_id, operator_id, key, sealed, now)
