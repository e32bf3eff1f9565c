"""Processes of a town: started, listened to, and ended by their own ids."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
# Below the ports that the system hands out to whoever calls somewhere.
PORTS = range(20_000, 32_000)
LEAVE_SECONDS = 30


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                return port


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return what a process of a town gets: its settings and nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


class Process:
    """A Python module that runs in a process group of its own; what it says goes to a file."""

    def __init__(
        self, module: str, arguments: Sequence[str], settings: Mapping[str, str], folder: Path
    ) -> None:
        self.name = " ".join((module, *arguments))
        self.log = folder / f"{module}.{'.'.join(map(_plain, arguments))}.log"
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=folder,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it ended with an error by itself: killed ones have a negative code."""
        return (self.popen.poll() or 0) > 0

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def interrupt(self) -> int:
        """Press Ctrl-C, which reaches the whole foreground group; return the exit code."""
        os.killpg(self.popen.pid, signal.SIGINT)
        return self.popen.wait(LEAVE_SECONDS)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(LEAVE_SECONDS)

    def end(self) -> None:
        """End it politely if it still runs, with whatever it has started."""
        if not self.alive:
            return
        started = psutil.Process(self.popen.pid).children(recursive=True)
        self.popen.terminate()
        try:
            self.popen.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        for child in started:
            if child.is_running():
                child.kill()


def _plain(argument: str) -> str:
    return Path(argument).name
