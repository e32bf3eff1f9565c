"""«Мои данные»: what is stored, who looked, withdrawing a consent, erasing (152-ФЗ)."""

from collections.abc import Mapping
from uuid import UUID

from schemas.forms import Choice, Form, Option, When
from services.cases.moving import resident_move
from services.cases.wording import day_words
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
from services.residents.data_link import make_link
from services.residents.data_queries import (
    ASK_TO_ERASE,
    ERASE_ASKED_AT,
    FORGET_CHILDREN,
    FORGET_DELIVERIES,
    FORGET_DIALOGS,
    FORGET_LINKS,
    LOOKS,
    OWN_CASES,
    SINCE,
    kept_how_long,
)
from services.residents.data_words import (
    ERASED,
    WITHDRAWN,
    Stored,
    consent_texts,
    describe,
    ending,
    erase_warning,
    waits_for_the_end,
    withdraw_warning,
)
from services.residents.queries import CONSENTS_IN_FORCE
from services.retention.erasing import ERASE_CASES

NAME = "data"
LOOKS_SHOWN = 10  # in the chat; the file has all
RESIDENT = "resident"
TEXTS = Option("texts", "Тексты согласий")
FILE = Option("file", "Всё одним файлом")
WITHDRAW = Option("withdraw", "Отозвать согласие")
ERASE = Option("erase", "Удалить мои данные")
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


LINK = (
    "Всё, что о вас хранится, на одной странице: её можно сохранить, там же есть файл для "
    "программ. Ссылка открывается час и только для вас, никому её не пересылайте.\n{}"
)
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
        await ERASE_ASKED_AT.maybe(connection, visitor.account_id),
        await kept_how_long(connection),
    )


def _loaded(world: World) -> Stored:
    return world.read(NAME)


def _options(world: World, _: Answers, __: str) -> tuple[Option, ...]:
    stored = _loaded(world)
    given = (TEXTS, WITHDRAW) if stored.consents else ()
    return (FILE, *given, ERASE, STAYS)


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    stored = _loaded(world)
    action = answers.get("action")
    warning = withdraw_warning(stored) if action == WITHDRAW.code else erase_warning(stored)
    return {"stored": describe(world, stored), "warning": warning}


async def act(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """Show or give what is stored; withdraw every consent, and erase what may be erased."""
    action = finish.answers["action"]
    if finish.answers.get("sure") == "no":
        return Done("", begin=NAME)
    if action == STAYS.code:
        return Done("")
    if action == TEXTS.code:
        return Done(consent_texts(world, _loaded(world)))
    if action == FILE.code:
        return Done(LINK.format(await make_link(connection, house, visitor.account_id)))
    for consent in await CONSENTS_IN_FORCE.all(connection, visitor.account_id):
        await withdraw_consent(connection, visitor, consent.document_id, world.now)
    for case in await OWN_CASES.all(connection, visitor.account_id):
        target = ending(case)
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
    await FORGET_LINKS.run(connection, visitor.account_id)
    kept = tuple(await OWN_CASES.all(connection, visitor.account_id))
    waiting = waits_for_the_end(kept, world.now)
    return Done(f"{ERASED} {waiting}" if waiting else ERASED, forget=True)


async def _end(connection: Connection, house: House, case_id: UUID, target: str) -> None:
    """End a case; what can no longer be ended (an appointment within the hour) stays."""
    try:
        async with connection.transaction():
            await resident_move(connection, house, case_id, target)
    except Conflict:
        return


DATA_DIALOGUE = Dialogue(form=FORM, options=_options, facts=_facts, loads=True, one_shot=True)
