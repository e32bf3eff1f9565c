"""«Мои данные»: what is stored, who looked, withdrawing a consent, erasing (152-ФЗ)."""

from collections.abc import Mapping

from schemas.forms import Choice, Form, Option, When
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
from services.house import House
from services.residents import exercising
from services.residents.data_link import make_link
from services.residents.data_queries import (
    ERASE_ASKED_AT,
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
    erase_warning,
    waits_for_the_end,
    withdraw_warning,
)
from services.residents.exercising import exercise
from services.residents.queries import CONSENTS_IN_FORCE

NAME = "data"
LOOKS_SHOWN = 10  # in the chat; the file has all
TEXTS = Option("texts", "Тексты согласий")
FILE = Option("file", "Всё одним файлом")
WITHDRAW = Option(exercising.WITHDRAW, "Отозвать согласие")
ERASE = Option(exercising.ERASE, "Удалить мои данные")
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
    await exercise(connection, house, visitor, action, world.now)
    if house.ledger is not None:  # before the commit: what was promised is never forgotten
        await house.ledger.note(visitor.account_id, action, world.now)
    if action == WITHDRAW.code:
        return Done(WITHDRAWN, forget=True)
    kept = tuple(await OWN_CASES.all(connection, visitor.account_id))
    waiting = waits_for_the_end(kept, world.now)
    return Done(f"{ERASED} {waiting}" if waiting else ERASED, forget=True)


DATA_DIALOGUE = Dialogue(form=FORM, options=_options, facts=_facts, loads=True, one_shot=True)
