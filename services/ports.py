"""What the services need from outside, as Protocols. `gateway` puts real things behind them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.backends import RestDescription
from schemas.dialogs import Message
from schemas.events import Event
from services.errors import ServiceError


class Clock(Protocol):
    """The time, so that tests can move it."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class Doorbell(Protocol):
    """Tells the workers that there is something to do. Losing a ring costs seconds, no work."""

    async def ring(self, job: str, *ids: str) -> None:
        """Ask for `job` with opaque ids; never raises, a sweep finds what was not heard."""
        ...

    async def ring_each(self, job: str, ids: Iterable[str]) -> None:
        """Ask for `job` once for each id, all in one ring."""
        ...


class Ledger(Protocol):
    """Remembers erasures outside the database, so that a restored backup can be made to follow."""

    async def note(self, account_id: UUID, action: str, at: datetime) -> None:
        """Remember that a resident had consents withdrawn or all erased; durable on return."""
        ...


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of one delivery.

    `retry`: try again, after `retry_after` seconds if given. `parked`: cannot be written to for
    now. `dead`: will never work. `apart`: nothing of the batch was sent, one message spoils the
    others; each is to be sent alone. `scope` is who is concerned: only this delivery, everything
    to this person, or everything of this page. A page that must `retry` without a `retry_after`
    is stopped until somebody mends it, and what is to leave waits. `external_id`: what a back end
    calls the case that it took.
    """

    outcome: Literal["sent", "retry", "parked", "dead", "apart"]
    code: str = ""
    scope: Literal["delivery", "person", "page"] = "delivery"
    retry_after: float | None = None
    external_id: str | None = None

    @property
    def stops_page(self) -> bool:
        """Whether nothing of the page can leave until somebody has mended it."""
        return self.scope == "page" and self.retry_after is None


class Refused(ServiceError):
    """The channel did not carry out the call."""

    code = "channel_refused"

    def __init__(self, verdict: Verdict) -> None:
        """Take what the channel's answer means."""
        self.verdict = verdict
        super().__init__(f"Refused: {verdict.code}.", reason=verdict.code)


class Page(Struct, frozen=True):
    """A community page as its channel knows it."""

    id: int
    group_id: int
    token: str


class Outgoing(Struct, frozen=True):
    """One message for one person. `random_id` (int32, not 0) stays the same on every try."""

    peer_id: int
    random_id: int
    message: Message


class Messenger(Protocol):
    """A channel's way out."""

    async def send(self, page: Page, batch: Sequence[Outgoing]) -> list[Verdict]:
        """Send 1 to 25 messages, each to another person; one verdict each, in their order."""
        ...


class Pace(Protocol):
    """How often a channel may be called for one page, counted over all processes."""

    async def reserve(self, group_id: int, max_wait: float) -> float | None:
        """Take the next free moment: seconds to wait before the call, or None if too far."""
        ...

    async def pause(self, group_id: int, seconds: float) -> None:
        """Let nobody call for this page for so many seconds."""
        ...


class CallbackServer(Struct, frozen=True, kw_only=True):
    """An address that a channel posts a page's events to; `id` is the channel's own.

    `status`: `ok`, `wait` (being asked to confirm), `failed`, `unconfigured`.
    """

    id: int
    url: str
    secret: str
    status: str


class EventSettings(Struct, frozen=True):
    """Which events a page sends (`whole`: all that the gateway needs), in which version."""

    whole: bool
    api_version: str


class PageOffice(Protocol):
    """Where a page is set up at its channel. Every call may raise Refused.

    A verdict that `stops_page` says that the token is dead.
    """

    api_version: str

    async def missing_rights(self, page: Page) -> list[str]:
        """Return what the token would have to be allowed and is not."""
        ...

    async def confirmation_code(self, page: Page) -> str:
        """Return what the channel wants to read when it asks an address to confirm."""
        ...

    async def servers(self, page: Page) -> list[CallbackServer]:
        """Return the addresses that get the page's events."""
        ...

    async def add_server(self, page: Page, url: str, secret: str) -> int:
        """Add an address, which is asked to confirm before this returns; return its id."""
        ...

    async def edit_server(self, page: Page, server_id: int, url: str, secret: str) -> None:
        """Give an address another secret; it is asked to confirm anew."""
        ...

    async def callback_settings(self, page: Page, server_id: int) -> EventSettings:
        """Return what an address is told."""
        ...

    async def choose_callbacks(self, page: Page, server_id: int) -> None:
        """Let an address be told all that the gateway needs, in its API version."""
        ...

    async def long_poll_settings(self, page: Page) -> EventSettings:
        """Return what is kept for who asks; nothing when the page has that switched off."""
        ...

    async def choose_long_poll(self, page: Page) -> None:
        """Let all that the gateway needs be kept for who asks, in its API version."""
        ...

    async def members(self, page: Page) -> int:
        """Return how many members the page has."""
        ...


class Happening(Struct, frozen=True):
    """One event of a page; `id` is unique within it, `type` the channel's own name."""

    id: str
    type: str
    event: Event


class FeedPlace(Struct, frozen=True):
    """Where a page's events can be waited for: the address with its key, and the newest mark."""

    server: str
    key: str
    ts: str


class FeedAnswer(Struct, frozen=True, kw_only=True):
    """What was waited for. `ts` is the mark behind these happenings, None when it is lost.

    `stale`: the key is no good any more, a new place must be asked for. `gap`: events before
    `ts` can no longer be had.
    """

    happenings: tuple[Happening, ...] = ()
    ts: str | None = None
    stale: bool = False
    gap: bool = False


class Feed(Protocol):
    """A channel's events for who has no public address. Calls may raise Refused."""

    async def open(self, page: Page) -> FeedPlace:
        """Return where to wait for the page's events."""
        ...

    async def wait(self, place: FeedPlace, ts: str) -> FeedAnswer:
        """Return what happened after `ts`; waits for it some 25 seconds."""
        ...


class BackendTarget(Struct, frozen=True, kw_only=True):
    """A department's back end: where it is, and what opens it.

    `secrets`: to sign a webhook with, newest first; of another back end the one credential.
    `description`: how a back end that is described by data is spoken to.
    """

    url: str
    secrets: tuple[str, ...] = ()
    description: RestDescription | None = None


class HandOff(Struct, frozen=True, kw_only=True):
    """What a back end is told. `id` is the same on every try; `data` holds ids, no person.

    `at`: when it happened. `fields`: what a back end that is described by data may be given,
    personal values too; empty for a webhook. `external_id`: what the back end calls the case.
    `again`: an earlier try may have been heard.
    """

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    fields: Mapping[str, Any] = msgspec.field(default_factory=dict)
    external_id: str | None = None
    again: bool = False


class Report(Struct, frozen=True, kw_only=True):
    """What a back end says of a case: the state in our words.

    `sequence` grows with each change there; None where the back end does not count.
    """

    state: str
    sequence: int | None = None
    message: str | None = None
    at: datetime | None = None


class Holding(Struct, frozen=True, kw_only=True):
    """A case as a back end's list has it; `state` in our words, None where we have no word."""

    external_id: str
    number: str
    state: str | None


class Holdings(Struct, frozen=True):
    """All cases that a back end says it has."""

    items: tuple[Holding, ...]


class Backend(Protocol):
    """A department's own system."""

    async def hand_off(self, target: BackendTarget, note: HandOff) -> Verdict:
        """Tell the back end; `sent` only when it acknowledged.

        `retry`: there was no answer, or one that may be another tomorrow. `dead`: refused. A case
        that is there already is `sent`, with the code `duplicate`.
        """
        ...

    async def ask(self, target: BackendTarget, external_id: str) -> Report | Verdict:
        """Return what it says of a case, or why it cannot be asked."""
        ...

    async def holdings(self, target: BackendTarget) -> Holdings | Verdict:
        """Return all that it says it has, or why it cannot be asked."""
        ...


class Identity(Struct, frozen=True, kw_only=True):
    """Who somebody is: the full name, and an e-mail or cabinet for the answer (59-ФЗ, art. 7)."""

    full_name: str
    reply_to: str


class IdentityProvider(Protocol):
    """Somebody who may say who a person is, such as ЕСИА."""

    async def identify(self, ticket: str) -> Identity | None:
        """Return whom a ticket belongs to; None where the provider vouches for nobody."""
        ...


class Fetch(Struct, frozen=True, kw_only=True):
    """What came of fetching a file. `code` says why it did not come.

    `retry`: try again, after `retry_after` seconds if given; `refused`: it will never come.
    """

    outcome: Literal["fetched", "retry", "refused"]
    content: bytes = b""
    code: str = ""
    retry_after: float | None = None


class FileSource(Protocol):
    """Where a channel keeps what residents send."""

    async def fetch(self, url: str, at_most: int) -> Fetch:
        """Fetch a file of at most so many bytes; a longer one is refused as `too_large`."""
        ...


class Picture(Struct, frozen=True):
    """A picture made anew; without content it was refused, and `code` says why."""

    content: bytes
    content_type: str
    code: str = ""


class Pictures(Protocol):
    """Makes pictures anew, so that nothing but what they show is left of them."""

    async def remake(self, content: bytes, content_type: str) -> Picture:
        """Decode a picture of this type and encode it again; never raises for a bad one.

        Codes: `too_many_pixels`, `broken`.
        """
        ...


class Scanner(Protocol):
    """Looks through files for malware."""

    async def scan(self, content: bytes) -> Literal["clean", "unscanned", "infected"]:
        """Look through a file; `unscanned` where nobody can."""
        ...


class Storage(Protocol):
    """Keeps sealed content under names of the gateway's making (Latin letters and digits)."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep content, durable when this returns; replaces what had the name before."""
        ...

    async def get(self, name: str) -> bytes | None:
        """Return content, or None where there is none."""
        ...

    async def drop(self, name: str) -> None:
        """Forget content; nothing happens where there is none."""
        ...
