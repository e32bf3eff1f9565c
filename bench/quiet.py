"""Waiting for the machine: a measurement beside somebody else's work says little."""

import asyncio

import psutil

BUSY = 20  # percent of all cores that something else may take
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 20


async def quiet() -> None:
    """Return when nothing else computes, or when that has taken too long to wait for.

    The benchmark itself must be doing nothing. On a machine of its own it waits for one look.
    """
    for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
        psutil.cpu_percent()
        await asyncio.sleep(LOOK_SECONDS)
        if psutil.cpu_percent() < BUSY:
            return
