"""The main menu: a form of one choice."""

from schemas.dialogs import Button, Color, Message
from schemas.forms import Choice, Form, Option
from services.dialogs import question, wording, words
from services.dialogs.talk import MENU, Draft
from services.dialogs.world import Answers, Dialogue, World

SERVICES = (
    Option("appeal", "Подать обращение"),
    Option("club", "Записать в кружок"),
    Option("doctor", "Записаться к врачу"),
    Option("cases", "Мои заявки"),
    Option("data", "Мои данные"),
    Option("staff", "Написать сотруднику"),
)
GREETING = (
    "Здравствуйте! Это помощник страницы «{community}». Я приму обращение и сообщу, что с ним. "
    "Если есть опасность, звоните 112.\n\n"
    "Чем помочь? Выберите кнопку или напишите её номер."
)
TITLES = {"appeal": "обращение", "enrolment": "запись в кружок", "appointment": "запись к врачу"}


def _no_facts(_: World, __: Answers) -> dict[str, str]:
    return {}


def _no_options(_: World, __: Answers, ___: str) -> tuple[Option, ...]:
    return ()


MENU_DIALOGUE = Dialogue(
    form=Form(MENU, 1, "Меню", (Choice(key="service", prompt=GREETING, options=SERVICES),)),
    options=_no_options,
    facts=_no_facts,
    one_shot=True,
)


def menu(
    dialogue: Dialogue, world: World, rev: int, lead: str, put_by: Draft | None
) -> tuple[Draft, Message]:
    """Return the menu's own draft, so that a typed number means its buttons, and its message."""
    step = dialogue.form.steps[0]
    draft = Draft(
        form=MENU,
        version=dialogue.form.version,
        since=0,
        offered=tuple(option.code for option in SERVICES),
    )
    text = lead or GREETING.format(community=world.community.title)
    if put_by is not None:
        text += "\n\n" + wording.PUT_BY.format(title=TITLES.get(put_by.form, put_by.form))
    if not world.capabilities.keyboard:
        return draft, Message(question.numbered(text, SERVICES))
    rows = tuple(
        (Button(option.label, words.press(MENU, step.key, option.code, rev), _color(option)),)
        for option in SERVICES
    )
    return draft, Message(text, rows, keyboard="set")


def _color(option: Option) -> Color:
    return "primary" if option.code in {"appeal", "club", "doctor"} else "secondary"
