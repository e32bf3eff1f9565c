"""Whether the notes are still as they were when they were chained."""

from msgspec import Struct

from services.audit.chaining import BATCH, digest_of, head_of, link_of
from services.audit.queries import LINKS, NOTED, NUMBER_WAITING, UNCHAINED, Link
from services.db.query import Connection
from services.errors import FieldError, InvalidRequest
from services.privacy.sealing import Sealer

SHOWN = 20  # troubles: whoever changed one note may have changed thousands


class Verdict(Struct, frozen=True):
    """What a look at the whole chain found; `head` is its newest link, to be kept elsewhere."""

    links: int
    waiting: int
    head: str | None
    troubles: tuple[str, ...]


async def verify(connection: Connection, sealer: Sealer, kept: str | None = None) -> Verdict:
    """Go over the whole chain and every note, in a transaction that sees one moment.

    `kept` is a head written down earlier: a chain that was cut off before it, or made anew, does
    not hold it. Raises InvalidRequest when that is none.
    """
    expected = None if kept is None else _read_head(kept)
    troubles: list[str] = []
    last: Link | None = None
    while len(troubles) < SHOWN:
        links = await LINKS.all(connection, last.seq if last else 0, BATCH)
        if not links:
            break
        troubles += await _check(connection, sealer, last, links)
        if expected is not None:
            troubles += [
                f"link {link.seq} is not the one that was kept"
                for link in links
                if link.seq == expected[0] and link.link.hex() != expected[1]
            ]
        last = links[-1]
    number = last.seq if last else 0
    if expected is not None and number < expected[0] and len(troubles) < SHOWN:
        troubles.append(f"the chain ends with link {number}, before the one that was kept")
    for note in await UNCHAINED.all(connection, SHOWN):
        troubles.append(f"{note.kind} {note.id} stands outside the chain")
    waiting = await NUMBER_WAITING.one(connection)
    return Verdict(number, waiting, head_of(last) if last else None, tuple(troubles[:SHOWN]))


async def _check(
    connection: Connection, sealer: Sealer, last: Link | None, links: list[Link]
) -> list[str]:
    noted = {
        (note.kind, note.id): note
        for note in await NOTED.all(connection, [link.id for link in links])
    }
    troubles: list[str] = []
    seq, before = (last.seq, last.link) if last else (0, b"")
    for link in links:
        seq += 1
        note = noted.get((link.kind, link.id))
        if link.seq != seq:
            troubles.append(f"links {seq} to {link.seq - 1} are gone")
        elif link_of(sealer, before, seq, (link.kind, link.id, link.digest)) != link.link:
            troubles.append(f"link {seq} does not fit the one before")
        if note is None:
            troubles.append(f"{link.kind} {link.id} is gone")
        elif digest_of(note) != link.digest:
            troubles.append(f"{link.kind} {link.id} was changed")
        seq, before = link.seq, link.link
    return troubles


def _read_head(text: str) -> tuple[int, str]:
    number, _, link = text.partition(":")
    if not number.isdigit() or not link:
        raise InvalidRequest(FieldError("head", "a head is a number, a colon and a link"))
    return int(number), link.lower()
