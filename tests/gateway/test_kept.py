"""Secrets are made once, also when several ask at the same time."""

import stat
import threading
from pathlib import Path

from gateway.kept import keep


def test_those_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    """One secret is kept, in a private file, and no half-made one is left."""
    path = tmp_path / "folder" / "secret"
    path.parent.mkdir()
    barrier = threading.Barrier(8)
    found: list[str] = []

    def ask(number: int) -> None:
        def make() -> str:
            barrier.wait()  # all of them have seen that there is none
            return f"secret {number}"

        found.append(keep(path, make))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
