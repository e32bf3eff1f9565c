"""What a person is told when something goes wrong: a page in Russian, or the way to sign in."""

import math
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from gateway.admin import words
from gateway.admin.access import PATH
from gateway.admin.rendering import Asked, back, page
from gateway.problems import BUSY, UNKEPT, Handler, status_of
from gateway.telemetry import frames
from services.errors import (
    InvalidRequest,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)

logger = structlog.get_logger()
SERVER_ERROR = 500


def exception_handlers() -> dict[int | type[Exception], Handler]:
    """Return what pages of the monitor answer to every kind of exception."""
    return {
        ServiceError: _service_error,
        HTTPException: _http_error,
        **dict.fromkeys(BUSY, _busy),
        **dict.fromkeys(UNKEPT, _unkept),
        Exception: _unhandled,
    }


def sentence(error: ServiceError) -> str:
    """Say in one Russian sentence what is wrong, and what to do."""
    if isinstance(error, InvalidRequest) and error.errors:
        known = [words.FIELDS.get(each.field.partition(".")[0]) for each in error.errors]
        told = list(dict.fromkeys(filter(None, known)))
        return " ".join(told) if told else words.ERRORS["invalid_request"]
    if isinstance(error, TooManyRequests):
        return f"{words.ERRORS[error.code]} Ждать {math.ceil(error.seconds)} с."
    for kind in type(error).__mro__:
        if (told := words.ERRORS.get(getattr(kind, "code", ""))) is not None:
            return told
    return words.SORRY


def _service_error(request: Asked, error: ServiceError) -> Response[Any]:
    status = status_of(error)
    if isinstance(error, Unauthorized):
        return to_sign_in(request)
    if status == SERVER_ERROR:
        return _unhandled(request, error)
    shown = page(request, "problem.html", status=status, title=_title(status), text=sentence(error))
    if isinstance(error, TooManyRequests):
        shown.headers["Retry-After"] = str(math.ceil(error.seconds))
    return shown


def to_sign_in(request: Asked) -> Response[Any]:
    """Send the browser to sign in, and afterwards back to the page it wanted."""
    wanted = request.url.path if request.method == "GET" else PATH
    return back(f"{PATH}/login?next={quote(wanted, safe='/')}")


def _title(status: int) -> str:
    return {403: "Нельзя", 404: "Не найдено", 429: "Слишком часто"}.get(status, "Не получилось")


def _http_error(request: Asked, error: HTTPException) -> Response[Any]:
    if error.status_code >= SERVER_ERROR:
        return _unhandled(request, error)
    known = NotFound() if error.status_code == 404 else InvalidRequest()  # noqa: PLR2004 - HTTP's
    shown = page(
        request,
        "problem.html",
        status=error.status_code,
        title=_title(error.status_code),
        text=sentence(known),
    )
    if "Allow" in (error.headers or {}):
        shown.headers["Allow"] = (error.headers or {})["Allow"]
    return shown


def _busy(request: Asked, error: Exception) -> Response[Any]:
    logger.warning("busy", error=type(error).__name__)
    return page(request, "problem.html", status=503, title="Занято", text=sentence(Unavailable()))


def _unkept(request: Asked, _error: Exception) -> Response[Any]:
    return _service_error(request, InvalidRequest())


def _unhandled(request: Asked, error: Exception) -> Response[Any]:
    logger.error("unhandled", error=type(error).__name__, frames=frames(error))
    return page(request, "problem.html", status=SERVER_ERROR, title="Ошибка", text=words.SORRY)
