"""Answers that a department keeps to choose from."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.departments.queries import DEPARTMENT_BY_ID
from services.errors import FieldError, Forbidden, InvalidRequest

MOST = 100
LONGEST_TITLE, LONGEST_TEXT = 100, 4000
_HEAD = 60


class Template(Struct, frozen=True):
    """An answer, or part of one, under a title."""

    title: str
    text: str


PUT_TEMPLATES = Query(type(None), "UPDATE departments SET templates = $2 WHERE id = $1")


async def get_templates(connection: Connection, caller: Caller) -> list[Template]:
    """Return the templates of the caller's department; of others there are none."""
    if caller.department_id is None:
        return []
    row = await DEPARTMENT_BY_ID.one(connection, caller.department_id)
    return read_templates(row.templates)


async def put_templates(connection: Connection, caller: Caller, wanted: Sequence[Template]) -> None:
    """Replace the templates of the caller's department; those without a text are dropped.

    Raises Forbidden, InvalidRequest.
    """
    if caller.department_id is None:
        raise Forbidden
    kept = [Template(each.title.strip(), each.text.strip()) for each in wanted if each.text.strip()]
    long = any(len(e.title) > LONGEST_TITLE or len(e.text) > LONGEST_TEXT for e in kept)
    if len(kept) > MOST or long:
        raise InvalidRequest(FieldError("templates", f"at most {MOST}, of {LONGEST_TEXT} letters"))
    stored = [{"title": each.title, "text": each.text} for each in kept]
    await PUT_TEMPLATES.run(connection, caller.department_id, stored)


def read_templates(stored: Any) -> list[Template]:
    """Read what was put over REST too: an object of texts, or a list of texts or of objects."""
    if isinstance(stored, dict):
        pairs = [(str(title), str(text)) for title, text in stored.items()]
    else:
        items: list[Any] = stored if isinstance(stored, list) else []
        pairs = [_pair(each) for each in items]
    return [Template(title or text[:_HEAD], text) for title, text in pairs if text]


def _pair(each: Any) -> tuple[str, str]:
    if isinstance(each, dict):
        return str(each.get("title", "")), str(each.get("text", ""))
    return "", str(each)
