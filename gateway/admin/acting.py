"""What a form of the monitor asks for: what was filled in, and the transaction it is done in.

Whom it concerns is rung for after the commit: a worker that came earlier would see nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from gateway.admin.access import wanted_page
from gateway.admin.rendering import Asked, back
from gateway.parts import Parts, parts_of
from services.cases.applying import Moved
from services.cases.holding import Held, hold_for
from services.cases.ringing import ring_for
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House
from services.intake import check

NEXT = "next"
"""The field that names the page to show afterwards, where it is not the case's own."""

S = TypeVar("S", bound=Struct)
Change = Callable[[Held], Awaitable[Moved | None]]


class Acting:
    """Who fills a form in, and with what."""

    def __init__(
        self, request: Asked, connection: Connection, caller: Caller, given: dict[str, str]
    ) -> None:
        """Take what the request brought; `connection` is in a transaction."""
        self.connection = connection
        self.caller = caller
        self.parts: Parts = parts_of(request)
        self.given = given

    @property
    def house(self) -> House:
        """What services need."""
        return self.parts.house

    @property
    def seen(self) -> str:
        """The version that the page showed, as `If-Match` would say it."""
        return f'"{self.given.get("version", "")}"'

    def read(self, kind: type[S], **more: Any) -> S:
        """Read the fields; raises InvalidRequest with all wrong ones."""
        return check(kind, {**self.given, **more}, strict=False)

    async def change(self, case_id: UUID, done: str, act: Change) -> Response[Any]:
        """Lock a case, let `act` change it, and show it again or the page that the form names."""
        moved = await act(await hold_for(self.connection, self.caller, case_id))
        path = wanted_page(self.given.get(NEXT), f"/admin/cases/{case_id}")
        return rung(self.parts, path, done, [] if moved is None else [moved])


Form = NamedDependency[SkipValidation[Acting]]


async def provide_form(
    request: Asked,
    connection: NamedDependency[SkipValidation[Connection]],
    caller: NamedDependency[SkipValidation[Caller]],
) -> Acting:
    """Return the form of this request."""
    return Acting(request, connection, caller, await filled_in(request))


async def filled_in(request: Asked) -> dict[str, str]:
    """Return the fields of a form that are not empty.

    A browser ends lines as in e-mail; the resident reads plain ones.
    """
    form = await request.form()
    texts = {str(name): str(value).replace("\r\n", "\n") for name, value in form.items()}
    return {name: text for name, text in texts.items() if text.strip()}


def rung(parts: Parts, path: str, done: str, moved: Sequence[Moved]) -> Response[Any]:
    """Show a page after something was done, and ring for whom it concerns."""
    return back(path, done, background=BackgroundTask(ring_for, parts.doorbell, list(moved)))
