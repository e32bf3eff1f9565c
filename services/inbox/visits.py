"""One event at a community page, from its arrival to what is written for it."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from schemas.dialogs import Capabilities, Incoming, Message
from schemas.events import Event, Pressed, Replied, Said
from services.communities.queries import Community
from services.db.ids import new_id
from services.dialogs.talk import Talk
from services.dialogs.world import Outcome, World
from services.house import House
from services.inbox.queries import Loaded
from services.privacy.errors import Unreadable

CHANNEL = "vk"
DIALOG = "dialogs.personal"
ACCOUNT = "accounts.user_sealed"
EMPTY = Talk()
EVERYTHING = Capabilities()  # who pressed a callback button has a client with buttons


class Visit(Struct, frozen=True, kw_only=True):
    """One event, still to be taken. `type` is the channel's own name of it."""

    community: Community
    event_id: str
    type: str
    event: Event
    user_key: bytes | None = None  # keyed hash of the person's id; None where nobody is meant
    hurried: bool = False  # too fast after others of this resident: only to be told so

    @property
    def key(self) -> tuple[int, str]:
        """What makes an event itself: VK's event ids are unique within a community."""
        return self.community.id, self.event_id

    @property
    def claims(self) -> tuple[object, ...]:
        """What no other event under way may share: its own id, and the resident."""
        if self.user_key is None:
            return (self.key,)
        return (self.key, (self.community.operator_id, self.user_key))

    @property
    def incoming(self) -> Incoming | None:
        """What the resident did, if it was the resident who did something."""
        return self.event.incoming if isinstance(self.event, Said | Pressed) else None

    @property
    def random_id(self) -> int:
        """The random_id that a reply came back with, else 0."""
        return self.event.random_id if isinstance(self.event, Replied) else 0


class Written(Struct, frozen=True, kw_only=True):
    """What one visit writes. Without a dialogue only the event's id is kept."""

    visit: Visit
    account_id: UUID | None = None
    dialog_id: UUID | None = None
    new_account: bool = False
    new_dialog: bool = False
    user_sealed: bytes | None = None
    revision: int = 0
    silenced_until: datetime | None = None
    drafted_until: datetime | None = None
    personal: bytes | None = None
    inline_buttons: bool = True
    messages: tuple[Message, ...] = ()
    waits: bool = False  # an older message to this person has not left yet
    hands_off: bool = False  # a back end may have something to be told
    fetches: bool = False  # files are to be fetched, or to go


def user_key(house: House, user_id: int) -> bytes:
    """Return the keyed hash by which the account of a VK user is found."""
    return house.sealer.keyed_hash(CHANNEL, str(user_id))


def open_talk(house: House, loaded: Loaded) -> Talk:
    """Open what the dialogue remembers; one that can't be read (a form that is gone) is empty."""
    if loaded.personal is None or loaded.dialog_id is None:
        return EMPTY
    try:
        return house.sealer.open_value(DIALOG, loaded.dialog_id, loaded.personal, Talk)
    except Unreadable:
        return EMPTY


def capabilities_of(visit: Visit) -> Capabilities:
    """Return what the resident's client can show."""
    return visit.event.capabilities if isinstance(visit.event, Said) else EVERYTHING


def make_world(house: House, visit: Visit, loaded: Loaded, now: datetime) -> World:
    """Return what the step may look at."""
    snapshot = house.directory.snapshot
    return World(
        snapshot=snapshot,
        community=visit.community,
        operator=snapshot.operators[visit.community.operator_id],
        now=now,
        zone=house.zone,
        capabilities=capabilities_of(visit),
        consents=frozenset(loaded.consents),
    )


def write_outcome(
    house: House, visit: Visit, loaded: Loaded, outcome: Outcome, now: datetime
) -> Written:
    """Return what an outcome writes, sealed."""
    account_id = loaded.account_id or new_id()
    dialog_id = loaded.dialog_id or new_id()
    user_sealed = None
    if loaded.account_id is None and isinstance(visit.event, Said | Pressed | Replied):
        user_sealed = house.sealer.seal_value(ACCOUNT, account_id, visit.event.user_id)
    silence = now + timedelta(hours=outcome.silent_hours) if outcome.silent_hours else None
    return Written(
        visit=visit,
        account_id=account_id,
        dialog_id=dialog_id,
        new_account=loaded.account_id is None,
        new_dialog=loaded.dialog_id is None,
        user_sealed=user_sealed,
        revision=loaded.revision or 0,
        silenced_until=silence,
        drafted_until=outcome.talk.drafted_until(now),
        personal=house.sealer.seal_value(DIALOG, dialog_id, outcome.talk),
        inline_buttons=capabilities_of(visit).inline,
        messages=outcome.messages,
        waits=loaded.waits,
    )
