"""`profile=1`: shows where the time of the gateway's own processes goes.

They run under cProfile, which slows them down and favours what makes few calls: the figures of
such a run are only for comparing its own lines. Without it a process is run as it always is.
"""

import io
import os
import pstats
import sys
from pathlib import Path

from bench.report import note

SWITCH = "BENCH_PROFILE"
SHOWN = 40  # functions, those first that computed longest themselves


def switch_on() -> None:
    """Let every process that is started from now on be profiled."""
    os.environ[SWITCH] = "1"


def command(process: str, folder: Path) -> list[str]:
    """Return what starts `gateway serve` or `gateway worker`."""
    profiled = ["-m", "cProfile", "-o", str(_file(process, folder))] if _is_on() else []
    return [sys.executable, *profiled, "-m", "gateway", process]


def show(process: str, folder: Path) -> None:
    """Print where a process that has ended spent its time, if that was asked for."""
    file = _file(process, folder)
    if not file.exists():
        return
    told = io.StringIO()
    stats = pstats.Stats(str(file), stream=told)
    stats.sort_stats("tottime").print_stats(SHOWN)
    note(f"where the time of `gateway {process}` went:\n{told.getvalue()}")
    file.unlink()


def _is_on() -> bool:
    return bool(os.environ.get(SWITCH))


def _file(process: str, folder: Path) -> Path:
    return folder / f"{process}.profile"
