"""What a resident reads about a case: names of states, notices of every stage, dates and counts."""

from datetime import date, datetime

from services.cases.clocks import REOPEN_DAYS
from services.cases.transitions import REASONS, Kind

LONGEST_TEXT = 4096
"""Characters in one VK message."""

STATES: dict[Kind, dict[str, str]] = {
    "appeal": {
        "submitted": "Принята, ждёт регистрации",
        "registered": "Зарегистрирована",
        "in_work": "В работе",
        "on_approval": "Готовится ответ",
        "needs_info": "Ждём вашего ответа",
        "answered": "Есть ответ",
        "reopened": "Снова в работе",
        "forwarded": "Передана другому ведомству",
        "refused": "Отказано",
        "returned": "Возвращена без рассмотрения",
        "withdrawn": "Отозвана вами",
        "closed": "Закрыта",
    },
    "enrolment": {
        "submitted": "Заявление у организатора",
        "review": "Заявление проверяет организатор",
        "test_invited": "Приглашение на испытание",
        "confirmed": "Место подтверждено",
        "enrolled": "Ребёнок зачислен",
        "waitlisted": "В листе ожидания",
        "offered": "Есть место, ждём вашего решения",
        "rejected": "Отказано",
        "withdrawn": "Заявление отозвано",
        "left": "Ребёнок больше не в группе",
        "completed": "Занятия закончились",
        "declined": "Вы отказались от места",
        "expired": "Срок истёк",
    },
    "appointment": {
        "pending": "Ждём ответа поликлиники",
        "review": "Запись проверяет регистратура",
        "booked": "Вы записаны",
        "confirmed": "Вы подтвердили, что придёте",
        "rebooking": "Приём отменён, выберите другое время",
        "waitlisted": "В листе ожидания",
        "offered": "Есть время, ждём вашего решения",
        "attended": "Приём состоялся",
        "no_show": "Отмечена неявка",
        "disputed": "Неявка оспаривается",
        "lapsed": "Время приёма прошло",
        "refused": "Отказано",
        "cancelled": "Запись отменена",
        "withdrawn": "Вы отозвали просьбу",
        "declined": "Вы отказались от времени",
        "expired": "Срок истёк",
    },
}
"""State → its name in «Мои заявки»."""

_MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)

_STAGES: dict[str, str] = {
    "submitted": "Заявка {number} принята и ждёт регистрации.",
    "registered": "Заявка {number} зарегистрирована.",
    "in_work": "Заявку {number} взяли в работу.",
    "needs_info": "По заявке {number} есть вопрос к вам.",
    "answered": "Пришёл ответ по заявке {number}.",
    "reopened": "Заявка {number} снова в работе.",
    "forwarded": "Заявка {number} передана другому ведомству.",
    "refused": "По заявке {number} отказано.",
    "returned": "Заявка {number} возвращена без рассмотрения.",
    "withdrawn": "Вы отозвали заявку {number}. Заниматься ею больше не будут.",
    "closed": "Заявка {number} закрыта.",
}

_NEXT: dict[str, str] = {
    "needs_info": "Пожалуйста, нажмите «Ответить» и напишите ответ: "
    "без него работа не продолжится.",
    "answered": "Если вопрос не решён, нажмите «Не решено»: "
    f"это можно сделать в течение {REOPEN_DAYS} дней.",
    "returned": "Вы можете подать заявку заново, исправив то, о чём написано выше.",
}

_DUE_TOLD = ("submitted", "registered", "in_work", "reopened", "forwarded")
_SILENT = "on_approval"


def plural(number: int, one: str, few: str, many: str) -> str:
    """Return the form of a word that goes with `number`: 1 день, 2 дня, 5 дней."""
    tens, units = abs(number) // 10 % 10, abs(number) % 10
    if tens == 1 or units == 0 or units > 4:  # noqa: PLR2004 grammar: 2, 3 and 4 are few
        return many
    return one if units == 1 else few


def count(number: int, one: str, few: str, many: str) -> str:
    """Return a number with its word: «5 дней»."""
    return f"{number} {plural(number, one, few, many)}"


def day_words(day: date) -> str:
    """Return «14 марта 2026 года». Of a datetime, its own day: convert to the krai's zone first."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year} года"


def until(day: date) -> str:
    """Return «до 14 марта 2026 года»; the day itself still counts."""
    return f"до {day_words(day)}"


def state_title(kind: Kind, state: str) -> str:
    """Return the name of a state as «Мои заявки» shows it; KeyError for one nobody knows."""
    return STATES[kind][state]


def list_line(number: str, subject: str, title: str, due: date | None = None) -> str:
    """Return one case of «Мои заявки»: number, what it is about, the state's title, the date."""
    line = f"{number} · {subject}\n{title}"
    return line if due is None else f"{line}, срок {until(due)}"


def notice(
    source: str | None,
    target: str,
    number: str,
    *,
    department: str | None = None,
    message: str = "",
    reason: str | None = None,
    due: date | None = None,
) -> tuple[str, ...]:
    """Return what tells a resident that an appeal came to `target`, as texts to be sent in order.

    One text where it fits into a VK message; the department's words stay as they were written.
    Nothing is told of preparing an answer, nor of a draft that was sent back to work.

    Args:
        source: the state before; None for an appeal just filed.
        target: the state now.
        number: the case's number.
        department: title of who acts; for `forwarded`, of who acts from now on.
        message: the department's words.
        reason: a code of `REASONS`; told by its title, one not in the table is left out.
        due: the day by which the answer comes, in the krai's zone.
    """
    if target == _SILENT or (source == _SILENT and target == "in_work"):
        return ()
    return in_pieces(
        _head(source, target, number, department, reason, due), message, _NEXT.get(target, "")
    )


_ENROLMENT: dict[str, str] = {
    "submitted": "Заявление {number} у организатора. Место за ребёнком закреплено до его решения.",
    "review": "Заявление {number} проверит организатор. Мы сообщим, что он решит.",
    "test_invited": "По заявлению {number} вас приглашают на вступительное испытание.",
    "confirmed": "Место по заявлению {number} подтверждено.",
    "enrolled": "Ребёнок зачислен: заявление {number}.",
    "waitlisted": "Заявление {number} в листе ожидания. Когда место освободится, мы напишем.",
    "offered": "По заявлению {number} освободилось место.",
    "rejected": "По заявлению {number} отказано.",
    "withdrawn": "Заявление {number} отозвано.",
    "left": "Ребёнок больше не числится в группе: заявление {number}.",
    "completed": "Занятия группы закончились: заявление {number} закрыто.",
    "declined": "Вы отказались от места по заявлению {number}.",
    "expired": "Срок по заявлению {number} истёк.",
}


_APPOINTMENT: dict[str, str] = {
    "pending": "Ждём ответа поликлиники по записи {number}.",
    "review": "Запись {number} проверит регистратура. Мы сообщим, что она решит.",
    "booked": "Вы записаны. Талон {number}.",
    "confirmed": "Спасибо, вас ждут на приёме. Талон {number}.",
    "rebooking": "Приём по талону {number} отменён поликлиникой. Выберите другое время.",
    "waitlisted": "Вы в листе ожидания: заявка {number}.",
    "offered": "По заявке {number} есть время.",
    "attended": "Приём по талону {number} состоялся.",
    "no_show": "По талону {number} отмечена неявка. Если это ошибка, нажмите «Оспорить»: "
    "это можно сделать один раз в течение 14 дней.",
    "disputed": "Неявка по талону {number} оспаривается, поликлиника проверит.",
    "lapsed": "Время приёма по талону {number} прошло.",
    "refused": "По заявке {number} отказано.",
    "cancelled": "Запись {number} отменена.",
    "withdrawn": "Заявка {number} отозвана.",
    "declined": "Вы отказались от времени по заявке {number}.",
    "expired": "Срок по заявке {number} истёк, вы больше не в листе ожидания.",
}

_OFFERED: dict[Kind, str] = {"enrolment": "место", "appointment": "время"}
_PLACED: dict[Kind, dict[str, str]] = {"enrolment": _ENROLMENT, "appointment": _APPOINTMENT}


def placed_notice(
    kind: Kind,
    target: str,
    number: str,
    message: str = "",
    reason: str | None = None,
    until: datetime | None = None,
) -> tuple[str, ...]:
    """Return what tells a resident that an enrolment or appointment came to `target`, in order.

    `until`: the end of an offer, in the krai's zone; of no other state.
    """
    lines = [_PLACED[kind][target].format(number=number)]
    if target == "offered" and until is not None:
        lines.append(f"{answer_by(until)}: потом {_OFFERED[kind]} предложат следующему.")
    if reason in REASONS[kind]:
        lines.append(f"Причина: {REASONS[kind][reason]}.")
    return in_pieces("\n".join(lines), message)


def answer_by(moment: datetime) -> str:
    """Return «Ответьте до 15:30 14 марта 2026 года» for the end of an offer in the krai's zone."""
    return f"Ответьте до {moment:%H:%M} {day_words(moment.date())}"


def letter(number: str, department: str, message: str) -> tuple[str, ...]:
    """Return a department's words that change no state, as texts to be sent in order."""
    return in_pieces(f"По заявке {number} вам пишут.\nВедомство: {department}.", message)


def extension(number: str, department: str, due: date, message: str) -> tuple[str, ...]:
    """Return what tells a resident that the answer comes later, as texts to be sent in order."""
    head = (
        f"Срок ответа по заявке {number} продлён.\nВедомство: {department}.\nОтветим {until(due)}."
    )
    return in_pieces(head, message)


def how_to_open(number: str) -> str:
    """Return the sentence for a notice without buttons."""
    return f"Чтобы открыть заявку, выберите в меню «Мои заявки» и напишите номер {number}."


def in_pieces(head: str, words: str, tail: str = "", limit: int = LONGEST_TEXT) -> tuple[str, ...]:
    """Return `head`, `words` and `tail` as texts of at most `limit` characters.

    One text if they fit. Else `words` come in a text of their own, cut only where they alone are
    too long, after a line or a word if there is one, and nothing of them is changed. Empty parts
    are left out; `head` and `tail` must fit by themselves.
    """
    whole = "\n\n".join(part for part in (head, words, tail) if part.strip())
    if len(whole) <= limit:
        return (whole,) if whole else ()
    return tuple(part for part in (head, *_cut(words, limit), tail) if part.strip())


def _cut(words: str, limit: int) -> list[str]:
    pieces: list[str] = []
    while len(words) > limit:
        end = words.rfind("\n", 0, limit) + 1
        if end <= limit // 2:
            end = words.rfind(" ", 0, limit) + 1 or limit
        pieces.append(words[:end])
        words = words[end:]
    return [*pieces, words]


def _head(
    source: str | None,
    target: str,
    number: str,
    department: str | None,
    reason: str | None,
    due: date | None,
) -> str:
    if (source, target) == ("needs_info", "in_work"):
        lines = [f"Спасибо, ваш ответ по заявке {number} передан. Работа продолжается."]
    elif (source, target) == ("answered", "closed"):
        lines = [f"Заявка {number} закрыта: после ответа вы не сообщили, что вопрос не решён."]
    else:
        lines = [_STAGES[target].format(number=number)]
    if department is not None and target != "withdrawn":
        lines.append(f"Ведомство: {department}.")
    if reason is not None and reason in REASONS["appeal"]:
        lines.append(f"Причина: {REASONS['appeal'][reason]}.")
    if due is not None and target in _DUE_TOLD:
        lines.append(f"Ответим {until(due)}.")
    return "\n".join(lines)
