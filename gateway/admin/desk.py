"""A department's own pages: its queue, the next case, its templates."""

from typing import Any

from litestar import Response, get, post

from gateway.admin.access import DEPARTMENTS
from gateway.admin.rendering import Asked, back, page
from gateway.dependencies import Db, InHouse, Who
from schemas.cases import ClaimRequest
from services.cases.claiming import claim
from services.departments.templates import Template, get_templates, put_templates
from services.monitor.queue import queue_of

LEASE_SECONDS = 4 * 60 * 60  # half a working day


@get("/queue", guards=[DEPARTMENTS])
async def show_queue(request: Asked, connection: Db, caller: Who, house: InHouse) -> Response[str]:
    """Show what the department has to do, in the order in which it is taken."""
    found = await queue_of(connection, house, caller)
    return page(request, "queue.html", found=found)


@post("/queue/claim", guards=[DEPARTMENTS], status_code=200)
async def claim_next(connection: Db, caller: Who, house: InHouse) -> Response[Any]:
    """Take the next case that nobody has, and open it."""
    claimed = await claim(
        connection, house, caller, ClaimRequest(limit=1, lease_seconds=LEASE_SECONDS)
    )
    if not claimed.items:
        return back("/admin/queue", "nothing")
    return back(f"/admin/cases/{claimed.items[0].id}")


@get("/templates", guards=[DEPARTMENTS])
async def show_templates(request: Asked, connection: Db, caller: Who) -> Response[str]:
    """Show the department's templates of answers."""
    return page(request, "templates.html", kept=await get_templates(connection, caller))


@post("/templates", guards=[DEPARTMENTS], status_code=200)
async def write_templates(request: Asked, connection: Db, caller: Who) -> Response[Any]:
    """Replace them; a template without a text is dropped."""
    form = await request.form()
    titles, texts = form.getall("title", []), form.getall("text", [])
    pairs = zip(titles, texts, strict=False)
    wanted = [Template(str(title), str(text).replace("\r\n", "\n")) for title, text in pairs]
    await put_templates(connection, caller, wanted)
    return back("/admin/templates", "templates")


HANDLERS = [show_queue, claim_next, show_templates, write_templates]
