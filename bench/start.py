"""start: the second `make run` until it is ready, against what cannot be avoided.

The limit is a process that imports vkbottle and starts the embedded PostgreSQL and Valkey over
data that is there already (`bench.bare`). Both are timed from the call of the process, in turns,
each on a data folder of its own that an earlier start has made.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.house import environment, own_folder
from bench.report import Measured, note
from bench.serve import STOP_SECONDS, wait_until_ready

TIMES = 7
ROOT = Path(__file__).parent.parent


def measure() -> dict[str, Measured]:
    """Measure the start, after one of each that makes the data."""
    values: list[float] = []
    limits: list[float] = []
    with own_folder() as ours, own_folder() as bare:
        environ = environment(ours)
        for number in range(TIMES + 1):
            value, limit = _run(environ, ours), _bare(environment(bare), bare)
            if number:
                values.append(value)
                limits.append(limit)
                note(f"  start: {value:.2f} s, the servers alone {limit:.2f} s")
    return {"start": Measured(values, limits)}


def _run(environ: Mapping[str, str], folder: Path) -> float:
    """Return the seconds from `make run` to /health/ready."""
    with (folder / "run.log").open("wb") as log:
        started = time.perf_counter()
        # A group of its own: what a Ctrl-C reaches.
        process = subprocess.Popen(
            ["make", "run"],  # noqa: S607 - whichever make the person uses
            cwd=ROOT,
            env=dict(environ),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_until_ready(process, int(environ["GATEWAY_PORT"]))
            return time.perf_counter() - started
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_SECONDS)


def _bare(environ: Mapping[str, str], folder: Path) -> float:
    """Return the seconds that a process needs which does no more than it must."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.bare", environ["GATEWAY_DATA_DIR"]],
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = process.stdout.readline()
    seconds = time.perf_counter() - started
    process.communicate(timeout=STOP_SECONDS)
    assert ready == b"ready\n"
    assert folder.exists()
    return seconds
