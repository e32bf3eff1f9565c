"""Logs, request ids and metrics. Nothing here sees a body, a query string or a person."""

import logging
import os
import re
import sys
import time
import traceback
from contextvars import ContextVar
from typing import Any, TextIO

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.metrics import Metrics

FRAMES = 12  # of an error's way are logged, the innermost ones
_QUIET = frozenset({"/vk/callback", "/health/live", "/health/ready", "/metrics"})
_OWN_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")  # taken over from a proxy in front
_SERVER_ERROR = 500
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""Of every answer that does not set them itself."""

logger = structlog.get_logger()


def configure_logs(mode: str, stream: TextIO | None = None) -> None:
    """Log one line an event to `stream` (standard error): JSON in `production`, else to read.

    The standard library's loggers go the same way from WARNING on: vkbottle's DEBUG would print
    what residents wrote, uvicorn's access log would print query strings.
    """
    out = stream or sys.stderr
    shared: list[Processor] = [
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_exception,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)
        if mode == "production"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), sort_keys=True)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                last,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def frames(error: BaseException) -> list[str]:
    """Return the lines an error came through, `file:line function`, without its words."""
    found = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{os.path.relpath(f.filename)}:{f.lineno} {f.name}" for f in found]


class Telemetry:
    """Pure ASGI around the whole application: request id, security headers, metrics, one line."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Take the application inside and where to count."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through; answers carry `X-Request-Id`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _taken_over(scope["headers"]) or os.urandom(8).hex()
        token = _request_id.set(request_id)
        started = time.perf_counter()
        status = _SERVER_ERROR

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message["headers"], request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            _request_id.reset(token)

    def _note(self, scope: Any, status: int, seconds: float) -> None:
        # The template, never the path: a path may be anything that somebody typed.
        route: str = scope.get("path_template") or "unmatched"
        self._metrics.request(route, scope["method"], status, seconds)
        if route not in _QUIET or status >= _SERVER_ERROR:
            logger.info(
                "request",
                route=route,
                method=scope["method"],
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )


def _taken_over(headers: Any) -> str | None:
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode("ascii") if _OWN_ID.fullmatch(value) else None
    return None


def _with_headers(headers: Any, request_id: str) -> list[tuple[bytes, bytes]]:
    """Add what is missing; a handler's own header wins."""
    present = {name.lower() for name, _ in headers}
    added = [header for header in HEADERS if header[0] not in present]
    return [*headers, *added, (b"x-request-id", request_id.encode())]


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = _request_id.get()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _drop_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep an exception's class and way; drop its words and locals, which may be somebody's."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["frames"] = frames(error)
    return event
