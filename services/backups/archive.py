"""The file of a backup: a line of plain text that says what it is, then sealed frames.

Every backup has a key of its own, which stands in the first line wrapped by a secret key, as the
keys of the ring do. Each frame is sealed (AES-256-GCM) with its place as the nonce and bound to
the first line: none can be left out, moved or taken from another file, and the last one says that
there are no more.
"""

import os
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from services.errors import ServiceError
from services.privacy.errors import WrongSecretKeys
from services.privacy.keyring import KEY_BYTES, WrappedKey, unwrap, wrap
from services.privacy.sealing import NONCE_BYTES

FORMAT = 1
PURPOSE = "backup"
LONGEST_HEAD = 10_000  # bytes of the first line
LENGTH_BYTES = 4


class NoBackup(ServiceError):
    """This file is no backup of the gateway, or of a version that this program does not know."""

    code = "no_backup"


class DamagedBackup(ServiceError):
    """The backup is damaged or was cut off: nothing of it can be trusted. Take another one."""

    code = "damaged_backup"


class WrongBackupKeys(ServiceError):
    """GATEWAY_SECRET_KEYS does not open this backup: put the key of its time in the list."""

    code = "wrong_backup_keys"


class Head(Struct, frozen=True, kw_only=True):
    """The first line, readable without a key: as of when, and with which newest migration."""

    format: int = FORMAT
    taken_at: datetime
    schema: str
    key: bytes


class Table(Struct, frozen=True, tag="table"):
    """Rows of this table follow."""

    name: str
    columns: list[str]


class Rows(Struct, frozen=True, tag="rows"):
    """A part of a table as COPY writes it, deflated."""

    data: bytes


class Counter(Struct, frozen=True, tag="counter"):
    """Where a sequence stands."""

    name: str
    value: int


class Blob(Struct, frozen=True, tag="blob"):
    """A file of the storage, sealed as it lies there."""

    name: str
    data: bytes


class End(Struct, frozen=True, tag="end"):
    """The backup is whole."""

    rows: int
    blobs: int
    missing: int


Frame = Table | Rows | Counter | Blob | End
_decoder = msgspec.msgpack.Decoder(Frame)


class Writer:
    """Writes frames to a file."""

    def __init__(self, file: BinaryIO, secret_key: bytes, taken_at: datetime, schema: str) -> None:
        """Write the first line; the backup's own key is made here and kept nowhere else."""
        key = os.urandom(KEY_BYTES)
        wrapped = wrap(secret_key, PURPOSE, key)
        head = Head(taken_at=taken_at, schema=schema, key=wrapped)
        self._head = msgspec.json.encode(head) + b"\n"
        self._file, self._cipher, self._place = file, AESGCM(key), 0
        file.write(self._head)

    def write(self, frame: Frame) -> None:
        """Seal a frame and write it."""
        nonce = self._place.to_bytes(NONCE_BYTES, "big")
        sealed = self._cipher.encrypt(nonce, msgspec.msgpack.encode(frame), self._head)
        self._file.write(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
        self._place += 1


def read_head(file: BinaryIO) -> tuple[Head, bytes]:
    """Return the first line, understood and as it stands; raises NoBackup."""
    line = file.readline(LONGEST_HEAD)
    try:
        head = msgspec.json.decode(line, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NoBackup from None
    if head.format != FORMAT:
        raise NoBackup
    return head, line


def read_frames(
    file: BinaryIO, head: Head, line: bytes, secret_keys: Sequence[bytes]
) -> Iterator[Frame]:
    """Return what follows the first line, to the last frame.

    Raises WrongBackupKeys before the first frame, and DamagedBackup at the first wrong byte.
    """
    try:
        cipher = AESGCM(unwrap(secret_keys, WrappedKey(0, PURPOSE, head.key)))
    except WrongSecretKeys:
        raise WrongBackupKeys from None
    return _frames(file, cipher, line)


def _frames(file: BinaryIO, cipher: AESGCM, line: bytes) -> Iterator[Frame]:
    place = 0
    while True:
        length = int.from_bytes(file.read(LENGTH_BYTES), "big")
        try:
            opened = cipher.decrypt(place.to_bytes(NONCE_BYTES, "big"), file.read(length), line)
        except (InvalidTag, ValueError):
            raise DamagedBackup from None
        frame = _decoder.decode(opened)
        yield frame
        if isinstance(frame, End):
            if file.read(1):
                raise DamagedBackup
            return
        place += 1


def deflate(data: bytes) -> Rows:
    """Return a part of a table as a frame; sealed blobs are written in hexadecimal by COPY."""
    return Rows(zlib.compress(data, 1))


def inflate(rows: Rows) -> bytes:
    """Return what `deflate` took."""
    return zlib.decompress(rows.data)
