"""What a caller is told when something goes wrong: RFC 9457 problem details with a stable code.

HTTP status is decided here and nowhere else.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from gateway.telemetry import frames
from services.db.trouble import DATABASE_TROUBLE
from services.errors import (
    Conflict,
    FieldError,
    Forbidden,
    IdempotencyKeyReused,
    InvalidCursor,
    InvalidRequest,
    NotFound,
    NotOwner,
    PreconditionRequired,
    ServiceError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    VersionConflict,
)
from services.intake import NUL_IN_WORDS

Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2  # locks are waited for three seconds at most, restarts of PostgreSQL take two

STATUS: dict[type[ServiceError], int] = {
    InvalidRequest: 400,
    InvalidCursor: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotOwner: 403,
    NotFound: 404,
    Conflict: 409,
    VersionConflict: 412,
    IdempotencyKeyReused: 422,
    PreconditionRequired: 428,
    TooManyRequests: 429,
    Unavailable: 503,
}
"""By class; a subclass has the status of its nearest parent here, others are ours: 500."""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
"""The JSON Schema of every answer of error (RFC 9457)."""

CODES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "unavailable",
}
"""Codes of the framework's own refusals, by status."""

BUSY = (*DATABASE_TROUBLE, asyncpg.SerializationError)
"""The database is busy or away: not the caller's fault, and soon over."""

UNKEPT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
"""What PostgreSQL says to U+0000 in a path; bodies and parameters are refused before."""

logger = structlog.get_logger()


def status_of(error: ServiceError) -> int:
    """Return the HTTP status of a service's error."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def retry_after(seconds: float = RETRY_SECONDS) -> str:
    """Return a `Retry-After` that many seconds from now, as an HTTP-date (VK reads no other)."""
    # An HTTP-date has no fractions: round up, so that it never names the past.
    at = datetime.now(UTC) + timedelta(seconds=seconds + 1)
    return format_datetime(at.replace(microsecond=0), usegmt=True)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[dict[str, Any]]:
    """Return an answer `application/problem+json`; `errors` names wrong fields, all at once."""
    body: dict[str, Any] = {
        **(more or {}),
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    sent = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent["Retry-After"] = retry_after()
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=sent)


def exception_handlers() -> dict[int | type[Exception], Handler]:
    """Return what the application answers to every kind of exception."""
    return {
        ServiceError: _service_error,
        HTTPException: _http_error,
        **dict.fromkeys(BUSY, _busy),
        **dict.fromkeys(UNKEPT, _unkept),
        Exception: _unhandled,
    }


def _service_error(_request: Request[Any, Any, Any], error: ServiceError) -> Response[Any]:
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unhandled(_request, error)
    errors = error.errors if isinstance(error, InvalidRequest) else ()
    headers: dict[str, str] = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(math.ceil(error.seconds))
    return problem(
        status, error.code, error.message, errors=errors, more=error.details, headers=headers
    )


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
        return _unhandled(request, error)
    phrase = HTTPStatus(status).phrase
    errors = _field_errors(error.extra)
    # The framework's own words may repeat what was sent; they are left out.
    detail = "Some fields are missing or wrong; `errors` names all of them." if errors else phrase
    headers = {name: value for name, value in (error.headers or {}).items() if name == "Allow"}
    if status == HTTPStatus.METHOD_NOT_ALLOWED and (route := request.scope.get("route_handler")):
        headers["Allow"] = ", ".join(sorted(getattr(route, "http_methods", ())))
    code = CODES.get(status, phrase.lower().replace(" ", "_"))
    return problem(status, code, detail, errors=errors, headers=headers)


def _field_errors(extra: Any) -> tuple[FieldError, ...]:
    """Read the wrong parameters out of what Litestar's validation says."""
    items: list[Any] = extra if isinstance(extra, list) else []
    return tuple(
        FieldError(str(item.get("key", "")), _unquoted(str(item.get("message", ""))))
        for item in items
        if isinstance(item, Mapping)
    )


def _unquoted(words: str) -> str:
    # "Invalid enum value 'x'" repeats what was sent.
    return words.partition(" '")[0] if words.startswith("Invalid") else words


def _busy(_request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    logger.warning("busy", error=type(error).__name__)
    detail = (Unavailable.__doc__ or "").strip()
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, Unavailable.code, detail)


def _unkept(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    return _service_error(request, InvalidRequest(FieldError("", NUL_IN_WORDS)))


def _unhandled(_request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    # An exception's words may hold what a resident wrote or a row's values: only its class and
    # the lines it came through are logged.
    logger.error("unhandled_error", error=type(error).__name__, frames=frames(error))
    detail = "Something went wrong in the gateway; it has been logged under this request's id."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)
