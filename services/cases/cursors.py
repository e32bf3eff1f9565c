"""Cursors of lists: opaque, signed, good for one caller and one set of filters alone."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from services.errors import InvalidCursor

MAC_BYTES = 16


class Position(Struct, frozen=True, array_like=True):
    """The row after which the next page starts: the time that orders the list, then the id."""

    at: datetime
    id: UUID


def write_cursor(key: bytes, bound: bytes, position: Position) -> str:
    """Return a cursor for URLs; `bound` is who may use it, and with which filters."""
    place = msgspec.msgpack.encode(position)
    return base64.urlsafe_b64encode(_mac(key, bound, place) + place).decode().rstrip("=")


def read_cursor(key: bytes, bound: bytes, cursor: str) -> Position:
    """Return where the page starts; raises InvalidCursor for anything not written for `bound`."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    mac, place = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, bound, place)):
        raise InvalidCursor
    return msgspec.msgpack.decode(place, type=Position)


def _mac(key: bytes, bound: bytes, place: bytes) -> bytes:
    # The length first, so that no other split of the two has the same code.
    text = len(bound).to_bytes(4) + bound + place
    return hmac.digest(key, text, hashlib.sha256)[:MAC_BYTES]
