"""What happens at a community page, whatever the channel: read by it, taken by the inbox."""

from msgspec import Struct

from schemas.dialogs import Capabilities, Incoming


class Said(Struct, frozen=True):
    """A resident wrote, pressed a text button, shared a place or sent something else."""

    user_id: int
    incoming: Incoming
    capabilities: Capabilities


class Pressed(Struct, frozen=True):
    """A resident pressed a callback button; `token` takes one answer within 60 seconds."""

    user_id: int
    incoming: Incoming
    token: str
    peer_id: int


class Allowed(Struct, frozen=True):
    """The person lets the page write to them."""

    user_id: int


class Denied(Struct, frozen=True):
    """The person no longer lets the page write to them."""

    user_id: int


class Replied(Struct, frozen=True):
    """The page wrote to the person: the gateway, or its staff by hand (another `random_id`)."""

    user_id: int
    random_id: int


class Ignored(Struct, frozen=True):
    """Nothing for us: our own words, a group chat, a community, or another kind of event."""


Event = Said | Pressed | Allowed | Denied | Replied | Ignored
