"""One step of a dialogue: what came in, what it changes, what is said. A pure function."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from schemas.dialogs import Incoming, Message
from schemas.forms import Choice, Consent, Offering, Photos, Review, Service, Step, Subject
from services.dialogs import journey, question, wording, words
from services.dialogs.answers import Accepted
from services.dialogs.answers import read as read_answer
from services.dialogs.gathering import gather
from services.dialogs.hints import hint
from services.dialogs.menu import menu
from services.dialogs.reading import Intent, read
from services.dialogs.talk import MENU, Draft, Talk
from services.dialogs.world import (
    Dialogue,
    Finish,
    GiveConsent,
    HoldChoice,
    Outcome,
    WithdrawConsent,
    World,
)


class Dialogues(Struct, frozen=True):
    """Every form of the gateway by name, the menu's services, and how an emergency is known."""

    forms: Mapping[str, Dialogue]
    services: Mapping[str, str]  # code in the menu → form
    emergency: Callable[[str], str | None]  # words of the resident's → the text of the card

    def consents(self) -> set[tuple[Service, Subject]]:
        """Return every (service, subject) that some form asks consent for."""
        return {
            (step.service, step.subject)
            for dialogue in self.forms.values()
            for step in dialogue.form.steps
            if isinstance(step, Consent)
        }


class Taking(Struct, frozen=True):
    """The surroundings of one step: `rev` is the revision of the dialogue that it leads to."""

    dialogues: Dialogues
    talk: Talk
    world: World
    rev: int

    def take(self, incoming: Incoming) -> Outcome:
        """Take one step for what came in; raises NeedsDatabase."""
        reading = read(self.talk, incoming, self._dialogue(self.talk.draft), self.world)
        resumed = reading.intent.do == "replace" and reading.talk is not self.talk
        taking = replace(self, talk=reading.talk)
        return taking.take(incoming) if resumed else taking.do(reading.intent, incoming)

    def show_menu(self, lead: str = "") -> Outcome:
        """Show the menu; what was begun is put by."""
        draft, put_by = self.talk.draft, self.talk.put_by
        if draft is not None and draft.answers and not self.dialogues.forms[draft.form].one_shot:
            put_by = draft
        return self._menu(put_by, lead)

    def resume(self, lead: str = "") -> Outcome:
        """Go on with what was interrupted, or show the menu."""
        if self.talk.put_by is None:
            return self._menu(None, lead)
        return self.having(self.talk.put_by, put_by=None).ask(lead)

    def begin(self, form: str, answers: Mapping[str, Any], lead: str = "") -> Outcome:
        """Begin a form. A short errand interrupts what was begun; a new request replaces it."""
        dialogue = self.dialogues.forms[form]
        put_by: Draft | None = None
        if dialogue.one_shot:
            put_by = self.show_menu().talk.put_by
        version = dialogue.form.version
        fitting = dict(journey.kept(dialogue, answers, self.world)) if answers else {}
        draft = Draft(form=form, version=version, since=self.rev, answers=fitting)
        return self.having(draft, put_by=put_by).ask(lead)

    def do(self, intent: Intent, incoming: Incoming) -> Outcome:
        """Carry out what was meant."""
        draft = self.talk.draft
        match intent.do:
            case "menu":
                return self.show_menu()
            case "resume":
                return self.resume()
            case "case":
                return self._open_case(intent)
            case "repeat" | "gone":
                filed = wording.filed_already(intent.value) if intent.value else ""
                return self.show_menu(filed or wording.DRAFT_GONE)
            case _ if draft is None:
                return self._at_menu(incoming) or self.show_menu()
            case "current":
                return self.ask()
            case "cancel":
                return self._cancel(draft)
            case "back":
                return self._back(draft)
            case "replace":
                return self._replace(draft, self.dialogues.forms[draft.form], intent)
            case _:
                return self._answer(draft, intent, incoming)

    def _answer(self, draft: Draft, intent: Intent, incoming: Incoming) -> Outcome:
        dialogue = self.dialogues.forms[draft.form]
        step = journey.current(dialogue, draft.answers, self.world)
        if step is None:
            return self.ask()
        match intent.do:
            case "skip" | "done" | "send":
                return self._go_on(draft, step, intent.do)
            case "turn":
                return self.having(replace(draft, page=draft.page + intent.turn)).ask()
            case "calm":
                return self._calm(draft, step)
            case "agree" | "refuse" if isinstance(step, Consent):
                return self._agreed(draft, step) if intent.do == "agree" else self._refused(step)
            case "choose" if isinstance(step, Offering):
                return self._choose(draft, dialogue, step, intent.value)
            case _ if draft.form == MENU:
                return self._at_menu(incoming) or self._misunderstood(draft, incoming)
            case _ if isinstance(step, Choice | Consent | Review):
                return self._alarm(draft, step, incoming) or self.ask(hint(step, incoming))
            case _ if incoming.files:
                return self._gather(dialogue, draft, step, incoming)
            case _:
                return self.typed(draft, step, incoming)

    # Answers

    def _go_on(self, draft: Draft, step: Step, deed: str) -> Outcome:
        """Leave a step that needs no words; whoever skips the files gives up those sent."""
        files = () if deed == "skip" and isinstance(step, Photos) else draft.files
        value = {"skip": None, "done": [str(each) for each in files], "send": True}[deed]
        return self.having(replace(draft.answered(step.key, value), files=files)).ask()

    def _choose(self, draft: Draft, dialogue: Dialogue, step: Offering, code: str) -> Outcome:
        if draft.form == MENU:
            return self._service(code)
        offered = journey.options(dialogue, step, draft.answers, self.world)
        if all(option.code != code for option in offered):
            return self.ask(wording.NOT_OFFERED)
        outcome = self.having(draft.answered(step.key, code)).ask()
        if isinstance(step, Choice) and step.holds:
            return replace(outcome, effect=HoldChoice(draft.form, step.key, code))
        return outcome

    def _replace(self, draft: Draft, dialogue: Dialogue, intent: Intent) -> Outcome:
        """A button of a step that is behind: another value replaces, the same changes nothing."""
        step = dialogue.form.step(intent.step)
        if isinstance(step, Consent) and intent.value == words.REFUSE:
            return self._refused(step)
        if step is None or step.key not in draft.answers:
            return self.ask()
        skipped = intent.value == words.SKIP and step.optional
        value = None if skipped else intent.value
        if draft.answers[step.key] == value or not (skipped or isinstance(step, Offering)):
            return self.ask()
        if not skipped and isinstance(step, Offering):
            offered = journey.options(dialogue, step, draft.answers, self.world)
            if all(option.code != value for option in offered):
                return self.ask()
        fitting = dict(journey.kept(dialogue, {**draft.answers, step.key: value}, self.world))
        files = () if skipped and isinstance(step, Photos) else draft.files
        changed = replace(draft, answers=fitting, page=0, offered=(), files=files)
        outcome = self.having(changed).ask()
        if isinstance(step, Choice) and step.holds and step.key in fitting:
            return replace(outcome, effect=HoldChoice(draft.form, step.key, str(value)))
        return outcome

    def typed(self, draft: Draft, step: Step, incoming: Incoming) -> Outcome:
        """Take words or a place as the answer, or explain what is wrong with them."""
        answer = read_answer(step, incoming)
        if not isinstance(answer, Accepted):
            lead = wording.OTHER_CONTENT if incoming.kind == "other" else answer.why
            again = self.ask(wording.explained(lead, step.again, step.example))
            heard = self._alarm(draft, step, incoming) if isinstance(step, Photos) else None
            return heard or again
        kept = replace(draft, pending=incoming.text)
        answered = draft.answered(step.key, answer.value)
        return self._alarm(kept, step, incoming) or self.having(answered).ask()

    def _alarm(self, draft: Draft, step: Step, incoming: Incoming) -> Outcome | None:
        """Return the card for words of an emergency; the step waits until «Это не срочно».

        At a consent other words are answered with the consent alone.
        """
        alarm = self.dialogues.emergency(incoming.text)
        if alarm is None or draft.calm or isinstance(step, Consent):
            return None
        message = question.card(alarm, draft, step, self.rev, self.world.capabilities)
        return Outcome(talk=replace(self.talk, draft=draft), messages=(message,))

    def _gather(self, dialogue: Dialogue, draft: Draft, step: Step, sent: Incoming) -> Outcome:
        """Take files; words that came with them answer the step, if it asks for words."""
        found = gather(dialogue, draft, step, sent, self.world)
        taking, said = self.having(found.draft), sent.text.strip()
        calm = draft.calm or self.dialogues.emergency(said) is None
        if not said or (isinstance(step, Photos) and calm):
            outcome = taking.ask(found.said)
        else:
            answered = taking.typed(found.draft, step, Incoming("text", said))
            outcome = replace(answered, messages=(Message(found.said), *answered.messages))
        return replace(outcome, effect=found.effect) if found.effect else outcome

    def _calm(self, draft: Draft, step: Step) -> Outcome:
        """«Это не срочно»: what was typed before the card is taken as the answer."""
        if draft.form == MENU:
            return self.show_menu()
        pending = draft.pending
        draft = replace(draft, calm=True, pending=None)
        if pending is None:
            return self.having(draft).ask()
        return self.having(draft).typed(draft, step, Incoming("text", pending))

    def _agreed(self, draft: Draft, step: Consent) -> Outcome:
        document = self.world.document(step.service, step.subject)
        if draft.document != document.id:  # what was read is not what would be agreed to
            return self.ask(wording.CONSENT_CHANGED)
        world = replace(self.world, consents=self.world.consents | {document.id})
        agreed = replace(self, world=world)
        outcome = agreed.ask()
        if isinstance(outcome.effect, Finish):  # the form was about the consent alone
            outcome = agreed.having(None).resume(step.again)
        return replace(outcome, effect=GiveConsent(document.id))

    def _refused(self, step: Consent) -> Outcome:
        """«Не согласен», also to what was agreed to a moment ago: the draft goes."""
        refused = replace(self.talk, draft=None, put_by=None)
        lead = wording.not_agreed(self.world.operator.phone)
        if step.service == "reminders":
            lead = wording.NO_REMINDERS
        outcome = replace(self, talk=refused).show_menu(lead)
        document = self.world.document(step.service, step.subject)
        if document.id not in self.world.consents:
            return outcome
        return replace(outcome, effect=WithdrawConsent(document.id))

    # Navigation

    def ask(self, lead: str = "") -> Outcome:
        """Ask what the journey says is next; a form without a next step is finished."""
        draft = self.talk.draft
        if draft is None or draft.form == MENU:
            return self.show_menu(lead)
        dialogue = self.dialogues.forms[draft.form]
        step = journey.current(dialogue, draft.answers, self.world)
        if step is None:
            done = replace(self.talk, draft=None)
            return Outcome(talk=done, effect=Finish(draft.form, draft.answers, draft.since))
        if isinstance(step, Choice) and not journey.options(
            dialogue, step, draft.answers, self.world
        ):
            return self.having(None).resume(step.empty or wording.NOT_OFFERED)
        draft, messages = question.ask(dialogue, draft, step, self.world, self.rev, lead)
        return Outcome(talk=replace(self.talk, draft=draft), messages=messages)

    def _back(self, draft: Draft) -> Outcome:
        if draft.pending is not None:
            return self.having(replace(draft, pending=None)).ask()
        key = journey.previous(self.dialogues.forms[draft.form], draft.answers)
        if key is None:
            return self.having(None).show_menu()
        return self.having(draft.without(key)).ask()

    def _cancel(self, draft: Draft) -> Outcome:
        errand = self.dialogues.forms[draft.form].one_shot
        return self.having(None).show_menu("" if errand else wording.CANCELLED)

    # The menu

    def _service(self, code: str) -> Outcome:
        if code == "staff":
            said = (Message(wording.HANDED_OVER),)
            return Outcome(talk=self.talk, messages=said, silent_hours=wording.STAFF_HOURS)
        form = self.dialogues.services.get(code)
        return self.show_menu(wording.NOT_OFFERED) if form is None else self.begin(form, {})

    def _open_case(self, intent: Intent) -> Outcome:
        answers = {"case": intent.value} if intent.value else {}
        if intent.step not in {"", "open"}:
            answers["action"] = intent.step
        return self.begin("cases", answers)

    def _at_menu(self, incoming: Incoming) -> Outcome | None:
        """Words of an emergency at the menu bring the card; nothing of them is kept."""
        alarm = self.dialogues.emergency(incoming.text) if incoming.kind == "text" else None
        shown = self.show_menu()
        if alarm is None or shown.talk.draft is None:
            return None
        step = self.dialogues.forms[MENU].form.steps[0]
        draft = shown.talk.draft
        message = question.card(alarm, draft, step, self.rev, self.world.capabilities)
        return Outcome(talk=shown.talk, messages=(message,))

    def _misunderstood(self, draft: Draft, incoming: Incoming) -> Outcome:
        lead = wording.OTHER_CONTENT if incoming.kind == "other" else wording.NOT_UNDERSTOOD
        lead = wording.FILES_AT_MENU if incoming.files else lead
        return self.show_menu(lead if draft.offered else "")

    def _menu(self, put_by: Draft | None, lead: str) -> Outcome:
        draft, message = menu(self.dialogues.forms[MENU], self.world, self.rev, lead, put_by)
        return Outcome(talk=replace(self.talk, draft=draft, put_by=put_by), messages=(message,))

    def _dialogue(self, draft: Draft | None) -> Dialogue | None:
        return None if draft is None else self.dialogues.forms[draft.form]

    def having(self, draft: Draft | None, **changes: Any) -> "Taking":
        """Return the same surroundings with another draft."""
        return replace(self, talk=replace(self.talk, draft=draft, **changes))
