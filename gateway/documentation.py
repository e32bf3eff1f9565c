"""The API's documentation: OpenAPI at /schema/openapi.json, Swagger UI at /schema.

Everything is served from the installed package: closed networks reach no CDN.
"""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import swagger_ui_bundle
from litestar import Litestar, Request, Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute
from msgspec import Struct

from gateway.problems import MEDIA_TYPE, PROBLEM
from services.errors import NotFound

FOLDER = Path(swagger_ui_bundle.swagger_ui_path)
_BODY, _QUERY = "body", "query"
_API = "/api/v1/"
_REFERENCE = "#/components/schemas/{name}"
_ERROR = {
    "description": "What went wrong, with a stable `code`",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(name="Problem")}}},
}
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
)
_PAGE = b"""<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>\xd0\xa8\xd0\xbb\xd1\x8e\xd0\xb7: API</title>
<link rel="icon" type="image/png" href="/schema/favicon.png">
<link rel="stylesheet" href="/schema/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/schema/swagger-ui-bundle.js"></script>
<script src="/schema/start.js"></script>
</body>
</html>
"""
# The bundled page draws 3.0; what our 3.1 document uses besides (null as a type) it can show.
_START = b"""fetch("/schema/openapi.json")
  .then((answer) => answer.json())
  .then((spec) => SwaggerUIBundle({
    spec: { ...spec, openapi: "3.0.3" },
    dom_id: "#ui",
    deepLinking: true,
    persistAuthorization: false,
    validatorUrl: null,
  }));
"""


class _Page(OpenAPIRenderPlugin):
    """The page at /schema; its scripts and style are files of their own."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        _ = request, openapi_schema
        return _PAGE


class _Json(JsonRenderPlugin):
    """The document, with the bodies that handlers read by themselves."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, completed(request.app, openapi_schema))


def documentation() -> OpenAPIConfig:
    """Return what serves the documentation."""
    router = Router(
        "/schema",
        route_handlers=[
            _file("swagger-ui.css", "text/css", (FOLDER / "swagger-ui.css").read_bytes),
            _file(
                "swagger-ui-bundle.js",
                "text/javascript",
                (FOLDER / "swagger-ui-bundle.js").read_bytes,
            ),
            _file("favicon.png", "image/png", (FOLDER / "favicon-32x32.png").read_bytes),
            _file("start.js", "text/javascript", lambda: _START),
        ],
        after_request=_finish,
        opt={"public": True},
        include_in_schema=False,
    )
    return OpenAPIConfig(
        title="Gateway",
        version="1",
        description="What departments and admins may ask of the gateway.",
        openapi_router=router,
        use_handler_docstrings=True,
        render_plugins=[_Page(path="/"), _Json()],
        components=Components(
            security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}
        ),
        security=[{"key": []}],
    )


def reads(body: type[Struct] | None = None, query: type[Struct] | None = None) -> dict[str, Any]:
    """Return the `opt` of a handler that reads its body or its URL's parameters by itself.

    It does so because 403 and 404 come before 400, and all wrong fields are named at once.
    """
    return {_BODY: body, _QUERY: query}


def completed(app: Litestar, document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the bodies and parameters that routes name in `opt`."""
    bodies, queries = _named(app, _BODY), _named(app, _QUERY)
    kinds = list(dict.fromkeys([*bodies.values(), *queries.values()]))
    references, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    reference = dict(zip(kinds, references, strict=True))
    paths = {path: dict(operations) for path, operations in document["paths"].items()}
    for (path, method), kind in bodies.items():
        content = {"application/json": {"schema": reference[kind]}}
        body = {"required": True, "content": content}
        paths[path][method] = {**paths[path][method], "requestBody": body}
    for (path, method), kind in queries.items():
        operation = paths[path][method]
        schema = components[kind.__name__]
        added = [
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "schema": each,
            }
            for name, each in schema["properties"].items()
        ]
        paths[path][method] = {**operation, "parameters": operation.get("parameters", []) + added}
    for path, operations in paths.items():
        tag = path.removeprefix(_API).split("/")[0] if path.startswith(_API) else "operations"
        paths[path] = {name: {**each, "tags": [tag]} for name, each in operations.items()}
        for each in paths[path].values():
            each["responses"] = {**_unchecked(each["responses"]), "default": _ERROR}
    known: dict[str, Any] = document.get("components", {})
    all_schemas = {**known.get("schemas", {}), **components, "Problem": PROBLEM}
    return {**document, "paths": paths, "components": {**known, "schemas": all_schemas}}


def _unchecked(responses: dict[str, Any]) -> dict[str, Any]:
    """Leave out the framework's own answer to bad input: all errors are alike here."""
    bad_input = str(HTTPStatus.BAD_REQUEST.value)
    return {status: each for status, each in responses.items() if status != bad_input}


def _named(app: Litestar, key: str) -> dict[tuple[str, str], type[Struct]]:
    """Return what handlers name in their `opt`, by path and method."""
    return {
        (route.path_format, method.lower()): handler.opt[key]
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get(key) is not None
        for method in handler.http_methods
    }


def _file(name: str, media_type: str, read: Any) -> HTTPRouteHandler:
    """Return a handler that serves one file, read when first asked for."""

    @get(f"/{name}", media_type=media_type, sync_to_thread=False, cache=False)
    def serve_file() -> bytes:
        return read()

    return serve_file


async def _finish(response: Response[Any]) -> Response[Any]:
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFound
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
