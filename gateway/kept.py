"""Secrets that are made once and kept in files that only their owner can read."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def keep(path: Path, make: Callable[[], str]) -> str:
    """Return the secret kept at `path`, made by `make` when there is none yet.

    The file has mode 0600 and appears at once and whole, so that several commands may ask for
    the same secret at the same time. Raises OSError when the folder cannot be written, or the
    file belongs to somebody else.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            _write(draft, make())
            os.link(draft, path)
        except FileExistsError:
            pass  # another command was faster; its secret counts
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8").strip()


def _write(path: Path, secret: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(f"{secret}\n".encode())
        file.flush()
        os.fsync(file.fileno())
