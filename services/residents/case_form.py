"""The form of «Мои заявки»: which case, what to do with it, and with which words."""

from msgspec import Struct

from schemas.forms import Choice, Consent, Form, Option, Photos, Text, When
from services.cases.rating import MARKS
from services.files.limits import CASE_FILES

NAME = "cases"


class Action(Struct, frozen=True):
    """What a resident can do with a case: its button, where it leads, for which kinds and states.

    Without `states` wherever the table of states allows the move.
    """

    code: str
    label: str
    target: str
    kinds: tuple[str, ...] = ("appeal", "enrolment", "appointment")
    states: tuple[str, ...] = ()


ACTIONS: tuple[Action, ...] = (
    Action("reply", "Ответить", "in_work", ("appeal",)),
    Action("reopen", "Не решено", "reopened", ("appeal",)),
    Action("accept", "Занять", "submitted", ("enrolment",), ("offered",)),
    Action("accept", "Занять", "booked", ("appointment",), ("offered",)),
    Action("decline", "Отказаться", "declined"),
    Action("leave", "Покинуть группу", "left", ("enrolment",)),
    Action("come", "Приду", "confirmed", ("appointment",)),
    Action("choose", "Выбрать другое время", "booked", ("appointment",), ("rebooking",)),
    Action("move", "Перенести", "booked", ("appointment",), ("booked", "confirmed")),
    Action("wait", "В лист ожидания", "waitlisted", ("appointment",)),
    Action("dispute", "Оспорить", "disputed", ("appointment",)),
    Action("cancel", "Отменить", "cancelled", ("appointment",)),
    Action("withdraw", "Отозвать", "withdrawn"),
)
CHOOSING = ("choose", "move")
"""Actions for which another time is chosen."""
MOVED = ("booked", "confirmed", "rebooking")
"""States of an appointment in which another time can be chosen."""
ADD = Option("add", "Дополнить")
APPEAL = Option("appeal", "Подать как обращение")
RATE = {f"rate{mark}": mark for mark in MARKS}
LIST = Option("list", "Все заявки")
NONE_YET = "У вас пока нет заявок."
WORDS_LIMIT = 3500

FORM = Form(
    NAME,
    2,
    "Мои заявки",
    (
        Choice(
            key="case",
            prompt="Ваши заявки. Нажмите на заявку или напишите её номер.",
            again="Такой заявки в списке нет. Нажмите кнопку или напишите номер заявки целиком.",
            empty=NONE_YET,
        ),
        Choice(key="action", prompt="{case}", again="Выберите кнопку или напишите её номер."),
        Consent(
            key="consent",
            prompt="",
            service="appeal",
            subject="self",
            when=When("action", ("reply", "reopen", ADD.code)),
        ),
        Text(
            key="words",
            prompt="{ask}",
            again="Напишите словами, например: «Фонарь у дома 10 так и не горит».",
            sensitivity="personal",
            longest=WORDS_LIMIT,
            when=When("action", ("reply", "reopen")),
        ),
        Text(
            key="addition",
            prompt="Напишите, что добавить. Если только файлы, пришлите их сразу.",
            again="Напишите словами, пришлите файлы или нажмите «Пропустить».",
            sensitivity="personal",
            optional=True,
            longest=WORDS_LIMIT,
            when=When("action", (ADD.code,)),
        ),
        Photos(
            key="photos",
            prompt="Пришлите фото или документы. Если файлов нет, нажмите «Готово».",
            again="Можно прислать ещё. Когда всё, нажмите «Готово».",
            sensitivity="personal",
            most=CASE_FILES,
            when=When("action", (ADD.code,)),
        ),
        Choice(
            key="slot",
            prompt="Выберите другое время. Прежнее останется за вами, пока новое не закреплено.",
            again="Такого времени в списке нет. Нажмите кнопку или напишите её номер.",
            when=When("action", CHOOSING),
        ),
        Choice(
            key="sure",
            prompt="{sure_of}",
            again="Ответьте, пожалуйста, «Да» или «Нет».",
            options=(Option("yes", "Да"), Option("no", "Нет")),
            when=When("sure_of"),
        ),
    ),
)
