"""The API's documentation, which closed networks read too."""

import re

import httpx
import pytest

from gateway.app import API


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    """Every script and style is ours and there; nothing is written into the page itself."""
    page = await client.get("/schema")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses
    assert "<script>" not in page.text
    for address in addresses:
        assert address.startswith("/schema/")
        assert (await client.get(address)).status_code == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "http" not in policy


async def test_every_route_is_documented(client: httpx.AsyncClient) -> None:
    """The document has every path of the API, and a body for what takes one."""
    document = (await client.get("/schema/openapi.json")).json()
    for module in API:
        for handler in module.HANDLERS:
            (path,) = handler.paths
            template = re.sub(r":\w+}", "}", f"/api/v1{path}")
            (method,) = (str(getattr(m, "value", m)).lower() for m in handler.http_methods)
            operation = document["paths"][template][method]
            assert ("requestBody" in operation) == (handler.opt.get("body") is not None)
            assert operation.get("description") or operation.get("summary")


async def test_references_of_the_document_lead_somewhere(client: httpx.AsyncClient) -> None:
    """A generator of clients finds every schema that is named."""
    answer = await client.get("/schema/openapi.json")
    schemas = answer.json()["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert named <= set(schemas)


@pytest.mark.parametrize("path", ["/schema/nothing", "/schema/openapi.yaml"])
async def test_an_unknown_page_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    """The documentation's 404 has the shape of all others."""
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
