"""Everything that is said to Valkey, and everything that it keeps."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from redis import Redis

READ = 65_536


@contextmanager
def listening(url: str) -> Generator[bytearray]:
    """Note every command that Valkey gets until the end, by its own MONITOR."""
    parts = urlsplit(url)
    heard = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(unquote(parts.path))
        connection.sendall(f"AUTH {parts.password}\r\nMONITOR\r\n".encode())
        thread = threading.Thread(target=_note, args=(connection, heard))
        thread.start()
        try:
            yield heard
        finally:
            connection.shutdown(socket.SHUT_RDWR)
            thread.join()


def _note(connection: socket.socket, heard: bytearray) -> None:
    while part := connection.recv(READ):
        heard += part


def kept_by(url: str) -> bytes:
    """Return all keys with their values, as Valkey would write them into its file."""
    with Redis.from_url(url) as valkey:
        return b"\n".join(key + b" " + (valkey.dump(key) or b"") for key in valkey.scan_iter())
