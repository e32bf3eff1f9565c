"""The careful way: one event in a transaction of its own, with whatever it needs and does."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from schemas.events import Allowed, Denied, Pressed, Replied, Said
from services.communities.consents import current_document
from services.db.query import Connection
from services.dialogs.step import Dialogues, Taking
from services.dialogs.talk import Filed, Talk
from services.dialogs.world import (
    DOCUMENTS,
    Done,
    Finish,
    GiveConsent,
    HoldChoice,
    NeedsDatabase,
    Outcome,
    TakeFiles,
    Visitor,
    WithdrawConsent,
    World,
)
from services.files.taking import drop_files, note_files
from services.house import House
from services.inbox import queries
from services.inbox.queries import Loaded
from services.inbox.stepping import silenced, stand_still, take
from services.inbox.visits import Visit, Written, make_world, open_talk, write_outcome
from services.residents.consenting import give_consent, withdraw_consent

MOST_READS = 5
"""Of different things for one step: each is read once."""
STAFF_SILENCE = timedelta(hours=12)  # after an answer typed by the page's staff


class Errands(Struct, frozen=True):
    """What the forms read, do and hold, by form name; `hold` says why it could not."""

    load: dict[str, Callable[[Connection, House, Visitor | None, World], Awaitable[Any]]]
    finish: dict[str, Callable[[Connection, House, Visitor, World, Finish], Awaitable[Done]]]
    hold: dict[str, Callable[[Connection, House, Visitor, World, str], Awaitable[str | None]]]


class Carrying(Struct, frozen=True, kw_only=True):
    """One event, carried inside the caller's transaction, with whatever it needs and does."""

    connection: Connection
    house: House
    dialogues: Dialogues
    errands: Errands
    visit: Visit
    loaded: Loaded
    now: datetime

    async def carry(self) -> Written:
        """Do what the event asks for; return what else to write."""
        match self.visit.event:
            case Denied():
                await self._set_writable(writable=False)
            case Allowed():
                await self._set_writable(writable=True)
            case Replied() if not self.loaded.ours:
                return self._leave_to_staff()
            case Said() | Pressed():
                return await self._converse()
            case _:
                pass
        return Written(visit=self.visit)

    async def _set_writable(self, *, writable: bool) -> None:
        """Note whether the person may be written to; what waits is parked, or goes again."""
        account_id = self.loaded.account_id
        if account_id is None:
            return
        await queries.SET_WRITABLE.run(self.connection, account_id, writable)
        if writable:
            await queries.UNPARK.run(self.connection, account_id, self.now)
        else:
            await queries.PARK_PERSON.run(self.connection, account_id, "denied")

    def _leave_to_staff(self) -> Written:
        """People of the page come first: who got an answer by hand is left to them for a while.

        Somebody the gateway has not met yet, too.
        """
        until = self.now + STAFF_SILENCE
        if self.loaded.silenced_until is not None:
            until = max(until, self.loaded.silenced_until)
        same = Outcome(talk=open_talk(self.house, self.loaded))
        written = write_outcome(self.house, self.visit, self.loaded, same, self.now)
        return replace(written, silenced_until=until)

    async def _converse(self) -> Written:
        visit, loaded = self.visit, self.loaded
        if loaded.writable is False:
            await self._set_writable(writable=True)
            loaded = replace(loaded, waits=True)  # what was parked goes first
        talk = open_talk(self.house, loaded)
        if visit.hurried or silenced(visit, loaded, self.now):
            return stand_still(self.house, visit, loaded, talk, self.now)
        outcome, world = await self._take(talk, make_world(self.house, visit, loaded, self.now))
        visitor = self._visitor()
        if isinstance(outcome.effect, GiveConsent) and visitor is not None:
            await give_consent(self.connection, visitor, outcome.effect.document_id, self.now)
        if isinstance(outcome.effect, WithdrawConsent) and visitor is not None:
            await withdraw_consent(self.connection, visitor, outcome.effect.document_id, self.now)
        if isinstance(outcome.effect, TakeFiles) and visitor is not None:
            page = visit.community.id
            await note_files(self.connection, self.house, visitor, page, outcome.effect, self.now)
        if isinstance(outcome.effect, HoldChoice) and visitor is not None:
            outcome = await self._hold(outcome, outcome.effect, visitor, world)
        finished = isinstance(outcome.effect, Finish) and visitor is not None
        fetches = isinstance(outcome.effect, TakeFiles)
        if isinstance(outcome.effect, Finish) and visitor is not None:
            finish = self.errands.finish[outcome.effect.form]
            done = await finish(self.connection, self.house, visitor, world, outcome.effect)
            outcome = await self._after(outcome, outcome.effect, done, world)
        given_up = talk.files() - outcome.talk.files()
        if given_up:
            await drop_files(self.connection, given_up)
        written = write_outcome(self.house, visit, loaded, outcome, self.now)
        return replace(written, hands_off=finished, fetches=fetches or bool(given_up))

    async def _take(self, talk: Talk, world: World) -> tuple[Outcome, World]:
        """Take the step from memory, or with what the database holds where it asks for it."""
        return await self._knowing(
            world, lambda known: take(self.dialogues, talk, known, self.loaded, self.visit)
        )

    async def _knowing(
        self, world: World, step: Callable[[World], Outcome]
    ) -> tuple[Outcome, World]:
        """Do what may ask for the database, as often as it asks for something else."""
        for _ in range(MOST_READS):
            try:
                return step(world), world
            except NeedsDatabase as needed:
                world = await self._more(world, needed.name)
        return step(world), world

    async def _more(self, world: World, name: str) -> World:
        """Return the world with every document to agree to, or with what has this name."""
        if name != DOCUMENTS:
            found = await self.errands.load[name](
                self.connection, self.house, self._visitor(), world
            )
            return replace(world, loaded={**(world.loaded or {}), name: found})
        consents = dict(world.snapshot.consents)
        for service, subject in self.dialogues.consents():
            key = (world.operator.id, service, subject)
            if key not in consents:
                consents[key] = await current_document(self.connection, *key)
        return replace(world, snapshot=replace(world.snapshot, consents=consents))

    async def _hold(
        self, outcome: Outcome, wish: HoldChoice, visitor: Visitor, world: World
    ) -> Outcome:
        """Hold what was chosen; where it is gone, say so and ask the same step again."""
        hold = self.errands.hold[wish.form]
        why = await hold(self.connection, self.house, visitor, world, wish.code)
        draft = outcome.talk.draft
        if why is None or draft is None:
            return outcome
        rev = (self.loaded.revision or 0) + 1
        talk = replace(outcome.talk, draft=draft.without(wish.key))
        again, _ = await self._knowing(
            replace(world, loaded=None),
            lambda known: Taking(self.dialogues, talk, known, rev).ask(why),
        )
        return again

    async def _after(self, outcome: Outcome, finish: Finish, done: Done, world: World) -> Outcome:
        """Say what became of a finished form, then go on: to what it interrupted, or the menu."""
        talk = Talk() if done.forget else outcome.talk
        if done.number is not None:
            filed = Filed(finish.form, finish.since, done.number, world.now)
            talk = replace(talk, filed=filed)
        rev = (self.loaded.revision or 0) + 1

        def go_on(known: World) -> Outcome:
            taking = Taking(self.dialogues, talk, known, rev)
            if not done.begin:
                return taking.resume(done.text)
            return taking.begin(done.begin, done.answers, done.text)

        # What was loaded is of before: it is read anew.
        outcome, _ = await self._knowing(replace(world, loaded=None), go_on)
        return outcome

    def _visitor(self) -> Visitor | None:
        if self.loaded.account_id is None or self.loaded.dialog_id is None:
            return None
        return Visitor(
            account_id=self.loaded.account_id,
            dialog_id=self.loaded.dialog_id,
            event_id=self.visit.event_id,
        )
