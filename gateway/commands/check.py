"""gateway check: are settings, database, keys, queue and workers in order?"""

import asyncio
from argparse import Namespace

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.commands.session import open_desk, settled
from gateway.parts import HEARTBEAT, VALKEY_SECONDS
from gateway.settings import Settings, check_public_url
from services.communities.communities import any_callback
from services.errors import ServiceError


def run(_args: Namespace) -> None:
    """Print one line for each; raises ServiceError when something must be put right."""
    with settled() as settings:
        print(f"settings: ok ({settings.mode})")
        troubles = asyncio.run(_check(settings))
    if troubles:
        raise ServiceError(f"Not in order: {', '.join(troubles)}.")


async def _check(settings: Settings) -> list[str]:
    troubles: list[str] = []
    try:
        async with open_desk(settings) as desk:
            check_public_url(settings, callbacks=await any_callback(desk.connection))
        print("database: ok, its schema is up to date and the secret keys fit")
    except ServiceError as error:
        print(f"database: {error.message}")
        troubles.append("database")
    queue, worker = await _look_at_queue(settings)
    print(f"queue: {'ok' if queue else 'Valkey does not answer; see GATEWAY_REDIS_URL'}")
    # Nothing is wrong with a machine on which no worker runs yet.
    print(f"worker: {'ok' if worker else 'none has reported lately; start `gateway worker`'}")
    return troubles if queue else [*troubles, "queue"]


async def _look_at_queue(settings: Settings) -> tuple[bool, bool]:
    valkey = Redis.from_url(settings.redis_url or "", socket_timeout=VALKEY_SECONDS)
    try:
        return True, await valkey.get(HEARTBEAT) is not None
    except (RedisError, OSError):
        return False, False
    finally:
        await valkey.aclose()
