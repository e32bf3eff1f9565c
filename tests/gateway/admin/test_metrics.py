"""What /metrics says of cases and departments."""

import httpx

from gateway.parts import Parts
from tests.gateway.admin.cases import CONTACT, file_appeal


async def test_cases_are_exported_by_kind_and_state(
    client: httpx.AsyncClient, parts: Parts, roads: str
) -> None:
    """As counts by words of ours; nothing of a person."""
    await file_appeal(parts)
    text = (await client.get("/metrics")).text
    assert 'gateway_cases{kind="appeal",state="registered"} 1.0' in text
    assert 'gateway_cases_due{when="overdue"} 0.0' in text
    assert 'gateway_department_overdue{department="roads"} 0.0' in text
    assert CONTACT not in text
