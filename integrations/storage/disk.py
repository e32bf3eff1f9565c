"""Keeps files in a folder of local disk: sealed already, under names that say nothing."""

import asyncio
import contextlib
import os
import re
import secrets
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9]{8,100}")


class DiskStorage:
    """`services.ports.Storage` on a folder, which is made when first needed."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; only its owner will be able to look into it."""
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Keep content; the file appears at once and whole, and outlives a loss of power."""
        await asyncio.to_thread(self._put, self._path(name), content)

    async def get(self, name: str) -> bytes | None:
        """Return content, or None where there is none."""
        return await asyncio.to_thread(_get, self._path(name))

    async def drop(self, name: str) -> None:
        """Forget content."""
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    def _path(self, name: str) -> Path:
        """Return where a name lies: 256 folders keep each of them short."""
        if not _NAME.fullmatch(name):
            raise ValueError("a name is made of Latin letters and digits")
        return self._folder / name[:2] / name

    def _put(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the folder's own list durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _get(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
