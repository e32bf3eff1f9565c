"""The consent documents an operator starts with for appointments; it may put its own instead.

What they must say: 152-ФЗ, art. 9, part 4; art. 10 for what concerns health.
"""

from services.cases.wording import count
from services.privacy.consent_wording import operator_words

KEEP_YEARS = 3
"""Years that an appointment is kept after it is over."""

_DEFAULT = """\
Согласие на обработку персональных данных{of_whom}

Кому: {operator}{address}{contacts}.

Зачем: записать на приём к врачу, вести лист ожидания, сообщать вам о записи.

Какие данные: фамилия, имя, отчество и дата рождения пациента, номер полиса ОМС, специальность \
врача, время приёма, номер направления; идентификатор ВКонтакте; переписка по записи.

Что с ними делают: собирают, записывают, систематизируют, хранят, уточняют, используют, \
передают тем, кто назван ниже, обезличивают, блокируют, удаляют и уничтожают — \
с помощью средств автоматизации и без них.

Кто их получит: поликлиника, которую вы выберете; какая, вы увидите до отправки. \
Чат работает во ВКонтакте, поэтому переписка хранится и там по правилам этой сети.

Сколько хранят: {years} после приёма. Неотправленный черновик удаляется раньше.

Как отозвать: в этом чате — «Мои данные», «Отозвать согласие»{ways}. Место в листе ожидания \
тогда освободится.

Согласие даёте вы {as_whom}, кнопкой «Согласен». Оно действует до отзыва или до конца срока \
хранения."""


def appointment_consent(
    operator: str,
    address: str = "",
    phone: str = "",
    email: str = "",
    *,
    years: int = KEEP_YEARS,
    child: bool = False,
) -> str:
    """Return the document of service `appointment`, for oneself or as a child's representative.

    The other arguments are those of `services.appeals.consent_text.appeal_consent`.
    """
    return _DEFAULT.format(
        of_whom=" ребёнка" if child else "",
        as_whom="как законный представитель ребёнка" if child else "сами, за себя",
        years=count(years, "год", "года", "лет"),
        **operator_words(operator, address, phone, email),
    )


_REMINDERS = """\
Согласие на напоминания о приёме

Кому: {operator}{address}{contacts}.

Зачем: напоминать вам здесь, в чате, о записи к врачу — за день и за два часа до приёма.

Какие данные: идентификатор ВКонтакте, время и место приёма, врач.

Что с ними делают: хранят и используют для напоминаний с помощью средств автоматизации. Никому, \
кроме ВКонтакте, через которую идёт переписка, их не передают.

Сколько хранят: до приёма. Как отозвать: в этом чате — «Мои данные», «Отозвать согласие»{ways}.

Это согласие не нужно для записи: без него вы записаны так же. Его даёте вы кнопкой «Согласен»."""


def reminders_consent(operator: str, address: str = "", phone: str = "", email: str = "") -> str:
    """Return the document of service `reminders`, subject `self`, for one operator."""
    return _REMINDERS.format(
        **operator_words(operator, address, phone, email, by_letter=False),
    )
