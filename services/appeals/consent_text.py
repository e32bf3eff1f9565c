"""The consent document an operator starts with for appeals; it may put its own text instead.

What it must say: 152-ФЗ, art. 9, part 4, as far as it fits a consent given by a button.
"""

from services.cases.wording import count
from services.privacy.consent_wording import operator_words

PURPOSE = "Приём и рассмотрение обращений, ответ на них"

KEEP_YEARS = 5
"""Years that appeals are kept after the answer (Rosarchive's list of 2019, item 154)."""

_DEFAULT = """\
Согласие на обработку персональных данных

Кому: {operator}{address}{contacts}.

Зачем: принять ваше обращение или сообщение, рассмотреть его, ответить вам и сообщать о ходе \
работы. Для других целей данные не используются.

Какие данные: фамилия, имя, отчество; телефон или электронная почта; идентификатор ВКонтакте; \
текст обращения, адрес и место, о которых вы пишете, приложенные файлы, переписка по обращению.

Что с ними делают: собирают, записывают, систематизируют, хранят, уточняют, используют, \
передают тем, кто назван ниже, обезличивают, блокируют, удаляют и уничтожают — \
с помощью средств автоматизации и без них.

Кто их получит: орган власти, орган местного самоуправления или организация, которые решают ваш \
вопрос. Кто это, вы увидите до отправки, а о передаче другому ведомству вам сообщат. \
Чат работает во ВКонтакте, поэтому переписка хранится и там по правилам этой сети.

Сколько хранят: {years} после ответа, если закон не требует другого. Неотправленный черновик \
удаляется раньше.

Как отозвать: в этом чате — «Мои данные», «Отозвать согласие»{ways}. Поданные обращения \
и после этого будут рассмотрены, как требует закон. Остальное удалят в срок, установленный \
законом № 152-ФЗ.

Согласие даёте вы сами, за себя, кнопкой «Согласен». Оно действует до отзыва или до конца \
срока хранения."""


def appeal_consent(
    operator: str, address: str = "", phone: str = "", email: str = "", *, years: int = KEEP_YEARS
) -> str:
    """Return the document of service `appeal`, subject `self`, for one operator.

    Args:
        operator: its title.
        address: its postal address; an empty part is left out, with phone and email as well.
        phone: where it can be called.
        email: where it can be written to.
        years: how long an appeal is kept after the answer.
    """
    return _DEFAULT.format(
        years=count(years, "год", "года", "лет"),
        **operator_words(operator, address, phone, email),
    )
