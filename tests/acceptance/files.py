"""A host on loopback where files lie that are not what they seem."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.hostile import ARCHIVE_BOMB, HUGE_PICTURE, MACROS, POLYGLOT, PROGRAM, TRUNCATED

BODIES = {
    "/program": PROGRAM,
    "/huge": HUGE_PICTURE,
    "/bomb": ARCHIVE_BOMB,
    "/macros": MACROS,
    "/polyglot": POLYGLOT,
    "/truncated": TRUNCATED,
    "/nothing": b"",
}
HOSTILE = {
    "/program": "принимаем только фото",
    "/huge": "на снимке больше 40 мегапикселей",
    "/bomb": "он устроен так, что может навредить",
    "/macros": "он устроен так, что может навредить",
    "/polyglot": "он устроен так, что может навредить",
    "/truncated": "он повреждён",
    "/nothing": "он пустой",
    "/endless": "он больше 10 МБ",
    "/says-huge": "он больше 10 МБ",
    "/inside": "он лежит не во ВКонтакте",
    "/gone": "во ВКонтакте его больше нет",
}
"""Path → why it is not taken."""


class FileServer:
    """Serves each path in its own bad way."""

    hostile = HOSTILE

    def __init__(self, port: int) -> None:
        self.port = port

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with suppress(ConnectionError):
            self._answer(self.path)

    def _answer(self, path: str) -> None:
        match path:
            case "/gone":
                self.send_error(404)
            case "/inside":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/latest/meta-data")
                self.end_headers()
            case "/says-huge":
                self._head(11 * 1024 * 1024)
            case "/endless":
                self._head(None)
                while True:
                    self.wfile.write(b"x" * 65536)
            case _:
                self._head(len(BODIES[path]))
                self.wfile.write(BODIES[path])

    def _head(self, length: int | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
        pass  # the test looks at what the resident hears


@contextmanager
def open_file_server() -> Generator[FileServer]:
    """Serve on a port of loopback until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield FileServer(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
