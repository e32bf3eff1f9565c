"""«Мои данные»: what is stored, who looked, withdrawing a consent, erasing (152-ФЗ)."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from schemas.forms import Choice, Form, Option, When
from services.cases.moving import resident_move
from services.cases.transitions import find
from services.cases.wording import count, day_words
from services.db.query import Connection
from services.dialogs.world import (
    Answers,
    Dialogue,
    Done,
    Finish,
    Visitor,
    World,
)
from services.errors import Conflict
from services.files.queries import DROP_OF_ACCOUNT
from services.house import House
from services.residents.consenting import withdraw_consent
from services.residents.data_queries import (
    ASK_TO_ERASE,
    FORGET_CHILDREN,
    FORGET_DELIVERIES,
    FORGET_DIALOGS,
    LOOKS,
    OWN_CASES,
    SINCE,
    Look,
    OwnCase,
)
from services.residents.queries import CONSENTS_IN_FORCE, GivenConsent
from services.retention.erasing import ERASE_CASES

NAME = "data"
LOOKS_SHOWN = 10  # in the chat; the file has all
RESIDENT = "resident"
WITHDRAW = Option("withdraw", "Отозвать согласие")
ERASE = Option("erase", "Удалить мои данные")
ENDINGS = ("withdrawn", "cancelled", "declined", "left")
WITHDRAWN = "Согласие отозвано. Чтобы подать новое обращение, его нужно дать снова."
STAYS = Option("stay", "Вернуться в меню")

FORM = Form(
    NAME,
    1,
    "Мои данные",
    (
        Choice(key="action", prompt="{stored}", again="Выберите кнопку или напишите её номер."),
        Choice(
            key="sure",
            prompt="{warning}",
            again="Ответьте, пожалуйста, «Да» или «Нет».",
            options=(Option("yes", "Да"), Option("no", "Нет")),
            when=When("action", (WITHDRAW.code, ERASE.code)),
        ),
    ),
)


class Stored(Struct, frozen=True):
    """What the gateway holds of one resident with one operator."""

    since: str
    consents: tuple[GivenConsent, ...]
    cases: tuple[OwnCase, ...]
    looks: tuple[Look, ...]


NOTHING = Stored("", (), (), ())


async def load_data(
    connection: Connection, house: House, visitor: Visitor | None, _: World
) -> Stored:
    """Read what is stored; nothing of a case's words is opened for it."""
    if visitor is None:
        return NOTHING
    since = await SINCE.one(connection, visitor.account_id)
    return Stored(
        day_words(since.astimezone(house.zone).date()),
        tuple(await CONSENTS_IN_FORCE.all(connection, visitor.account_id)),
        tuple(await OWN_CASES.all(connection, visitor.account_id)),
        tuple(await LOOKS.all(connection, visitor.account_id, LOOKS_SHOWN)),
    )


def _loaded(world: World) -> Stored:
    return world.read(NAME)


def _options(world: World, _: Answers, __: str) -> tuple[Option, ...]:
    stored = _loaded(world)
    withdraw = (WITHDRAW,) if stored.consents else ()
    return (*withdraw, ERASE, STAYS)


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    stored = _loaded(world)
    action = answers.get("action")
    warning = _withdraw_warning(stored) if action == WITHDRAW.code else _erase_warning(stored)
    return {"stored": _describe(world, stored), "warning": warning}


def _describe(world: World, stored: Stored) -> str:
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
    if stored.looks:
        lines.append("\nКто смотрел ваши данные в последнее время:")
        looks = [
            f"• {day_words(look.at.astimezone(world.zone).date())}: {look.who}, "
            f"заявка {look.number} ({look.why})"
            for look in stored.looks
        ]
        lines += dict.fromkeys(looks)  # several looks of a day are one line
    return "\n".join(lines)


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


def _withdraw_warning(stored: Stored) -> str:
    appeals = [case.number for case in stored.cases if not case.final and case.kind == "appeal"]
    lines = ["Отозвать согласие? Незаконченный черновик будет удалён."]
    if appeals:
        listed = ", ".join(appeals)
        lines.append(
            f"Поданные обращения рассмотрят и ответят на них, как требует закон: {listed}."
        )
    others = [case.number for case in stored.cases if _ending(case) is not None]
    if others:
        lines.append(f"Эти заявки будут отозваны: {', '.join(others)}.")
    return " ".join(lines)


def _ending(case: OwnCase) -> str | None:
    """Return how a case ends with its consent: all do but appeals (152-ФЗ, art. 9)."""
    if case.kind == "appeal":
        return None
    for target in ENDINGS:
        step = find(case.kind, case.state, target)
        if step is not None and "resident" in step.by:
            return target
    return None


def _erase_warning(stored: Stored) -> str:
    kept = [case.number for case in stored.cases if not case.final]
    lines = ["Удалить ваши данные? Вернуть их потом нельзя. Согласия будут отозваны."]
    if kept:
        noun = count(len(kept), "заявка", "заявки", "заявок")
        lines.append(
            f"Не закончено: {noun} ({', '.join(kept)}). Пока их рассматривают, "
            "закон требует хранить то, что вы написали в них."
        )
    return " ".join(lines)


async def act(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """Withdraw every consent, and erase what may be erased."""
    action = finish.answers["action"]
    if finish.answers.get("sure") == "no":
        return Done("", begin=NAME)
    if action == STAYS.code:
        return Done("")
    for consent in await CONSENTS_IN_FORCE.all(connection, visitor.account_id):
        await withdraw_consent(connection, visitor, consent.document_id, world.now)
    for case in await OWN_CASES.all(connection, visitor.account_id):
        target = _ending(case)
        if target is not None:
            await _end(connection, house, case.id, target)
    if action == WITHDRAW.code:
        return Done(WITHDRAWN, forget=True)
    await FORGET_CHILDREN.run(connection, visitor.account_id)
    over = [case.id for case in await OWN_CASES.all(connection, visitor.account_id) if case.final]
    await ERASE_CASES.one(connection, over, world.now, RESIDENT)
    await ASK_TO_ERASE.run(connection, visitor.account_id, world.now)
    await DROP_OF_ACCOUNT.run(connection, visitor.account_id)
    await FORGET_DIALOGS.run(connection, visitor.account_id, visitor.dialog_id)
    await FORGET_DELIVERIES.run(connection, visitor.account_id, world.now)
    return Done("Готово: всё, что можно было удалить, удалено.", forget=True)


async def _end(connection: Connection, house: House, case_id: UUID, target: str) -> None:
    """End a case; what can no longer be ended (an appointment within the hour) stays."""
    try:
        async with connection.transaction():
            await resident_move(connection, house, case_id, target)
    except Conflict:
        return


DATA_DIALOGUE = Dialogue(form=FORM, options=_options, facts=_facts, loads=True, one_shot=True)
