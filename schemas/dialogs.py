"""What passes between a resident's channel and the dialogue: what came in, what goes out.

Nothing here knows VK. A channel reads its own events into `Incoming` and renders `Message`.
"""

from typing import Literal
from uuid import UUID

from msgspec import Struct

Color = Literal["primary", "secondary", "positive", "negative"]


class Button(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One button: what the resident reads, and the JSON text that a press sends back."""

    label: str
    payload: str
    color: Color = "secondary"
    kind: Literal["text", "location"] = "text"


class Message(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One message to a resident, laid out: rows of buttons, from top to bottom.

    `keyboard` says what becomes of the keyboard under the input field: `set` replaces it by
    `rows`, `keep` leaves it alone, `remove` takes it away. With `inline` the rows belong to the
    message itself and the keyboard is kept.
    """

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    inline: bool = False
    keyboard: Literal["set", "keep", "remove"] = "keep"


class Capabilities(Struct, frozen=True, array_like=True):
    """What the resident's client can show, as it says of itself with each message."""

    keyboard: bool = True
    inline: bool = True
    location: bool = True


class SentFile(Struct, frozen=True):
    """A photo or document in a message: where the channel keeps it, what its sender calls it.

    `id` is the gateway's own, given when the message is read. Nothing of it is checked yet;
    a photo has no name.
    """

    id: UUID
    url: str
    name: str = ""


class Incoming(Struct, frozen=True):
    """What a resident did: typed, pressed a button, shared a place, or sent something else.

    `payload` is the JSON of the pressed button; `text` of a press is its label. `other` is a
    sticker, a voice message, a photo, a document or an empty message; `text` is what was written
    with it, `files` are its photos and documents.
    """

    kind: Literal["text", "press", "location", "other"]
    text: str = ""
    payload: bytes | None = None
    latitude: float | None = None
    longitude: float | None = None
    files: tuple[SentFile, ...] = ()
