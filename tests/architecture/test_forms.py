"""Rules that every form keeps, walked over all of them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.dialogs import Incoming
from schemas.forms import Choice, Consent, Form, Photos
from services.dialogs.answers import Accepted, read
from services.dialogs.registry import DIALOGUES, ERRANDS, PUBLIC
from services.dialogs.talk import MENU
from services.files.shelf import Shelf
from services.residents.case_queries import MyCase
from services.residents.case_view import Shown
from services.residents.my_data import NOTHING
from tests.services.clubs.shelf import shelf
from tests.services.dialogs.conftest import world_with
from tests.services.dialogs.person import Person
from tests.services.doctors.plan import plan

FORMS = [dialogue.form for dialogue in DIALOGUES.forms.values()]
CASE = MyCase(
    UUID(int=1), "27-26-0000001-7", "appeal", "needs_info", False, "Дороги", None,
    datetime(2026, 11, 20, tzinfo=UTC), "Управление", ["needs_info"], None, None, None,
)  # fmt: skip
LOADED = {
    "cases": {str(CASE.id): Shown(CASE, "")},
    "times": {},
    "data": NOTHING,
    "files": Shelf(),
    "enrolment": shelf(),
    "appointment": plan(),
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_before_the_consent_only_choices_stand(form: Form) -> None:
    """152-ФЗ: nothing of the resident's own is asked before the consent of its purpose."""
    agreed = False
    for step in form.steps:
        agreed = agreed or isinstance(step, Consent)
        assert agreed or isinstance(step, Choice), step.key


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_examples_are_accepted(form: Form) -> None:
    """The example of a step is an answer that the step takes."""
    for step in form.steps:
        if not isinstance(step, Choice) and step.example is not None:
            assert isinstance(read(step, Incoming("text", step.example)), Accepted), step.key


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_keys_are_unique_and_codes(form: Form) -> None:
    """Keys stand in payloads: each once, ASCII."""
    keys = [step.key for step in form.steps]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key.isidentifier() for key in keys)


@pytest.mark.parametrize("name", sorted(set(DIALOGUES.forms) - {MENU, "reminders"}))
def test_every_form_reaches_its_end(name: str) -> None:
    """First buttons and examples lead from the menu to an errand that exists."""
    service = next(code for code, form in DIALOGUES.services.items() if form == name)
    person = Person(world_with(loaded=LOADED))
    person.type("меню")
    person.push(f'{{"form":"menu","step":"service","value":"{service}","rev":1}}')
    form = DIALOGUES.forms[name].form
    for _ in range(2 * len(form.steps)):
        if person.sent:
            break
        step = form.step(person.step or "")
        example = getattr(step, "example", None)
        other = "Готово" if isinstance(step, Photos) else "Согласен"
        person.type(example or ("1" if isinstance(step, Choice) else other))
        if person.step == "review":
            person.type("Отправить")
    assert [finish.form for finish in person.sent] == [name]
    assert name in ERRANDS.finish


def test_published_forms_are_whole() -> None:
    """What REST shows of a form is what the chat asks."""
    assert set(PUBLIC) == {"appeal", "enrolment", "appointment"}
    for name, form in PUBLIC.items():
        assert form is DIALOGUES.forms[name].form
