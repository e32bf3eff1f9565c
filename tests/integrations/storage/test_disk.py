"""Files on disk: whole or not there, for their owner alone."""

from pathlib import Path

import pytest

from integrations.storage import disk
from integrations.storage.disk import DiskStorage

NAME = "ab12cd34ef56x1"


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    return DiskStorage(tmp_path / "files")


async def test_what_was_put_is_got_until_it_is_dropped(storage: DiskStorage) -> None:
    """The last content of a name counts; dropping twice is as good as once."""
    assert await storage.get(NAME) is None
    await storage.put(NAME, b"one")
    await storage.put(NAME, b"two")
    assert await storage.get(NAME) == b"two"
    await storage.drop(NAME)
    await storage.drop(NAME)
    assert await storage.get(NAME) is None


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "ab/cd1234", ".hidden12"])
async def test_a_name_never_leads_elsewhere(storage: DiskStorage, name: str) -> None:
    """Names are of our making; anything else is a mistake."""
    with pytest.raises(ValueError, match="name"):
        await storage.put(name, b"x")


async def test_nobody_else_can_look(storage: DiskStorage, tmp_path: Path) -> None:
    """Folder and files belong to the process alone."""
    await storage.put(NAME, b"x")
    for path in (tmp_path / "files", *(tmp_path / "files").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_a_full_disk_leaves_nothing_half(
    storage: DiskStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before stays, and no draft is left."""
    await storage.put(NAME, b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        await storage.put(NAME, b"after")
    assert await storage.get(NAME) == b"before"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
