"""Serves the demo's own pages and pictures from memory, with a strict content policy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".pdf": "application/pdf",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def page_routes(folder: Path, at: str, page: str) -> list[HTTPRouteHandler]:
    """Make the routes of one page: `page` shows `folder`/index.html, `at`/NAME its other files.

    Files are read once, now. An unknown name answers 404.
    """
    files = {
        path.name: (path.read_bytes(), TYPES[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in TYPES
    }

    @get(page, include_in_schema=False, name=f"page {page}")
    async def index() -> Response[bytes]:
        return _file(files, "index.html")

    @get(f"{at}/{{name:str}}", include_in_schema=False, name=f"files {at}")
    async def file(name: FromPath[str]) -> Response[bytes]:
        return _file(files, name)

    return [index, file]


def _file(files: Mapping[str, tuple[bytes, str]], name: str) -> Response[Any]:
    if name not in files:
        return Response(b"", status_code=404, media_type="text/plain")
    content, kind = files[name]
    return Response(content, media_type=kind, headers=HEADERS)
