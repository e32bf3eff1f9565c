"""What a step of a dialogue may look at, and what it answers. No database, no clock."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from schemas.dialogs import Capabilities, Message, SentFile
from schemas.forms import Form, Option
from services.communities.directory import Snapshot
from services.communities.queries import Community, ConsentDocument, Operator
from services.dialogs.talk import Talk

Answers = Mapping[str, Any]
DOCUMENTS = "documents"
"""The name of what is loaded when a text to agree to is not known yet."""


class World(Struct, frozen=True, kw_only=True):
    """The moment and place of one step.

    `consents`: ids of the documents this resident has agreed to. `loaded`: what was read from
    the database for this step, by name; None if nothing was.
    """

    snapshot: Snapshot
    community: Community
    operator: Operator
    now: datetime
    zone: ZoneInfo
    capabilities: Capabilities
    consents: frozenset[int] = frozenset()
    loaded: Mapping[str, Any] | None = None

    def document(self, service: str, subject: str) -> ConsentDocument:
        """Return the text to agree to; raises NeedsDatabase until it is known."""
        found = self.snapshot.consents.get((self.operator.id, service, subject))
        if found is None:
            raise NeedsDatabase(DOCUMENTS)
        return found

    def read(self, name: str) -> Any:
        """Return what was loaded under a name; raises NeedsDatabase until it is."""
        if self.loaded is None or name not in self.loaded:
            raise NeedsDatabase(name)
        return self.loaded[name]


class NeedsDatabase(Exception):
    """The step cannot be taken from memory: load what is named and take it again."""

    def __init__(self, name: str) -> None:
        """Take the name under which it is to be loaded."""
        self.name = name
        super().__init__(name)


class GiveConsent(Struct, frozen=True):
    """The resident agreed to a document."""

    document_id: int


class WithdrawConsent(Struct, frozen=True):
    """The resident took an agreement back in the middle of a form."""

    document_id: int


class TakeFiles(Struct, frozen=True):
    """The resident sent files for the draft, which had `before`: they are to be fetched."""

    files: tuple[SentFile, ...]
    before: int


class HoldChoice(Struct, frozen=True):
    """Something was chosen that others want too: it is to be held for a while."""

    form: str
    key: str
    code: str


class Finish(Struct, frozen=True):
    """A form was sent: its answers are to be carried out."""

    form: str
    answers: Answers
    since: int


Effect = GiveConsent | WithdrawConsent | TakeFiles | HoldChoice | Finish


class Outcome(Struct, frozen=True, kw_only=True):
    """What one step changes: the dialogue, what is said, what is done, how long we are silent."""

    talk: Talk
    messages: tuple[Message, ...] = ()
    effect: Effect | None = None
    silent_hours: int = 0


class Done(Struct, frozen=True):
    """What carrying a form out came to: words for the resident, the number of what was filed."""

    text: str
    number: str | None = None
    forget: bool = False  # everything else of the dialogue goes too
    begin: str = ""  # the form to go on with, instead of the menu
    answers: Answers = field(default_factory=dict)  # what is known of it already


class Dialogue(Struct, frozen=True, kw_only=True):
    """A form with what cannot be written as data.

    `options` offers what depends on answers or reference data; `facts` fills prompts and
    branches, and says how many files are `attached` before; `summary` is the text of the review
    step. With `loads` every step of the form needs `World.loaded`.
    """

    form: Form
    options: Callable[[World, Answers, str], tuple[Option, ...]]
    facts: Callable[[World, Answers], Mapping[str, str]]
    summary: Callable[[World, Answers], str] | None = None
    loads: bool = False
    one_shot: bool = False  # ends by itself and gives way to an interrupted draft


class Visitor(Struct, frozen=True, kw_only=True):
    """Who is at the page: ids only."""

    account_id: UUID
    dialog_id: UUID
    event_id: str
