"""The table of faults: what is done in the middle of a rush, and undone by `House.mend`."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from faults.house import House
from integrations.vk.errors import MEANINGS
from tests.acceptance.strikes import STRIKES as KILLS
from tests.acceptance.strikes import Strike as Kill

Strike = Callable[[House], Awaitable[None]]

SHORT = 2.0  # seconds that something is away
PATIENCE = 17.0  # longer than the gateway waits for a back end (15 s) or for VK
AGAIN = 3  # strikes of an error; each personal one hits another message


async def _kill(house: House, *, kill: Kill) -> None:
    await house.away(kill, house.town)


async def _cut(house: House, *, wire: str) -> None:
    """Break all connections again and again, then refuse new ones for a while."""
    for _ in range(5):
        house.wires.all[wire].cut()
        await asyncio.sleep(0.1)
    house.wires.all[wire].down = True
    house.wires.all[wire].cut()
    await asyncio.sleep(SHORT)


async def _slow(house: House, *, wire: str) -> None:
    house.wires.all[wire].delay = 0.05
    await asyncio.sleep(2 * SHORT)


async def _vk_error(house: House, *, code: int) -> None:
    await house.spoil(kind="error", code=code, times=AGAIN)
    await asyncio.sleep(SHORT)


async def _vk_says(house: House, *, kind: str) -> None:
    await house.spoil(kind=kind, seconds=PATIENCE, times=AGAIN)
    await asyncio.sleep(PATIENCE if kind != "bad_gateway" else SHORT)


async def _back_end(house: House, *, mode: str) -> None:
    house.letterbox.mode = mode
    await asyncio.sleep(PATIENCE if mode in {"hang", "late"} else SHORT)


FAULTS: dict[str, Strike] = {
    **{kill.__name__: partial(_kill, kill=kill) for kill in KILLS},
    **{
        f"cut_{wire}": partial(_cut, wire=wire)
        for wire in ("database", "queue", "vk", "callbacks", "back_end")
    },
    **{
        f"slow_{wire}": partial(_slow, wire=wire)
        for wire in ("database", "queue", "vk", "callbacks", "back_end")
    },
    **{f"vk_{kind}": partial(_vk_says, kind=kind) for kind in ("bad_gateway", "hang", "late")},
    **{f"vk_error_{code}": partial(_vk_error, code=code) for code in sorted(MEANINGS)},
    **{
        f"back_end_{mode}": partial(_back_end, mode=mode)
        for mode in ("refuse", "error", "hang", "late")
    },
}

OUT_OF_TURN = {
    f"vk_error_{code}"
    for code, meaning in MEANINGS.items()
    if meaning.outcome in {"dead", "parked"}
}
"""What will never work, or not now, holds nobody up: sent again, it may come after later ones."""

ATTENDED = {
    f"vk_error_{code}"
    for code, meaning in MEANINGS.items()
    if meaning.outcome != "retry" or meaning.stops_page or (meaning.retry_after or 0) > SHORT
}
"""What is listed as stopped or failed until an admin sees to it, or waits as long as VK asked.
The product recovers from all else unaided."""
