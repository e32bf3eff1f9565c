"""Consent documents."""

import asyncio
from typing import Any

import asyncpg

from services.communities.consents import ConsentBody, current_document, put_document


async def test_two_that_ask_at_once_get_the_same_first_version(pool: asyncpg.Pool) -> None:
    """Nobody fails, and there is one version 1."""

    async def ask() -> Any:
        async with pool.acquire() as connection:
            operator = await connection.fetchval("SELECT id FROM operators")
            return await current_document(connection, operator, "appeal", "self")

    documents = await asyncio.gather(*(ask() for _ in range(8)))
    assert len(set(documents)) == 1
    assert documents[0].version == 1


async def test_texts_put_at_once_are_versions_of_their_own(pool: asyncpg.Pool) -> None:
    """No text is lost, whoever is faster."""

    async def put(number: int) -> int:
        async with pool.acquire() as connection:
            operator = await connection.fetchval("SELECT id FROM operators")
            body = ConsentBody(text=f"Согласие {number}")
            return (await put_document(connection, operator, "appeal", "self", body)).version

    assert sorted(await asyncio.gather(*(put(number) for number in range(6)))) == [1, 2, 3, 4, 5, 6]
