"""Sealing of content: AES-256-GCM in chunks, under a key that each file has of its own.

A sealed file is: format version (1 byte), then chunks of 64 KiB with a tag each. The nonce holds
a chunk's place and whether it is the last, so that none can be left out, moved or added. The key
is used for one content alone; it stands sealed in the file's row, and goes with it.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.privacy.errors import Unreadable

VERSION = b"\x01"
CHUNK = 64 * 1024
KEY_BYTES = 32
_TAG = 16


def new_key() -> bytes:
    """Return a key for one content."""
    return os.urandom(KEY_BYTES)


def seal_content(key: bytes, file_id: UUID, content: bytes) -> bytes:
    """Seal the content of a file; `key` must be new."""
    cipher, bound = AESGCM(key), file_id.bytes
    starts = range(0, max(len(content), 1), CHUNK)
    sealed = bytearray(VERSION)
    for place, start in enumerate(starts):
        last = place == len(starts) - 1
        sealed += cipher.encrypt(_nonce(place, last=last), content[start : start + CHUNK], bound)
    return bytes(sealed)


def open_content(key: bytes, file_id: UUID, sealed: bytes) -> bytes:
    """Open what `seal_content` made; raises Unreadable when a bit of it was changed or is gone."""
    if sealed[:1] != VERSION:
        raise Unreadable
    cipher, bound = AESGCM(key), file_id.bytes
    starts = range(1, len(sealed), CHUNK + _TAG)
    content = bytearray()
    try:
        for place, start in enumerate(starts):
            last = place == len(starts) - 1
            chunk = sealed[start : start + CHUNK + _TAG]
            content += cipher.decrypt(_nonce(place, last=last), chunk, bound)
    except InvalidTag:
        raise Unreadable from None
    if not starts:
        raise Unreadable
    return bytes(content)


def _nonce(place: int, *, last: bool) -> bytes:
    return place.to_bytes(8, "big") + last.to_bytes(4, "big")
