"""What a dialogue remembers between two messages: sealed in `dialogs.personal`."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

MENU = "menu"
DRAFT_LIFE = timedelta(days=7)
REPEAT_WINDOW = timedelta(minutes=10)  # a second «Отправить» within it repeats the number


class Draft(Struct, frozen=True, array_like=True, kw_only=True):
    """Answers so far. There is no pointer to a step: the journey computes it.

    `since`: the dialogue's revision when the draft began; buttons of earlier revisions belong to
    something that is gone. `offered`: the codes of the last message in their order, for typed
    numbers; `document`: the id of the consent document that it showed.
    `pending`: words with a sign of an emergency, kept until «Это не срочно»;
    `calm`: that was pressed. `files`: those sent so far, until the draft is sent or given up.
    """

    form: str
    version: int
    since: int
    answers: dict[str, Any] = field(default_factory=dict)
    offered: tuple[str, ...] = ()
    page: int = 0
    pending: str | None = None
    calm: bool = False
    document: int = 0
    files: tuple[UUID, ...] = ()

    def answered(self, key: str, value: Any) -> "Draft":
        """Return the draft with one more answer."""
        return replace(self, answers={**self.answers, key: value}, page=0, offered=(), pending=None)

    def without(self, key: str) -> "Draft":
        """Return the draft with one answer less."""
        kept = {name: value for name, value in self.answers.items() if name != key}
        return replace(self, answers=kept, page=0, offered=(), pending=None)


class Filed(Struct, frozen=True, array_like=True):
    """What was filed last: a second press on «Отправить» repeats its number."""

    form: str
    since: int
    number: str
    at: datetime


class Talk(Struct, frozen=True, array_like=True):
    """The dialogue of one resident in one community.

    `put_by` is a draft that «меню» or a notice's button interrupted.
    """

    draft: Draft | None = None
    put_by: Draft | None = None
    filed: Filed | None = None

    def files(self) -> frozenset[UUID]:
        """Return the files of both drafts."""
        drafts = (self.draft, self.put_by)
        return frozenset(each for draft in drafts if draft is not None for each in draft.files)

    def drafted_until(self, now: datetime) -> datetime | None:
        """Return when the entered things expire, or None if nothing was entered."""
        entered = any(
            draft is not None and draft.form != MENU and draft.answers
            for draft in (self.draft, self.put_by)
        )
        # By whole days: the indexed column then changes once a day, not with every answer.
        return (
            now.replace(hour=0, minute=0, second=0, microsecond=0) + DRAFT_LIFE if entered else None
        )
