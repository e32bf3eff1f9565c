"""Fetching what residents sent: claimed one by one, checked, made anew, sealed, settled.

A worker's work; no connection is held while a file is fetched. Whatever is wrong with a file
costs that file alone, and the resident is told in one sentence.
"""

import asyncio
from datetime import timedelta

import asyncpg
import structlog
from msgspec import Struct

from services.files.kinds import PICTURES, type_of
from services.files.limits import DAY_BYTES, FETCH_TRIES, FILE_BYTES, day_began
from services.files.names import file_name
from services.files.personal import PERSONAL, FilePersonal, blob_name
from services.files.queries import CLAIM, TODAY, ClaimedFile
from services.files.sealing import new_key, seal_content
from services.files.settling import Kept, settle_later, settle_refused, settle_stored
from services.files.unfit import Unfit
from services.house import House
from services.ports import Doorbell, FileSource, Pictures, Scanner, Storage

log = structlog.get_logger()

HANDS = 8  # files at once in one worker: they mostly wait for VK
LEASE = timedelta(seconds=150)  # fetching ends after 30 s, making a picture anew after 20


class FileDesk(Struct, frozen=True):
    """What a worker handles files with."""

    source: FileSource
    pictures: Pictures
    scanner: Scanner
    storage: Storage


class _Later(Exception):
    """The file did not come now; `wait` is what its keeper asks for."""

    def __init__(self, code: str, wait: float | None) -> None:
        self.code = code
        self.wait = wait
        super().__init__(code)


async def fetch_files(
    pool: asyncpg.Pool, house: House, desk: FileDesk, doorbell: Doorbell, seconds: float
) -> bool:
    """Fetch what is due; return False if there was more than `seconds` allowed."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    busy: set[asyncio.Task[None]] = set()
    try:
        while loop.time() < until:
            rows = await _claim(pool, house, HANDS - len(busy))
            if not rows and not busy:
                return True
            busy |= {asyncio.create_task(_fetch(pool, house, desk, doorbell, row)) for row in rows}
            _, busy = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
        return False
    finally:
        if busy:
            await asyncio.wait(busy)


async def _claim(pool: asyncpg.Pool, house: House, hands: int) -> list[ClaimedFile]:
    if not hands:
        return []
    now = house.now()
    async with pool.acquire() as connection:
        return await CLAIM.all(connection, now, hands, now + LEASE)


async def _fetch(
    pool: asyncpg.Pool, house: House, desk: FileDesk, doorbell: Doorbell, row: ClaimedFile
) -> None:
    try:
        file = house.sealer.open_value(PERSONAL, row.id, row.personal, FilePersonal)
        kept = await _keep(desk, row, file, await _room(pool, house, row))
    except Unfit as unfit:
        log.info("file_refused", file=str(row.id), code=unfit.code)
        await settle_refused(pool, house, doorbell, row, unfit.code)
    except _Later as later:
        await _again(pool, house, doorbell, row, later)
    except Exception as error:  # noqa: BLE001 - a full disk or a bug costs a try, never the job
        log.warning("file_not_fetched", file=str(row.id), error=type(error).__name__)
        await _again(pool, house, doorbell, row, _Later("error", None))
    else:
        if not await settle_stored(pool, house, doorbell, row, kept):
            await desk.storage.drop(blob_name(row.place, row.attempts))
        for attempt in range(1, row.attempts):  # what tries that were cut short may have left
            await desk.storage.drop(blob_name(row.place, attempt))


async def _again(
    pool: asyncpg.Pool, house: House, doorbell: Doorbell, row: ClaimedFile, later: _Later
) -> None:
    if row.attempts >= len(FETCH_TRIES):
        await settle_refused(pool, house, doorbell, row, "unreachable")
        return
    wait = max(FETCH_TRIES[row.attempts], timedelta(seconds=later.wait or 0))
    wait = min(wait, FETCH_TRIES[-1])
    await settle_later(pool, row, house.now() + wait, later.code)


async def _room(pool: asyncpg.Pool, house: House, row: ClaimedFile) -> int:
    """Return how many bytes the resident may still send today."""
    async with pool.acquire() as connection:
        today = await TODAY.one(connection, row.account_id, day_began(house.now(), house.zone))
    return DAY_BYTES - today.received


async def _keep(desk: FileDesk, row: ClaimedFile, file: FilePersonal, room: int) -> Kept:
    """Fetch, check and store a file; raises Unfit, and _Later where another try may help."""
    if room <= 0:
        raise Unfit("day_full")
    fetch = await desk.source.fetch(file.url or "", min(FILE_BYTES, room))
    if fetch.outcome == "retry":
        raise _Later(fetch.code, fetch.retry_after)
    if fetch.outcome == "refused":
        over = fetch.code == "too_large" and room < FILE_BYTES
        raise Unfit("day_full" if over else fetch.code)
    # In a thread: going through an archive takes up to a second.
    content_type = await asyncio.to_thread(type_of, fetch.content)
    scan = await desk.scanner.scan(fetch.content)
    if scan == "infected":
        raise Unfit("infected")
    content = fetch.content
    if content_type in PICTURES:
        picture = await desk.pictures.remake(content, content_type)
        if not picture.content:
            raise Unfit(picture.code)
        content, content_type = picture.content, picture.content_type
    key = new_key()
    sealed = await asyncio.to_thread(seal_content, key, row.id, content)
    await desk.storage.put(blob_name(row.place, row.attempts), sealed)
    return Kept(
        content_type=content_type,
        size=len(content),
        received=len(fetch.content),
        scan=scan,
        personal=FilePersonal(name=file_name(file.name, content_type), key=key),
    )
