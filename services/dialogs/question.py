"""A step as a message: prompt, buttons, pages, and numbers for clients without keyboards."""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.dialogs import Button, Capabilities, Color, Message
from schemas.forms import Child, Choice, Consent, Option, Photos, Place, Review, Step
from services.dialogs import words
from services.dialogs.journey import options
from services.dialogs.talk import MENU, Draft
from services.dialogs.world import Dialogue, World
from services.files.shelf import shelf_of
from services.files.wording import attached

PAGE = 8  # rows of choices; with paging and navigation 10, all that a keyboard holds
SHORT_LABEL = 17  # two such buttons stand side by side on a phone
LABEL_LIMIT = 40
LOCATION_LABEL = "Отправить местоположение"


def ask(
    dialogue: Dialogue, draft: Draft, step: Step, world: World, rev: int, lead: str = ""
) -> tuple[Draft, tuple[Message, ...]]:
    """Return the draft, which remembers what is offered, and the messages that ask `step`.

    `rev` is the revision that the dialogue will have; `lead` is said first.
    """
    choices, page, last = _page(_choices(dialogue, draft, step, world), draft.page)
    document = world.document(step.service, step.subject).id if isinstance(step, Consent) else 0
    offered = tuple(option.code for option in choices)
    draft = replace(draft, page=page, offered=offered, document=document)
    text = _text(dialogue, draft, step, world)
    ways = ([words.EARLIER] * (page > 0) + [words.NEXT] * (not last), navigation(step, draft))
    if lead and not isinstance(step, Consent):
        text = f"{lead}\n\n{text}"
    if not world.capabilities.keyboard:
        return draft, _stand_alone(step, lead, Message(numbered(text, choices, *ways)))
    form = draft.form
    rows = [
        tuple(
            Button(
                short(option.label), words.press(form, step.key, option.code, rev), _color(option)
            )
            for option in row
        )
        for row in _rows(choices)
    ]
    if isinstance(step, Place) and world.capabilities.location:
        payload = words.press(form, step.key, words.LOCATION, rev)
        rows.append((Button(LOCATION_LABEL, payload, kind="location"),))
    rows += [
        tuple(Button(words.LABELS[code], words.press(form, step.key, code, rev)) for code in row)
        for row in ways
        if row
    ]
    return draft, _stand_alone(step, lead, Message(text, tuple(rows), keyboard="set"))


def navigation(step: Step, draft: Draft) -> list[str]:
    """Return the codes of the buttons that every step has; the menu has none."""
    if draft.form == MENU:
        return []
    return [words.SKIP] * step.optional + [words.BACK, words.CANCEL]


def card(text: str, draft: Draft, step: Step, rev: int, capabilities: Capabilities) -> Message:
    """Return the card of an emergency with «Это не срочно» and «Отмена»."""
    codes = (words.CALM, words.CANCEL)
    if not capabilities.keyboard:
        ways = " или ".join(f"«{words.LABELS[code]}»" for code in codes)
        return Message(f"{text}\n\nНапишите {ways}.")
    row = tuple(
        Button(words.LABELS[code], words.press(draft.form, step.key, code, rev)) for code in codes
    )
    return Message(text, (row,), keyboard="set")


def short(label: str) -> str:
    """Return a label that fits a button."""
    return label if len(label) <= LABEL_LIMIT else label[: LABEL_LIMIT - 1].rstrip() + "…"


def numbered(text: str, choices: Sequence[Option], *ways: Sequence[str]) -> str:
    """Return the question with numbered answers, for clients that show no buttons.

    `ways`: codes of paging and navigation, to be typed as words.
    """
    lines = [f"{number}. {option.label}" for number, option in enumerate(choices, 1)]
    labels = ", ".join(f"«{words.LABELS[code]}»" for codes in ways for code in codes)
    hint = "Напишите номер или слово." if lines else ""
    also = f"Можно написать и так: {labels}." if labels else ""
    return "\n\n".join(part for part in (text, "\n".join(lines), hint, also) if part)


def _stand_alone(step: Step, lead: str, message: Message) -> tuple[Message, ...]:
    """A consent stands alone in its message (152-ФЗ, art. 9): what else is said goes before it."""
    return (Message(lead), message) if lead and isinstance(step, Consent) else (message,)


def _text(dialogue: Dialogue, draft: Draft, step: Step, world: World) -> str:
    if isinstance(step, Consent):
        return world.document(step.service, step.subject).text
    if isinstance(step, Review) and dialogue.summary is not None:
        return dialogue.summary(world, draft.answers)
    if isinstance(step, Photos) and draft.files:
        return f"{_attached(draft, world)}\n{step.again}"
    if "{" not in step.prompt:
        return step.prompt
    return step.prompt.format_map(dialogue.facts(world, draft.answers))


def _choices(dialogue: Dialogue, draft: Draft, step: Step, world: World) -> tuple[Option, ...]:
    match step:
        case Choice() | Child():
            return options(dialogue, step, draft.answers, world)
        case Consent():
            return _AGREEMENT
        case Review():
            return _SENDING
        case Photos() if draft.files or not step.optional:
            return _DONE
        case _:
            return ()


_AGREEMENT = tuple(Option(code, words.LABELS[code]) for code in (words.AGREE, words.REFUSE))
_SENDING = (Option(words.SEND, words.LABELS[words.SEND]),)
_DONE = (Option(words.DONE, words.LABELS[words.DONE]),)


def _attached(draft: Draft, world: World) -> str:
    fit = shelf_of(world).fit(draft.files)
    return f"Приложено: {attached(fit, len(draft.files) - fit)}."


def _page(choices: tuple[Option, ...], page: int) -> tuple[tuple[Option, ...], int, bool]:
    last_page = max(0, (len(choices) - 1) // PAGE)
    page = min(max(page, 0), last_page)
    return choices[page * PAGE : (page + 1) * PAGE], page, page == last_page


def _rows(choices: Sequence[Option]) -> list[tuple[Option, ...]]:
    """Lay choices out in their order; two short ones in a row share it, and five marks do."""
    rows: list[tuple[Option, ...]] = []
    room = 0  # how many more of its width the last row takes
    for option in choices:
        width = _columns(option)
        if rows and room and _columns(rows[-1][0]) == width:
            rows[-1] = (*rows[-1], option)
            room -= 1
        else:
            rows.append((option,))
            room = width - 1
    return rows


def _columns(option: Option) -> int:
    """Return how many buttons as long as this one stand side by side on a phone."""
    length = len(option.label)
    if length == 1:
        return 5
    return 2 if length <= SHORT_LABEL else 1


def _color(option: Option) -> Color:
    if option.code in {words.AGREE, words.SEND, words.DONE}:
        return "positive"
    return "secondary"
