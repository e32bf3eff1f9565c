"""The chain over the notes: whoever changes, adds or removes one breaks it.

A note is written in the transaction that reads or changes something, and only put down as waiting
there; a worker chains what waits, in batches. Chained at once, each read would have to wait for
the one before to commit, on every machine.
"""

import hashlib
from collections.abc import Iterable, Iterator

import asyncpg
import msgspec
import structlog

from services.audit.queries import ADD_LINKS, HEAD, NOTED, TAKE_TURN, TAKE_WAITING, Link, Noted
from services.privacy.sealing import Sealer

log = structlog.get_logger()

BATCH = 1000
PURPOSE = "audit"
_TURN = 0x61756469  # of pg_try_advisory_xact_lock


async def chain_notes(pool: asyncpg.Pool, sealer: Sealer) -> int:
    """Chain everything that waits; return how many notes that were.

    The newest link goes to the log too: kept elsewhere, it shows that a chain was cut off.
    """
    number = 0
    while True:
        done = await _chain_some(pool, sealer)
        number += done
        if done < BATCH:
            return number


def digest_of(noted: Noted) -> bytes:
    """Return the SHA-256 of a note: of its ids, its time, and all that it says."""
    return hashlib.sha256(msgspec.json.encode((noted.kind, noted.id, noted.parts))).digest()


def link_of(sealer: Sealer, before: bytes, seq: int, noted: tuple[str, object, bytes]) -> bytes:
    """Return the link with the number `seq` after `before`, over a kind, an id and a digest."""
    kind, note_id, digest = noted
    text = f"{seq}|{before.hex()}|{kind}|{note_id}|{digest.hex()}"
    return sealer.keyed_hash(PURPOSE, text)


def head_of(link: Link) -> str:
    """Return how a newest link is written down."""
    return f"{link.seq}:{link.link.hex()}"


async def _chain_some(pool: asyncpg.Pool, sealer: Sealer) -> int:
    async with pool.acquire() as connection, connection.transaction():
        if not await TAKE_TURN.one(connection, _TURN):
            return 0
        waiting = await TAKE_WAITING.all(connection, BATCH)
        if not waiting:
            return 0
        noted = await NOTED.all(connection, [each.id for each in waiting])
        links = list(_links(sealer, await HEAD.maybe(connection), noted))
        columns = zip(*map(msgspec.structs.astuple, links), strict=True)
        await ADD_LINKS.run(connection, *map(list, columns))
    log.info("audit_chained", head=head_of(links[-1]))
    return len(waiting)


def _links(sealer: Sealer, head: Link | None, noted: Iterable[Noted]) -> Iterator[Link]:
    seq, before = (head.seq, head.link) if head else (0, b"")
    for note in noted:
        seq += 1
        digest = digest_of(note)
        before = link_of(sealer, before, seq, (note.kind, note.id, digest))
        yield Link(seq, note.kind, note.id, digest, before)
