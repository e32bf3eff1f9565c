"""Whatever the published schema allows is answered as it says, by a gateway that runs."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.acceptance.town import Town

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6  # for each operation and role; the same ones every time
steady = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def api(town: Town) -> Any:
    return schemathesis.openapi.from_url(f"{town.url}/schema/openapi.json")


@pytest.mark.parametrize("role", ["admin", "department"])
def test_every_operation_answers_as_it_says(api: Any, town: Town, role: str) -> None:
    """No 5xx, and no status, content type or body that the schema does not name."""
    headers = {"Authorization": f"Bearer {town.keys[role]}"}
    tried = [_tried(each.ok(), headers) for each in api.get_all_operations()]
    assert len(tried) > 30
    for call in tried:
        call()


def _tried(operation: Any, headers: dict[str, str]) -> Callable[[], None]:
    @steady
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS, headers=headers)

    return call
