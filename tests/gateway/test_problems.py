"""What a caller is told when something goes wrong."""

import asyncio
from email.utils import parsedate_to_datetime
from typing import Any, cast

import asyncpg
import httpx
import pytest
from litestar import Litestar, get
from litestar.exceptions import PermissionDeniedException
from structlog.testing import capture_logs

from gateway.problems import BUSY, STATUS, exception_handlers, status_of
from services import errors
from services.cases import errors as case_errors
from services.errors import FieldError, InvalidRequest, NotFound, ServiceError

SECRET_WORDS = "Иванов Иван, +79141234567"


async def ask(error: Exception) -> httpx.Response:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise error

    app = Litestar(
        [fail], exception_handlers=exception_handlers(), logging_config=None, openapi_config=None
    )
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        return await client.get("/")


def every_error() -> list[type[ServiceError]]:
    found = [ServiceError]
    for each in found:
        found += [kind for kind in each.__subclasses__() if kind not in found]
    modules = {errors.__name__, case_errors.__name__}
    return [kind for kind in found if kind.__module__ in modules and kind is not ServiceError]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
async def test_every_error_of_the_services_is_a_problem(kind: type[ServiceError]) -> None:
    """Each has a status below 500 (busy: 503), its own code, and words to read."""
    answer = await ask(kind())
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == problem["status"] == status_of(kind())
    assert answer.status_code < 500 or answer.status_code == 503
    assert problem["code"] == kind.code
    assert problem["detail"]


def test_codes_belong_to_one_error() -> None:
    """A client can tell errors apart by their code alone."""
    codes = [kind.code for kind in every_error()]
    assert len(codes) == len(set(codes))
    assert set(STATUS) <= set(every_error())


async def test_wrong_fields_are_named_all_at_once() -> None:
    """`errors` lists every field with what to do about it."""
    wrong = (FieldError("title", "This field is required."), FieldError("items.0.code", "No."))
    problem = (await ask(InvalidRequest(*wrong))).json()
    assert problem["errors"] == [
        {"field": "title", "message": "This field is required."},
        {"field": "items.0.code", "message": "No."},
    ]


async def test_details_are_members_of_the_problem() -> None:
    """What a service adds for machines stands beside the code and hides nothing."""
    problem = (await ask(NotFound("Gone.", number="27-26-0000001-1", status=5))).json()
    assert (problem["number"], problem["status"], problem["detail"]) == (
        "27-26-0000001-1",
        404,
        "Gone.",
    )


@pytest.mark.parametrize("kind", BUSY, ids=lambda kind: kind.__name__)
async def test_a_busy_database_asks_to_come_again(kind: type[Exception]) -> None:
    """Lock and statement time-outs and lost connections are 503 with an HTTP-date."""
    answer = await ask(kind(SECRET_WORDS))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert parsedate_to_datetime(answer.headers["retry-after"]).tzinfo is not None
    assert SECRET_WORDS not in answer.text


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET_WORDS),
        asyncpg.UniqueViolationError(SECRET_WORDS),
        ServiceError(SECRET_WORDS),
        ExceptionGroup("several", [ValueError(SECRET_WORDS)]),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_was_not_foreseen_shows_nothing_of_the_inside(error: Exception) -> None:
    """The answer is a bare 500; neither it nor the log repeats the error's words."""
    with capture_logs() as logged:
        answer = await ask(error)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (line,) = logged
    assert (line["event"], line["error"]) == ("unhandled_error", type(error).__name__)
    assert SECRET_WORDS not in answer.text + str(line)


async def test_the_frameworks_refusals_repeat_nothing() -> None:
    """A refusal of Litestar's has our shape and not its words, which may hold what was sent."""
    answer = await ask(PermissionDeniedException(detail=SECRET_WORDS))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert SECRET_WORDS not in answer.text


async def test_an_unauthorized_answer_names_the_scheme() -> None:
    """401 carries WWW-Authenticate (RFC 9110)."""
    answer = await ask(errors.Unauthorized())
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_cancelling_is_no_problem() -> None:
    """A request that is given up is not answered as an error of ours."""
    with pytest.raises(asyncio.CancelledError):
        await ask(asyncio.CancelledError())  # pyright: ignore[reportArgumentType]
