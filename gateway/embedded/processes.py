"""Finding the servers that an earlier command started, and waiting for them."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

POLL_SECONDS = 0.01


def process_of(pid_file: Path, mark: str, uid: int) -> psutil.Process | None:
    """Return the live process that a pid file names, if it is the server that is meant.

    The number alone proves nothing: after a crash it may be somebody else's by now. `mark` must
    stand in its command line, and it must run as the account `uid`.
    """
    try:
        process = psutil.Process(first_number(pid_file))
        named = bool(mark) and mark in " ".join(process.cmdline())
        if named and process.uids().effective == uid and not gone(process):
            return process
    except (OSError, ValueError, psutil.Error):
        pass
    return None


def first_number(pid_file: Path) -> int:
    """Return the process id that stands in the first line of a file; raises ValueError."""
    return int(pid_file.read_text().partition("\n")[0])


def gone(process: psutil.Process) -> bool:
    """Return whether a process has ended; one that nobody waits for counts as ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, for at most that long; return whether it does."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def end(process: psutil.Process) -> None:
    """Kill a process and wait until it is gone."""
    try:
        process.kill()
    except psutil.Error:
        return
    wait_until(lambda: gone(process), 10)
