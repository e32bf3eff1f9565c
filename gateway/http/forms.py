"""Forms over REST: what each service asks."""

from typing import Any

from litestar import get
from litestar.params import FromPath

from gateway.security import READERS
from schemas.forms import Form, PublishedForm, json_schema, published
from services.dialogs.registry import PUBLIC
from services.errors import NotFound


@get("/forms/{name:str}", guards=[READERS], sync_to_thread=False)
def show_form(name: FromPath[str]) -> PublishedForm:
    """Show the steps of a form."""
    return published(_form(name))


@get("/forms/{name:str}/schema", guards=[READERS], sync_to_thread=False)
def show_form_schema(name: FromPath[str]) -> dict[str, Any]:
    """Show the JSON Schema of a form's answers."""
    return json_schema(_form(name))


def _form(name: str) -> Form:
    if name not in PUBLIC:
        raise NotFound("There is no such form.")
    return PUBLIC[name]


HANDLERS = [show_form, show_form_schema]
