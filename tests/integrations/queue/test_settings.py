"""How Valkey's URL is read, and how jobs are written."""

import pytest
from msgspec import DecodeError

from integrations.queue.settings import deserialize, redis_settings, serialize


def test_a_unix_socket_with_a_password() -> None:
    """As the embedded Valkey is reached; what a URL must quote is unquoted."""
    settings = redis_settings("unix://:p%40ss%2Fword@/run/gate%20way/valkey.sock?db=2")
    assert settings.unix_socket_path == "/run/gate way/valkey.sock"
    assert (settings.username, settings.password, settings.database) == (None, "p@ss/word", 2)


def test_a_server_on_the_network() -> None:
    """User, password, port and database, with and without TLS."""
    settings = redis_settings("redis://gateway:pa%3Ass@cache.example:6380/3")
    assert (settings.host, settings.port, settings.database) == ("cache.example", 6380, 3)
    assert (settings.username, settings.password) == ("gateway", "pa:ss")
    assert not settings.ssl
    secure = redis_settings("rediss://cache.example")
    assert (secure.ssl, secure.ssl_check_hostname) == (True, True)
    assert (secure.port, secure.database) == (6379, 0)


def test_another_scheme_is_refused() -> None:
    """A mistake in the settings shows at the start."""
    with pytest.raises(ValueError, match="scheme"):
        redis_settings("http://cache.example")


def test_jobs_are_json() -> None:
    """An exception is written as its name alone: its words may hold what nobody should read."""
    assert deserialize(serialize({"f": "look", "a": ("1",)})) == {"f": "look", "a": ["1"]}
    assert serialize({"r": ValueError("личное")}) == b'{"r":"ValueError"}'


@pytest.mark.parametrize("job", [b"", b"[]", b"\x80\x04K\x01."])
def test_what_is_no_job_is_not_read(job: bytes) -> None:
    """Pickle least of all."""
    with pytest.raises(DecodeError):
        deserialize(job)
