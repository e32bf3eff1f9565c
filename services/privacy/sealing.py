"""Sealing of personal values: one blob a row, bound to its table, column and row id.

A blob is: format version (1 byte), algorithm (1 byte: 1 = AES-256-GCM), key id (4 bytes, big
endian), nonce (96 bits), ciphertext with tag. Copied to another row or column it does not open.
"""

import hashlib
import hmac
import os
import struct
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.privacy.errors import Unreadable

T = TypeVar("T")

FORMAT = 1
AES_256_GCM = 1
NONCE_BYTES = 12
_HEADER = struct.Struct(">BBI")
_BODY = _HEADER.size + NONCE_BYTES
_encoder = msgspec.msgpack.Encoder()


class Sealer:
    """Seals with the newest field key, opens with any; makes the keyed hashes one can search by.

    `newest` is the id of the key that it seals with.
    """

    def __init__(
        self, field_keys: Mapping[int, bytes], index_key: bytes, newest: int | None = None
    ) -> None:
        """Take the field keys by their keyring id (32 bytes each) and the key of the hashes.

        It seals with the key `newest`; without that with the one of the highest id.
        """
        self._index_key = index_key
        self.adopt(field_keys, max(field_keys) if newest is None else newest)

    def adopt(self, field_keys: Mapping[int, bytes], newest: int) -> None:
        """Open with these keys from now on, and seal with the one whose id is `newest`."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in field_keys.items()}
        # One value, so that a thread that seals meanwhile never mixes one key with another's id.
        self._present = (_HEADER.pack(FORMAT, AES_256_GCM, newest), self._ciphers[newest])
        self.newest = newest

    def knows(self, key_ids: set[int], newest: int) -> bool:
        """Say whether these are its keys, and `newest` the one it seals with."""
        return self.newest == newest and self._ciphers.keys() == key_ids

    def seal(self, place: str, row: object, value: bytes) -> bytes:
        """Seal `value` for the column `place` (`table.column`) of the row with the id `row`."""
        header, cipher = self._present
        nonce = os.urandom(NONCE_BYTES)
        return header + nonce + cipher.encrypt(nonce, value, f"{place}:{row}".encode())

    def open(self, place: str, row: object, blob: bytes) -> bytes:
        """Open a blob; raises Unreadable when it is not this row's, was changed, or has no key."""
        if len(blob) < _BODY:
            raise Unreadable
        version, algorithm, key_id = _HEADER.unpack_from(blob)
        cipher = self._ciphers.get(key_id)
        if version != FORMAT or algorithm != AES_256_GCM or cipher is None:
            raise Unreadable
        try:
            return cipher.decrypt(
                blob[_HEADER.size : _BODY], blob[_BODY:], f"{place}:{row}".encode()
            )
        except InvalidTag:
            raise Unreadable from None

    def seal_value(self, place: str, row: object, value: Any) -> bytes:
        """Seal a struct or plain value, as MessagePack."""
        return self.seal(place, row, _encoder.encode(value))

    def open_value(self, place: str, row: object, blob: bytes, kind: type[T]) -> T:
        """Open a blob made by `seal_value`; raises Unreadable."""
        return msgspec.msgpack.decode(self.open(place, row, blob), type=kind)

    def keyed_hash(self, purpose: str, value: str) -> bytes:
        """Return 16 bytes of HMAC-SHA-256: equal values can be found, not read back."""
        text = f"{purpose}\0{value}".encode()
        return hmac.digest(self._index_key, text, hashlib.sha256)[:16]
