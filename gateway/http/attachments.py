"""Files of cases over REST."""

from urllib.parse import quote
from uuid import UUID

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from gateway.dependencies import Who, WithParts
from gateway.http.calls import CONFIDENTIAL
from gateway.security import ACTORS
from services.files.serving import Download, open_file, read_file

PASSIVE = {
    **CONFIDENTIAL,
    "X-Content-Type-Options": "nosniff",
    # Should a browser open it all the same, nothing in it runs or calls anywhere.
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
LARGEST_NUMBER = 2**31 - 1
FILE = {200: ResponseSpec(bytes, description="The file", media_type="application/octet-stream")}


@get("/cases/{case_id:uuid}/attachments/{number:int}", guards=[ACTORS], responses=FILE)
async def show_attachment(
    caller: Who, parts: WithParts, case_id: FromPath[UUID], number: FromPath[int]
) -> Response[bytes]:
    """Give a file of a case to be kept, never to be shown in a browser; it is noted.

    An admin or moderator first says why: `POST /cases/{id}/personal-data`.
    """
    # A transaction of its own, which has ended before the file is read from the storage.
    async with parts.pool.acquire() as connection, connection.transaction():
        wanted = min(max(number, 0), LARGEST_NUMBER)
        row = await read_file(connection, parts.house, caller, case_id, wanted)
    return file_answer(row.number, await open_file(parts.house, parts.storage, row))


def file_answer(number: int, file: Download) -> Response[bytes]:
    """Answer a file so that no browser shows it, under its own name."""
    ending = file.name.rpartition(".")[2]
    plain, full = f"attachment-{number}.{ending}", quote(file.name, safe="")
    headers = {
        **PASSIVE,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}",
    }
    return Response(file.content, media_type=file.content_type, headers=headers)


HANDLERS = [show_attachment]
