"""`python -m integrations.demo CONFIG`: the demo as a process of its own.

CONFIG is a file with the JSON of `DemoConfig`, or `-` for standard input, so that tokens and
keys need not stand among a process's arguments. It listens where `public_url` says.
"""

import contextlib
import socket
import sys
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvicorn
from litestar import Litestar

from integrations.demo.app import create_app
from integrations.demo.config import DemoConfig

# Seconds that open streams of the pages get at the end, before they are cut.
LEAVE_WITHIN = 1


class Server(uvicorn.Server):
    """A server that ends the pages' streams before it waits for its connections."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking calls and end."""
        app = cast("Litestar", self.config.app)
        await app.state.leave()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until told to stop."""
    source = sys.argv[1] if len(sys.argv) > 1 else "-"
    text = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    config = msgspec.json.decode(text, type=DemoConfig)
    address = urlsplit(config.public_url)
    server = Server(
        uvicorn.Config(
            create_app(config),
            host=address.hostname or "127.0.0.1",
            port=address.port or 80,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=LEAVE_WITHIN,
        )
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it anew after a clean end
        server.run()


if __name__ == "__main__":
    main()
