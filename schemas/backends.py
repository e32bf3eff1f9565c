"""How a back end that speaks JSON over HTTP is described: as data, so that it needs no code.

A `path` is put behind the back end's URL. In paths and bodies `{name}` stands for a value of the
case; a text that is nothing else than `{name}` becomes the value itself, number or null too. What
is read out of an answer is named by a path of keys and numbers: `data.items.0.id`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

FIELDS = (
    "id",
    "number",
    "kind",
    "state",
    "subject",
    "category",
    "topic",
    "municipality",
    "urgent",
    "created_at",
    "due_at",
    "department",
    "text",
    "address",
    "latitude",
    "longitude",
    "name",
    "contact",
    "external_id",
    "type",
    "message",
)
"""What may stand in braces. `type` is that of the webhooks; `message` the newest words of the
resident; `external_id` what the back end calls the case."""

_Path = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RestCall(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that tells something."""

    path: _Path
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    body: dict[str, Any] = {}


class RestCreate(RestCall, frozen=True, kw_only=True, omit_defaults=True):
    """How a case is handed over; `id`: where its id there stands in the answer.

    `duplicate`: the statuses that say that it is there already.
    """

    id: _Key
    duplicate: tuple[Annotated[int, msgspec.Meta(ge=400, le=499)], ...] = (409,)


class RestFind(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a case is looked for by what we call it, after a try whose outcome is unknown."""

    path: _Path
    id: _Key


class RestStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a case is asked after, and where the answer has what."""

    path: _Path
    state: _Key
    sequence: _Key | None = None
    message: _Key | None = None
    at: _Key | None = None


class RestList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How all cases are listed; `{cursor}` in the path is what `next` of the page before was."""

    path: _Path
    items: _Key
    id: _Key
    number: _Key
    state: _Key
    next: _Key | None = None


class RestDescription(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A JSON back end. `states`: its words → ours. `tell`: how it hears of later changes."""

    create: RestCreate
    states: dict[str, str] = {}
    find: RestFind | None = None
    status: RestStatus | None = None
    list: RestList | None = None
    tell: RestCall | None = None
    header: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{1,64}$")] = "Authorization"
    poll_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 5
