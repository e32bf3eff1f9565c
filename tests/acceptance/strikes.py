"""What may be killed or emptied in a town, and comes back by itself or by the next command."""

from collections.abc import Callable

import redis

from tests.acceptance.town import Town
from tests.gateway.embedded.conftest import running

Strike = Callable[[Town], None]


def kill_worker(town: Town) -> None:
    """As the kernel does when memory is short; whoever watches over it starts it again."""
    _kill(town, "gateway worker")
    town.worker()


def kill_gateway(town: Town) -> None:
    """VK is refused its calls for a moment."""
    _kill(town, "gateway serve")
    town.serve()


def kill_postgres(town: Town) -> None:
    """Whoever joins the servers next starts it again, and it recovers."""
    running(town.data_dir)["postgres"].kill()
    town.embedded()


def kill_valkey(town: Town) -> None:
    """It forgets everything, and is away until somebody joins the servers."""
    running(town.data_dir)["valkey"].kill()
    town.embedded()


def empty_valkey(town: Town) -> None:
    """Rings, jobs, the pages' pace and the worker's sign of life are gone."""
    with redis.Redis.from_url(str(town.embedded().redis_url)) as valkey:
        valkey.flushall()


STRIKES = (kill_worker, kill_gateway, kill_postgres, kill_valkey, empty_valkey)


def _kill(town: Town, name: str) -> None:
    next(process for process in town.processes if process.name == name and process.alive).kill()
