"""Ids that are made before the row exists, so that a value can be sealed to its row."""

import os
import time
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    random = int.from_bytes(os.urandom(10))
    stamp = time.time_ns() // 1_000_000
    high = (random >> 68) & 0xFFF
    low = random & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=stamp << 80 | _VERSION_7 | high << 64 | _VARIANT | low)
