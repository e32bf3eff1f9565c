"""`gateway serve` as a process of its own."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from msgspec import Struct

from bench import profiling

READY_SECONDS = 30
STOP_SECONDS = 30
POLL_SECONDS = 0.005


class Serving(Struct, frozen=True):
    """A running process and the port it answers on."""

    process: "subprocess.Popen[bytes]"
    port: int

    def megabytes(self) -> float:
        """Return its memory, with its share of what it has in common with others."""
        memory = psutil.Process(self.process.pid).memory_full_info()
        return getattr(memory, "pss", memory.rss) / 1e6

    def cpu_seconds(self) -> float:
        """Return the time that it has computed so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system


@contextmanager
def serving(environ: Mapping[str, str], folder: Path) -> Generator[Serving]:
    """Run `gateway serve` in a folder until the end; its log is `serve.log` in it."""
    port = int(environ["GATEWAY_PORT"])
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            profiling.command("serve", folder),
            cwd=folder,
            env=dict(environ),
            stderr=log,
        )
    try:
        try:
            wait_until_ready(process, port)
        except RuntimeError:
            sys.stderr.write((folder / "serve.log").read_text(errors="replace"))
            raise
        yield Serving(process, port)
    finally:
        stop(process)
        profiling.show("serve", folder)


def wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return as soon as /health/ready is 200; raises RuntimeError when that never comes."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{process.args} does not get ready")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Let a process leave cleanly; kill it if it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
