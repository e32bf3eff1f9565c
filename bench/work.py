"""`gateway worker` as a process of its own."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager

from bench import profiling
from bench.house import House
from bench.serve import stop


@contextmanager
def working(house: House, **settings: str) -> Generator[None]:
    """Run a worker until the end; its log is `worker.log` in the house's folder."""
    with (house.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            profiling.command("worker", house.folder),
            cwd=house.folder,
            env={**house.environ, **settings},
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        stop(process)
        profiling.show("worker", house.folder)
