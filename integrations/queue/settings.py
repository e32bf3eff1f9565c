"""How this gateway uses arq 0.28, with the reason for each departure from its defaults."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from arq.connections import RedisSettings
from msgspec.json import decode, encode
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError  # noqa: A004 - redis has its own

RESTART = (ConnectionError, TimeoutError, BusyLoadingError, OSError)
"""What a client meets while Valkey is away, starts again and reads its data. OSError is what
connecting meets (refused, no such socket), which redis-py does not count as worth a retry."""


def serialize(job: dict[str, Any]) -> bytes:
    """Write a job: a name and ids, never pickle, which would run what somebody put there."""
    # A job that failed is written with its exception, of which the class is enough.
    return encode(job, enc_hook=lambda value: type(value).__name__)


def deserialize(job: bytes) -> dict[str, Any]:
    """Read a job; raises DecodeError, by which arq drops it."""
    return decode(job, type=dict[str, Any])


# For arq.worker.Worker(**WORKER_OPTIONS, …)
WORKER_OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "job_serializer": serialize,
        "job_deserializer": deserialize,
        "poll_delay": 0.01,  # seconds; the default of 0.5 makes at most 200 jobs a second
        "queue_read_limit": 1000,  # the default of 100 a poll is the other half of that limit
        "max_jobs": 50,  # a job mostly waits for the network; 20 to 100 measured alike
        "job_timeout": 30,  # seconds; a killed worker blocks its job for this long and 10 s more
        "job_completion_wait": 5,  # seconds after a signal; a batch under way is settled by then
        "keep_result": 0,  # a kept result would make the next ring with its id unheard
        "max_tries": 2,  # a job says only "look": what is left is rung for by the sweep
        "log_results": False,  # jobs answer nothing
    }
)


def redis_settings(url: str) -> RedisSettings:
    """Read the URL of Valkey: redis://, rediss://, or unix://:password@/path?db=0.

    User, password and path are percent-decoded, which arq's own reader leaves out. The
    connection outlives a restart of Valkey: a command is repeated, at growing intervals of at
    most 2 s, until it is back, so whoever may not wait bounds the call.
    Raises ValueError for another scheme.
    """
    parts = parse_url(url)
    tls = parts.get("connection_class") is SSLConnection
    return RedisSettings(
        host=parts.get("host", "localhost"),
        port=parts.get("port", 6379),
        unix_socket_path=parts.get("path"),
        database=int(parts.get("db", 0)),
        username=parts.get("username"),
        password=parts.get("password"),
        ssl=tls,
        ssl_ca_certs=parts.get("ssl_ca_certs"),
        ssl_check_hostname=tls,
        retry=Retry(EqualJitterBackoff(cap=2, base=0.05), retries=-1),
        retry_on_error=list(RESTART),
    )
