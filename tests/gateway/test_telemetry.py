"""What is logged and counted, and what never is."""

import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from gateway.parts import Parts
from gateway.telemetry import configure_logs

PERSONAL = "Иванов-Пётр"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs("production", stream)
    yield stream
    configure_logs("production")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_every_answer_has_a_request_id(client: httpx.AsyncClient) -> None:
    """An unknown path and a wrong method have one too."""
    answers = [
        await client.get("/health/live"),
        await client.get("/nowhere"),
        await client.post("/health/live"),
    ]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("given", "kept"), [("proxy-1234567", True), ("a b", False), ("x" * 65, False)]
)
async def test_a_proxys_id_is_taken_over(client: httpx.AsyncClient, given: str, kept: bool) -> None:
    """An id from in front goes on, unless it is none."""
    answer = await client.get("/health/live", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is kept


async def test_a_request_is_logged_by_its_route(
    as_admin: httpx.AsyncClient, logs: io.StringIO
) -> None:
    """Path and query may hold anything that somebody typed: the log has the route's template."""
    answer = await as_admin.get(f"/api/v1/operators/{PERSONAL}?q={PERSONAL}")
    (line,) = [line for line in lines(logs) if line["event"] == "request"]
    assert line["route"] == "/api/v1/operators/{code}"
    assert line["status"] == answer.status_code == 404
    assert line["request_id"] == answer.headers["x-request-id"]
    assert PERSONAL not in logs.getvalue()


async def test_what_comes_often_is_only_counted(
    client: httpx.AsyncClient, logs: io.StringIO
) -> None:
    """Health checks and events would drown everything else."""
    await client.get("/health/live")
    assert lines(logs) == []
    metrics = (await client.get("/metrics")).text
    counted = 'gateway_request_seconds_count{method="GET",route="/health/live",status="200"}'
    assert counted in metrics


async def test_an_unknown_path_makes_no_label_of_its_own(client: httpx.AsyncClient) -> None:
    """Nobody can fill the metrics by asking for paths."""
    await client.get(f"/{PERSONAL}")
    metrics = (await client.get("/metrics")).text
    assert 'route="unmatched"' in metrics
    assert PERSONAL not in metrics


async def test_the_outbox_is_measured(client: httpx.AsyncClient, parts: Parts) -> None:
    """Deliveries by state and the age of the oldest due one, as the database has them."""
    metrics = (await client.get("/metrics")).text
    assert 'gateway_deliveries{state="waiting"} 0.0' in metrics
    assert "gateway_oldest_delivery_seconds 0.0" in metrics


def test_an_exception_is_logged_without_its_words(logs: io.StringIO) -> None:
    """Neither ours nor another library's logger writes what an exception says."""
    try:
        int(PERSONAL)
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("somebody").exception("failed")
    assert [line["error"] for line in lines(logs)] == ["ValueError", "ValueError"]
    assert PERSONAL not in logs.getvalue()


def test_other_libraries_debug_lines_are_dropped(logs: io.StringIO) -> None:
    """The DEBUG lines of vkbottle hold whole messages of residents."""
    logging.getLogger("vkbottle").debug(PERSONAL)
    logging.getLogger("vkbottle").info(PERSONAL)
    assert logs.getvalue() == ""


async def test_answers_are_not_stored_or_framed(client: httpx.AsyncClient) -> None:
    """What a browser must not do with our answers is said in each."""
    headers = (await client.get("/api/v1/cases")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
