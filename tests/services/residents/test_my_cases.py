"""«Мои заявки» and «Мои данные» as a resident reads them, without a database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from schemas.dialogs import Incoming
from services.dialogs.registry import DIALOGUES
from services.dialogs.step import Taking
from services.dialogs.talk import Talk
from services.dialogs.world import Outcome
from services.residents import case_form, case_view, my_data
from services.residents.case_queries import MyCase
from services.residents.data_queries import Look, OwnCase
from tests.services.dialogs.conftest import NOW, world_with

NUMBER = "27-26-0000001-7"


def shown(**changes: Any) -> case_view.Shown:
    known: dict[str, Any] = {
        "id": uuid4(),
        "number": NUMBER,
        "kind": "appeal",
        "state": "registered",
        "final": False,
        "subject": "Ремонт дорог: Ямы на дороге",
        "due_at": None,
        "created_at": NOW,
        "department": "Управление дорог",
        "states": ["registered"],
        "answered_at": None,
        "event_id": None,
        "event_personal": None,
    }
    return case_view.Shown(MyCase(**(known | changes)), "")


def asked(loaded: dict[str, Any], *said: str) -> Outcome:
    """Open the menu's service by its name and type the rest; return the last outcome."""
    talk = Talk()
    outcome = Outcome(talk=talk)
    for rev, words in enumerate(("меню", *said), 1):
        taking = Taking(DIALOGUES, outcome.talk, world_with(loaded=loaded), rev)
        outcome = taking.take(Incoming("text", words))
    return outcome


def test_a_number_that_is_not_in_the_list_is_explained() -> None:
    """Who mistypes a number is not told that there are no cases."""
    case = shown()
    outcome = asked({"cases": {str(case.row.id): case}}, "Мои заявки", "27-26-0000009-9")
    assert "в списке нет" in outcome.messages[0].text
    assert case_form.NONE_YET not in outcome.messages[0].text


def test_a_case_opens_by_its_typed_number() -> None:
    """The number alone is enough, without the state that stands beside it on the button."""
    case = shown()
    outcome = asked({"cases": {str(case.row.id): case}}, "Мои заявки", NUMBER)
    assert outcome.messages[0].text.startswith(f"Заявка {NUMBER}")


def test_without_cases_the_menu_comes_at_once() -> None:
    """There is nothing to choose from, and that is said."""
    outcome = asked({"cases": {}}, "Мои заявки")
    assert outcome.messages[0].text == case_form.NONE_YET


def test_my_data_says_what_is_erased_and_lists_looks_once() -> None:
    """Erased cases are not said to be stored; several looks of a day are one line."""
    look = Look(datetime(2026, 11, 24, tzinfo=UTC), "Управление дорог", "Просмотр заявки", NUMBER)
    cases = tuple(
        OwnCase(UUID(int=number), NUMBER, final=True, erased=erased)
        for number, erased in enumerate((True, False))
    )
    stored = my_data.Stored("1 марта 2026 года", (), cases, (look, look))
    text = asked({"data": stored}, "Мои данные").messages[0].text
    assert "Заявок: 2. Их текст, файлы и ваши контакты хранятся" in text
    assert "удалены: 1 заявка" in text
    assert text.count("Управление дорог") == 1


def offered(outcome: Outcome) -> list[str]:
    return [button.label for row in outcome.messages[0].rows for button in row]


def test_a_message_can_become_an_appeal_where_there_is_a_system_for_it() -> None:
    """Verified: «Да» / «Нет» with what it means; the operator without a system offers nothing."""
    case = shown(legal_kind="message", verified=True)
    loaded = {"cases": {str(case.row.id): case}}
    outcome = asked(loaded, "Мои заявки", NUMBER)
    assert case_form.APPEAL.label not in offered(outcome)
    operator = replace(world_with().operator, appeal_system_url="https://example.ru/")
    talk = Talk()
    for rev, words in enumerate(("меню", "Мои заявки", NUMBER, case_form.APPEAL.label), 1):
        world = world_with(loaded=loaded, operator=operator)
        outcome = Taking(DIALOGUES, talk, world, rev).take(Incoming("text", words))
        talk = outcome.talk
    assert "официальное обращение" in outcome.messages[0].text
    assert "59-ФЗ" in outcome.messages[0].text
    assert {"Да", "Нет"} <= set(offered(outcome))
