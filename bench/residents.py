"""Residents whose drafts stand mid-form, put into the database before the clock starts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from bench.house import House
from bench.journey import ANSWERS, Station
from services.communities.queries import Community
from services.db.ids import new_id
from services.deliveries.outbox import PLACE, STEP_USEFUL, new_random_id
from services.dialogs.talk import Talk
from services.inbox.visits import ACCOUNT, DIALOG, user_key

MESSAGE = "id kind type community_id account_id random_id next_at created_at useful_until personal"


class Resident(Struct, frozen=True, kw_only=True):
    """One resident at one page."""

    user_id: int
    user_key: bytes
    account_id: UUID
    dialog_id: UUID
    page: Community


def make(house: House, first: int, count: int) -> list[Resident]:
    """Return so many new residents, spread over the pages; VK ids from `first` on."""
    return [
        Resident(
            user_id=first + number,
            user_key=user_key(house.parts.house, first + number),
            account_id=new_id(),
            dialog_id=new_id(),
            page=house.pages[number % len(house.pages)],
        )
        for number in range(count)
    ]


async def settle(
    house: House, people: list[Resident], station: Station, *, asked: bool = False
) -> None:
    """Write residents who have agreed and stand at a station, whose question waits to be sent.

    That one message keeps `serve` from sending: who has something in the queue is left to the
    workers. Where they were `asked`, it has left already.
    """
    seal, now = house.parts.house.sealer.seal_value, house.parts.house.now()
    event = "0" * 40
    tables: dict[str, tuple[str, Iterator[tuple[Any, ...]]]] = {
        "accounts": (
            "id operator_id channel user_key user_sealed created_at",
            (
                (
                    one.account_id,
                    one.page.operator_id,
                    "vk",
                    one.user_key,
                    seal(ACCOUNT, one.account_id, one.user_id),
                    now,
                )
                for one in people
            ),
        ),
        "consents": (
            "id account_id document_id action event_id at",
            ((new_id(), one.account_id, house.document.id, "given", event, now) for one in people),
        ),
        "dialogs": (
            "id account_id community_id revision drafted_until personal updated_at",
            (
                (
                    one.dialog_id,
                    one.account_id,
                    one.page.id,
                    station.revision,
                    station.talk.drafted_until(now),
                    seal(DIALOG, one.dialog_id, station.talk),
                    now,
                )
                for one in people
            ),
        ),
        "deliveries": (
            MESSAGE,
            (_question(house, one, station, now) for one in people if not asked),
        ),
    }
    async with house.parts.pool.acquire() as connection, connection.transaction():
        for table, (columns, rows) in tables.items():
            await connection.copy_records_to_table(
                table, records=list(rows), columns=columns.split()
            )


def _question(house: House, one: Resident, station: Station, now: datetime) -> tuple[Any, ...]:
    delivery_id = new_id()
    sealed = house.parts.house.sealer.seal_value(PLACE, delivery_id, station.message)
    kind = ("message", "step")
    whose = (one.page.id, one.account_id, new_random_id())
    return (delivery_id, *kind, *whose, now, now, now + STEP_USEFUL, sealed)


async def check(house: House, people: list[Resident], last: Station) -> None:
    """Check that every answer of every resident is durable, once: drafts, inbox and outbox."""
    ids = [one.account_id for one in people]
    async with house.parts.pool.acquire() as connection:
        rows = await connection.fetch(
            """SELECT d.id, d.revision, d.personal, m.messages
            FROM dialogs d JOIN (SELECT account_id, count(*) AS messages FROM deliveries
                WHERE account_id = ANY ($1::uuid[]) GROUP BY account_id) AS m USING (account_id)""",
            ids,
        )
    assert len(rows) == len(people)
    for row in rows:
        talk = house.parts.house.sealer.open_value(DIALOG, row["id"], row["personal"], Talk)
        assert talk.draft is not None
        assert last.talk.draft is not None
        assert talk.draft.answers == last.talk.draft.answers, "an answer was lost"
        assert row["revision"] == last.revision, "a step was taken twice, or not at all"
        assert row["messages"] == 1 + len(ANSWERS), "a question was lost or doubled"


async def count_events(house: House, since: datetime) -> int:
    """Return how many events the inbox took since a moment."""
    async with house.parts.pool.acquire() as connection:
        sql = "SELECT count(*) FROM inbox WHERE at >= $1"
        return await connection.fetchval(sql, since)
