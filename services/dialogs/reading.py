"""What a resident meant: a press, a typed word, label or number becomes one intent."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from schemas.dialogs import Incoming
from schemas.forms import Child, Choice, Consent, Offering, Option, Photos, Review, Step
from services.dialogs import journey, question, words
from services.dialogs.talk import MENU, REPEAT_WINDOW, Draft, Filed, Talk
from services.dialogs.world import Dialogue, World

Deed = Literal[
    "menu", "resume", "case", "gone", "repeat", "current", "replace", "back", "cancel",
    "skip", "turn", "calm", "agree", "refuse", "send", "done", "choose", "say",
]  # fmt: skip

_AT_ANY_STEP: dict[str, Deed] = {
    words.BACK: "back",
    words.CANCEL: "cancel",
    words.CALM: "calm",
}
_TURNS = {words.NEXT: 1, words.EARLIER: -1}


class Intent(Struct, frozen=True):
    """What to do; `value` is a chosen code or a number, `step` the key of a passed step."""

    do: Deed
    value: str = ""
    step: str = ""
    turn: int = 0


class Reading(Struct, frozen=True):
    """The intent, and the dialogue it is about: a button may reach back to what was put by."""

    talk: Talk
    intent: Intent


def read(talk: Talk, incoming: Incoming, dialogue: Dialogue | None, world: World) -> Reading:
    """Read what came in; `dialogue` is that of the present draft. Raises NeedsDatabase."""
    said = words.plain(incoming.text) if incoming.kind in {"text", "press"} else ""
    pressed = words.read_payload(incoming.payload) if incoming.kind == "press" else None
    if isinstance(pressed, words.Command):
        if pressed.command == "start":
            return Reading(talk, Intent("menu"))
        return Reading(talk, Intent("case", pressed.case, pressed.do))
    if isinstance(pressed, words.Press):
        return _read_press(talk, pressed, dialogue, world)
    if said in words.MENU_WORDS:
        return Reading(talk, Intent("menu"))
    if said in words.RESUME_WORDS and talk.put_by is not None:
        return Reading(talk, Intent("resume"))
    if talk.draft is None or dialogue is None:
        return Reading(talk, Intent("say"))
    step = journey.current(dialogue, talk.draft.answers, world)
    filed = _just_filed(talk, world)
    if talk.draft.form == MENU and filed and words.SPOKEN.get(said) == words.SEND:
        return Reading(talk, Intent("repeat", filed.number))
    return Reading(talk, _read_words(talk.draft, dialogue, step, said, world))


def of_draft(press: words.Press, draft: Draft | None) -> bool:
    """Tell whether a button belongs to this draft: one of an earlier draft is older than it."""
    return draft is not None and press.form == draft.form and press.rev >= draft.since


def meant(code: str, step: Step) -> Intent | None:
    """Return what a code means at a step where it can be chosen; None where it means nothing."""
    if code in _AT_ANY_STEP:
        return Intent(_AT_ANY_STEP[code])
    if code == words.SKIP:
        return Intent("skip") if step.optional else None
    match step:
        case Consent():
            return {words.AGREE: Intent("agree"), words.REFUSE: Intent("refuse")}.get(code)
        case Review():
            return Intent("send") if code == words.SEND else None
        case Photos():
            return Intent("done") if code == words.DONE else None
        case Choice() | Child():
            turn = _TURNS.get(code)
            return Intent("choose", code) if turn is None else Intent("turn", turn=turn)
        case _:
            return None


def _read_press(talk: Talk, press: words.Press, dialogue: Dialogue | None, world: World) -> Reading:
    if press.form == MENU:
        if press.value in _AT_ANY_STEP:
            return Reading(talk, Intent("menu"))
        menu = Talk(Draft(form=MENU, version=1, since=0), _begun(talk, dialogue), talk.filed)
        return Reading(menu, Intent("choose", press.value))
    draft = talk.draft
    if draft is None or dialogue is None or not of_draft(press, draft):
        if of_draft(press, talk.put_by):
            # The caller reads again, now with the dialogue of the draft that was put by.
            resumed = replace(talk, draft=talk.put_by, put_by=None)
            return Reading(resumed, Intent("replace", press.value, press.step))
        return Reading(talk, _of_the_past(talk, press, world))
    step = journey.current(dialogue, draft.answers, world)
    if step is not None and step.key == press.step:
        found = meant(press.value, step) or Intent(
            "say" if press.value == "_location" else "current"
        )
        return Reading(talk, found)
    if press.value in _AT_ANY_STEP:
        # «Назад» of a step that is behind was pressed twice: show where that has led.
        deed = "current" if press.value == words.BACK else _AT_ANY_STEP[press.value]
        return Reading(talk, Intent(deed))
    return Reading(talk, Intent("replace", press.value, press.step))


def _begun(talk: Talk, dialogue: Dialogue | None) -> Draft | None:
    """Return what a press on an old menu interrupts."""
    if talk.draft is None or not talk.draft.answers or dialogue is None or dialogue.one_shot:
        return talk.put_by
    return talk.draft


def _of_the_past(talk: Talk, press: words.Press, world: World) -> Intent:
    """«Отправить» pressed again soon after it was filed repeats the number."""
    filed = _just_filed(talk, world)
    if filed is None or press.rev < filed.since:
        return Intent("gone")
    sent_again = (press.form, press.value) == (filed.form, words.SEND)
    return Intent("repeat", filed.number) if sent_again else Intent("gone")


def _just_filed(talk: Talk, world: World) -> Filed | None:
    filed = talk.filed
    return filed if filed is not None and world.now - filed.at <= REPEAT_WINDOW else None


def _read_words(
    draft: Draft, dialogue: Dialogue, step: Step | None, said: str, world: World
) -> Intent:
    if step is None or not said:
        return Intent("say")
    code = words.SPOKEN.get(said)
    if code is not None and (found := meant(code, step)) is not None:
        return found
    if not isinstance(step, Offering | Consent | Review | Photos):
        return Intent("say")
    if said.isascii() and said.isdigit():
        number = int(said[:4])
        code = draft.offered[number - 1] if 1 <= number <= len(draft.offered) else ""
        return meant(code, step) or Intent("say") if code else Intent("say")
    if isinstance(step, Offering):
        offered = journey.options(dialogue, step, draft.answers, world)
        for option in offered:
            if said in _spellings(option):
                return Intent("choose", option.code)
        if isinstance(step, Choice) and step.search:
            near = [option for option in offered if _is_near(said, option)]
            return Intent("choose", near[0].code) if len(near) == 1 else Intent("say")
    return Intent("say")


def _is_near(said: str, option: Option) -> bool:
    """Tell whether every word stands in the label, at least as the beginning of one of its own."""
    label = words.plain(option.label).split()
    return all(any(each.startswith(word) for each in label) for word in said.split())


def _spellings(option: Option) -> set[str]:
    typed = (option.label, question.short(option.label), option.said)
    return {words.plain(text) for text in typed if text}
