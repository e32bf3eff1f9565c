"""gateway serve: the process that answers over HTTP."""

import asyncio
import os
import signal
import socket
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn
import uvloop

from gateway.app import create_app
from gateway.chat import open_chat, open_inbox
from gateway.commands.session import TROUBLE, DatabaseAway, settled
from gateway.garbage import collect_less
from gateway.http.callback import Callback
from gateway.parts import open_parts
from gateway.settings import Settings
from gateway.telemetry import configure_logs
from services.errors import ServiceError

BACKLOG = 2048
KEPT_ALIVE_SECONDS = 75  # longer than a proxy in front keeps its connections (nginx: 60)
LEAVE_SECONDS = 10  # that running requests get at the end
NOTICE_SECONDS = {"production": 5.0, "local": 1.0}
"""Between `not_ready` and the end, when told to stop by SIGTERM: for a balancer to notice."""

logger = structlog.get_logger()


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals to us.

    Its own way raises the signal again after it has stopped, which would end the process before
    the database, the queue and the embedded servers are left. SIGTERM first takes readiness down
    and goes on serving for a moment; Ctrl-C, or a second signal, ends at once.
    """

    def __init__(self, config: uvicorn.Config, leaving: asyncio.Event, notice: float) -> None:
        """Take what says that the process leaves, and the seconds between that and the end."""
        super().__init__(config)
        self._leaving = leaving
        self._notice = notice

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.handle_exit, signal.SIGINT, None)
        loop.add_signal_handler(signal.SIGTERM, self._leave)
        yield

    def _leave(self) -> None:
        notice = 0.0 if self._leaving.is_set() else self._notice
        self._leaving.set()
        logger.info("leaving", seconds=notice)
        loop = asyncio.get_running_loop()
        loop.call_later(notice, self.handle_exit, signal.SIGTERM, None)


def run(_args: Namespace) -> None:
    """Serve until told to stop; requests under way are answered first."""
    with settled() as settings:
        configure_logs(settings.mode)
        listening = _listen(settings)
        try:
            uvloop.run(_serve(settings, listening))
        except TROUBLE as error:
            raise DatabaseAway from error
        finally:
            listening.close()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        # Before all else: a taken port shall not be found out after everything was opened.
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        where = f"{settings.host}:{settings.port}"
        message = f"Cannot listen on {where} ({reason}); see GATEWAY_HOST and GATEWAY_PORT."
        raise ServiceError(message) from None


async def _serve(settings: Settings, listening: socket.socket) -> None:
    async with (
        open_parts(settings) as parts,
        open_chat(parts) as chat,
        open_inbox(parts, chat) as inbox,
    ):
        config = uvicorn.Config(
            create_app(parts, Callback(parts, inbox, chat)),
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEPT_ALIVE_SECONDS,
            timeout_graceful_shutdown=LEAVE_SECONDS,
        )
        collect_less()
        logger.info("serving", host=settings.host, port=settings.port, mode=settings.mode)
        notice = NOTICE_SECONDS[settings.mode]
        await _Server(config, parts.leaving, notice).serve(sockets=[listening])
        logger.info("stopping")
