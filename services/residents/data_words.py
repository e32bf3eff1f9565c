"""«Мои данные» in words: what is stored, what stays for how long, what erasing means."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from services.cases.transitions import find
from services.cases.wording import count, day_words
from services.dialogs.world import World
from services.residents.data_queries import Look, OwnCase
from services.residents.queries import GivenConsent

ENDINGS = ("withdrawn", "cancelled", "declined", "left")
WITHDRAWN = "Согласие отозвано. Чтобы подать новое обращение, его нужно дать снова."
ERASED = "Готово: всё, что можно было удалить, удалено."
YEAR, MONTH = 365, 30  # days
TERMS = {
    "appeal": "Текст, файлы и контакты обращения хранятся {} после его завершения.",
    "enrolment": "Данные заявки в кружок хранятся {} после её завершения.",
    "appointment": "Данные записи к врачу хранятся {} после её завершения.",
    "consent": "Запись о согласии и его отзыве хранится {} после отзыва.",
}
"""What is kept how long, by the kind of its term."""


class Stored(Struct, frozen=True):
    """What the gateway holds of one resident with one operator."""

    since: str
    consents: tuple[GivenConsent, ...]
    cases: tuple[OwnCase, ...]
    looks: tuple[Look, ...]
    erase_asked_at: datetime | None = None
    terms: Mapping[str, timedelta] = {}


def describe(world: World, stored: Stored) -> str:
    """Say what is stored, what was agreed to, and who looked lately."""
    lines = [
        f"Оператор ваших данных здесь: {world.operator.title}.",
        f"Вы пишете нам с {stored.since}. Ваш идентификатор ВКонтакте хранится зашифрованным.",
        _cases_kept(stored),
    ]
    for consent in stored.consents:
        day = day_words(consent.at.astimezone(world.zone).date())
        lines.append(f"Согласие от {day}: {consent.purpose} (редакция {consent.version}).")
    if not stored.consents:
        lines.append("Действующих согласий нет.")
    waiting = waits_for_the_end(stored.cases, stored.erase_asked_at)
    if waiting:
        lines.append(waiting)
    if stored.looks:
        lines.append("\nКто смотрел ваши данные в последнее время:")
        looks = [_look(world, look) for look in stored.looks]
        lines += dict.fromkeys(looks)  # several looks of a day are one line
    return "\n".join(lines)


def waits_for_the_end(cases: tuple[OwnCase, ...], asked_at: datetime | None) -> str | None:
    """Say which cases will be erased when they are over, because the resident asked for it."""
    if asked_at is None:
        return None
    open_ones = [
        case.number
        for case in cases
        if not case.final and case.created_at is not None and case.created_at <= asked_at
    ]
    if not open_ones:
        return None
    return (
        f"По вашей просьбе удалим, как только закончится рассмотрение: {', '.join(open_ones)}. "
        "До этого закон требует хранить то, что вы написали."
    )


def terms_in_words(terms: Mapping[str, timedelta]) -> list[str]:
    """Say what is kept how long."""
    return [
        sentence.format(span_words(terms[kind]))
        for kind, sentence in TERMS.items()
        if kind in terms
    ]


def span_words(span: timedelta) -> str:
    """Return a length of time in whole years or days: «5 лет», «90 дней»."""
    if span.days >= YEAR and span.days % YEAR == 0:
        return count(span.days // YEAR, "год", "года", "лет")
    return count(span.days, "день", "дня", "дней")


def consent_texts(world: World, stored: Stored) -> str:
    """Return the words of every consent in force."""
    parts = [
        f"Согласие от {day_words(consent.at.astimezone(world.zone).date())}, "
        f"{consent.purpose} (редакция {consent.version}):\n{consent.text}"
        for consent in stored.consents
    ]
    return "\n\n".join(parts)


def withdraw_warning(stored: Stored) -> str:
    """Say what withdrawing means."""
    appeals = [case.number for case in stored.cases if not case.final and case.kind == "appeal"]
    lines = ["Отозвать согласие? Незаконченный черновик будет удалён."]
    if appeals:
        listed = ", ".join(appeals)
        lines.append(
            f"Поданные обращения рассмотрят и ответят на них, как требует закон: {listed}."
        )
    others = [case.number for case in stored.cases if ending(case) is not None]
    if others:
        lines.append(f"Эти заявки будут отозваны: {', '.join(others)}.")
    return " ".join(lines)


def erase_warning(stored: Stored) -> str:
    """Say what erasing means, what stays, and until when."""
    kept = [case.number for case in stored.cases if not case.final]
    lines = ["Удалить ваши данные? Вернуть их потом нельзя. Согласия будут отозваны."]
    if kept:
        noun = count(len(kept), "заявка", "заявки", "заявок")
        lines.append(
            f"Не закончено: {noun} ({', '.join(kept)}). Пока их рассматривают, "
            "закон требует хранить то, что вы написали в них; потом мы удалим это сами."
        )
    if "consent" in stored.terms:
        term = span_words(stored.terms["consent"])
        lines.append(
            f"Запись о том, что вы давали и отозвали согласие, хранится ещё {term}: "
            "это доказательство, без ваших слов."
        )
    return " ".join(lines)


def ending(case: OwnCase) -> str | None:
    """Return how a case ends with its consent: all do but appeals (152-ФЗ, art. 9)."""
    if case.kind == "appeal":
        return None
    for target in ENDINGS:
        step = find(case.kind, case.state, target)
        if step is not None and "resident" in step.by:
            return target
    return None


def _look(world: World, look: Look) -> str:
    day = day_words(look.at.astimezone(world.zone).date())
    case = "" if look.number is None else f", заявка {look.number}"
    return f"• {day}: {look.who}{case} ({look.why})"


def _cases_kept(stored: Stored) -> str:
    erased = sum(case.erased for case in stored.cases)
    lines = [f"Заявок: {len(stored.cases)}."]
    if erased < len(stored.cases):
        lines.append("Их текст, файлы и ваши контакты хранятся зашифрованными.")
    if erased:
        lines.append(
            f"Текст, файлы и контакты удалены: {count(erased, 'заявка', 'заявки', 'заявок')}."
        )
    return " ".join(lines)
