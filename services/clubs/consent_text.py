"""The consent document an operator starts with for enrolments; it may put its own text instead.

What it must say: 152-ФЗ, art. 9, part 4. It is given for a child by a legal representative.
"""

from services.cases.wording import count
from services.privacy.consent_wording import operator_words

KEEP_YEARS = 3
"""Years that an enrolment is kept after it is over."""

_DEFAULT = """\
Согласие на обработку персональных данных ребёнка

Кому: {operator}{address}{contacts}.

Зачем: записать ребёнка в кружок или секцию, вести лист ожидания, сообщать вам о заявлении.

Какие данные: имя, фамилия и дата рождения ребёнка, номер сертификата дополнительного \
образования, нужны ли особые условия; ваши имя и телефон; идентификатор ВКонтакте; переписка \
по заявлению. Диагнозы и документы здесь не спрашивают.

Что с ними делают: собирают, записывают, систематизируют, хранят, уточняют, используют, \
передают тем, кто назван ниже, обезличивают, блокируют, удаляют и уничтожают — \
с помощью средств автоматизации и без них.

Кто их получит: организатор кружка, который вы выберете; кто это, вы увидите до отправки. \
Чат работает во ВКонтакте, поэтому переписка хранится и там по правилам этой сети.

Сколько хранят: {years} после окончания занятий или отказа. Неотправленный черновик удаляется \
раньше.

Как отозвать: в этом чате — «Мои данные», «Отозвать согласие»{ways}. Незаконченные заявления \
тогда будут отозваны.

Согласие даёте вы как законный представитель ребёнка, кнопкой «Согласен». Оно действует \
до отзыва или до конца срока хранения."""


def enrolment_consent(
    operator: str, address: str = "", phone: str = "", email: str = "", *, years: int = KEEP_YEARS
) -> str:
    """Return the document of service `enrolment`, subject `children`, for one operator.

    The arguments are those of `services.appeals.consent_text.appeal_consent`.
    """
    return _DEFAULT.format(
        years=count(years, "год", "года", "лет"),
        **operator_words(operator, address, phone, email),
    )
