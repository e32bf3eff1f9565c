"""What the dialogue of an appeal says, step by step."""

from datetime import date

from msgspec import Struct

from services.cases.wording import until


class Prompt(Struct, frozen=True):
    """A step: what it asks, what it says to an answer it cannot use, an answer it would take."""

    ask: str
    again: str
    example: str | None = None


CATEGORY = Prompt(
    "О чём обращение? Выберите тему.",
    "Такой темы в списке нет. Нажмите кнопку или напишите её номер, например 1. "
    "Описать проблему попросим чуть позже.",
)
TOPIC = Prompt(
    "Уточните, о чём речь.",
    "Такого пункта в списке нет. Нажмите кнопку или напишите её номер, например 1. "
    "Описать проблему попросим чуть позже.",
)
COMPLAINT = "С этим вопросом разбирается «{department}».\nЭто жалоба на этот орган?"
COMPLAINT_AGAIN = "Ответьте, пожалуйста, «Да» или «Нет»."
COMPLAINT_CARD = (
    "Жалобу нельзя отдавать на рассмотрение тому, на кого жалуются, поэтому этому ведомству мы её "
    "не передадим.\n\n"
    "Официальную жалобу можно подать так:\n"
    "• через Госуслуги (ЕПГУ): gosuslugi.ru, раздел обращений в органы власти;\n"
    "• в прокуратуру: epp.genproc.gov.ru или на личном приёме.\n\n"
    "Можно написать и здесь: нажмите «Всё равно написать»."
)
COMPLAINT_CARD_AGAIN = "Нажмите «Всё равно написать» или «Отмена»."
TEXT = Prompt(
    "Что случилось? Опишите одну проблему: что не так и с какого времени.",
    "Опишите, пожалуйста, проблему хотя бы одним предложением.",
    "Во дворе неделю не убирают снег, машины не могут выехать.",
)
PLACE = Prompt(
    "Где это? Напишите адрес или отправьте место на карте.",
    "Напишите населённый пункт, улицу и дом или отправьте место на карте.",
    "Хабаровск, улица Ленина, 10",
)
PHOTOS = Prompt(
    "Есть фото или документы? Пришлите их сюда: до 10 файлов по 10 МБ, снимки или PDF, DOCX, XLSX. "
    "Если нет, нажмите «Пропустить».",
    "Можно прислать ещё. Когда всё, нажмите «Готово».",
)
NAME = Prompt(
    "Как вас зовут? Напишите фамилию, имя и отчество, если оно есть.",
    "Напишите фамилию, имя и отчество.",
    "Иванова Мария Петровна",
)
CONTACT = Prompt(
    "Как с вами связаться, если в чате не получится? Напишите телефон или электронную почту.",
    "Напишите телефон из 11 цифр или адрес электронной почты.",
    "+7 914 000-00-00",
)
REVIEW = Prompt(
    "Проверьте, всё ли верно. Если верно, нажмите «Отправить».",
    "Чтобы отправить, нажмите «Отправить». Чтобы исправить, нажмите «Назад».",
)

MESSAGE_MEANS = (
    "Это сообщение, а не официальное обращение по закону № 59-ФЗ. С 30 марта 2025 года (закон "
    "№ 547-ФЗ) электронное обращение считается официальным, только если оно подано через Госуслуги "
    "(ЕПГУ) либо через систему или сайт органа, где подтверждена личность. На сообщение ответят "
    "здесь, в чате, не позже чем через 30 дней. Нужен официальный ответ с подписью — "
    "подайте обращение через Госуслуги."
)
APPEAL_MEANS = (
    "Это официальное обращение по закону № 59-ФЗ: ваша личность подтверждена. Его зарегистрируют "
    "в течение 3 дней, ответят в течение 30 дней после регистрации. Подписанный ответ придёт "
    "на указанный вами адрес, а здесь мы сообщим о нём."
)

ACCEPTED_URGENT = "Мы пометили заявку как срочную. Если опасность есть сейчас, позвоните 112."
NO_DEPARTMENT = "выберут сотрудники"
UNDECIDED = "Какое ведомство ею займётся, решат сотрудники: мы сообщим вам."


def summary(lines: tuple[tuple[str, str], ...], means: str = MESSAGE_MEANS) -> str:
    """Return the last step: what was entered as (title, value) pairs, and what it will be.

    `means` is MESSAGE_MEANS or APPEAL_MEANS.
    """
    entered = "\n".join(f"{title}: {value}" for title, value in lines)
    return f"{entered}\n\n{means}\n\n{REVIEW.ask}"


def registering(number: str, department: str | None, due: date | None) -> str:
    """Return what a resident is told whose message became an appeal under 59-ФЗ."""
    lines = [f"Готово! Официальное обращение подано. Его номер: {number}."]
    lines.append(UNDECIDED if department is None else f"Ведомство: {department}.")
    if due is not None:
        lines.append(f"Его зарегистрируют {until(due)}, и мы сообщим вам.")
    return "\n".join(lines)


def accepted(number: str, department: str | None, due: date | None, *, urgent: bool = False) -> str:
    """Return what a resident is told after «Отправить».

    Args:
        number: the case's number.
        department: title of who acts; None where moderators decide first.
        due: the day by which the answer comes, in the krai's zone.
        urgent: whether it was filed with a word of an emergency.
    """
    lines = [f"Готово! Номер вашей заявки: {number}."]
    lines.append(UNDECIDED if department is None else f"Ведомство: {department}.")
    if due is not None:
        lines.append(f"Ответим здесь {until(due)}.")
    if urgent:
        lines.append(ACCEPTED_URGENT)
    lines.append("Следить за ней можно в меню «Мои заявки».")
    return "\n".join(lines)
