"""The chat rules of the gateway, one resident at a time."""

from collections.abc import Callable

from msgspec import json, structs

from schemas.dialogs import Capabilities, Incoming
from services.appeals import texts
from services.clubs.choosing import Shelf
from services.dialogs.words import Press, press
from services.dialogs.world import WithdrawConsent, World
from services.doctors.choosing import Plan
from tests.services.dialogs.conftest import DOCUMENT, MANY, snapshot
from tests.services.dialogs.person import Person

Make = Callable[..., World]
STORY = "Во дворе неделю не убирают снег, не пройти."


def at_text(make_world: Make) -> Person:
    person = Person(make_world())
    for word in ("Здравствуйте", "Подать обращение", "Ремонт дорог", "Ямы на дороге", "Нет"):
        person.type(word)
    person.press("Согласен")
    return person


def at_review(make_world: Make) -> Person:
    person = at_text(make_world)
    for word in (STORY, "Хабаровск, Ленина, 10", "Пропустить", "Иванова Мария", "+7 914 000-00-00"):
        person.type(word)
    return person


def test_the_first_message_shows_the_menu_in_order(make_world: Make) -> None:
    """Whatever a new resident writes first, the six ways of the menu come in their order."""
    person = Person(make_world())
    person.type("ау")
    words = ("обращение", "кружок", "врач", "Мои заявки", "Мои данные", "Написать сотруднику")
    assert len(person.labels) == len(words)
    assert all(word in label for word, label in zip(words, person.labels, strict=True))


def test_an_appeal_by_labels_numbers_and_words(make_world: Make) -> None:
    """Labels, numbers and words all answer; the summary shows what was entered; then it is sent."""
    person = Person(make_world())
    person.type("меню")
    person.type("1")
    assert person.step == "category"
    person.type("ремонт ДОРОГ")
    person.type("1")
    assert "Управление дорог" in person.heard
    person.press("Нет")
    assert person.heard == "Текст согласия"
    person.type("согласна")
    person.type(STORY)
    person.type("Хабаровск, Ленина, 10")
    person.press("Пропустить")
    person.type("Иванова Мария")
    summary = person.type("8 914 000 00 00")
    for entered in ("Ямы на дороге", STORY, "Ленина, 10", "Иванова Мария", "+79140000000"):
        assert entered in summary
    person.press("Отправить")
    assert len(person.sent) == 1
    assert person.sent[0].answers["topic"] == "roads.holes"


def test_nothing_typed_before_the_consent_is_kept(make_world: Make) -> None:
    """Before the consent only codes of options are stored, and files and words are dropped."""
    person = Person(make_world())
    person.type("меню")
    person.press("Подать обращение")
    person.type("Меня зовут Пётр Секретов, живу на Мира 5")
    person.do(Incoming("location", "", None, 48.48, 135.07))
    person.do(Incoming("other", "вот фото паспорта"))
    person.press("Ремонт дорог")
    person.press("Ямы на дороге")
    person.press("Нет")
    person.type("Пётр Секретов")
    assert person.heard.endswith("Текст согласия")
    assert person.talk.draft is not None
    assert set(person.talk.draft.answers.values()) == {"roads", "roads.holes", "no"}


def test_a_consent_stands_alone_in_its_message(make_world: Make) -> None:
    """Other words at the consent are answered with the consent, in a message of its own."""
    person = Person(make_world())
    for word in ("меню", "1", "1", "1", "Нет"):
        person.type(word)
    person.type("а зачем это?")
    assert [message.text for message in person.last][-1] == "Текст согласия"
    assert person.labels[:2] == ["Согласен", "Не согласен"]


def test_not_agreeing_drops_the_draft_and_shows_other_ways(make_world: Make) -> None:
    """«Не согласен» leaves nothing stored; the next try asks again."""
    person = Person(make_world())
    for word in ("меню", "1", "1", "1", "Нет"):
        person.type(word)
    heard = person.press("Не согласен")
    assert "8 4212 00-00-00" in heard
    assert "gosuslugi.ru" in heard
    assert person.talk.drafted_until(person.world.now) is None
    for word in ("1", "1", "1", "Нет"):
        person.type(word)
    assert person.heard == "Текст согласия"


def test_back_goes_one_step_at_a_time_and_ends_at_the_menu(make_world: Make) -> None:
    """«Назад» asks the step before again; at the first step it shows the menu."""
    person = at_text(make_world)
    person.type(STORY)
    assert person.step == "place"
    steps = []
    for _ in range(5):
        person.press("Назад")
        steps.append(person.step)
    assert steps == ["text", "complaint", "topic", "category", "service"]


def test_cancel_drops_the_draft(make_world: Make) -> None:
    """«Отмена» anywhere leaves nothing of the draft and shows the menu."""
    person = at_review(make_world)
    person.press("Отмена")
    assert person.step == "service"
    assert person.talk.drafted_until(person.world.now) is None


def test_optional_steps_can_be_skipped(make_world: Make) -> None:
    """«Пропустить» goes on without an answer."""
    person = at_text(make_world)
    person.type(STORY)
    for step in ("photos", "name"):
        assert "Пропустить" in person.labels
        person.type("пропустить")
        assert person.step == step


def test_a_wrong_answer_is_explained_with_an_example(make_world: Make) -> None:
    """The same step comes again, with what is wrong and what would be right."""
    person = at_review(make_world)
    person.press("Назад")
    heard = person.type("звоните мне")
    assert "не похоже" in heard
    assert "Например: «+7 914 000-00-00»" in heard
    assert person.step == "contact"


def test_menu_puts_a_draft_by_and_it_can_be_continued(make_world: Make) -> None:
    """«меню» works anywhere; what was entered is there again after «продолжить»."""
    person = at_review(make_world)
    assert "продолжить" in person.type("МЕНЮ")
    assert STORY in person.type("продолжить")


def test_pressing_a_passed_step_again_changes_nothing(make_world: Make) -> None:
    """A second press on a stored answer shows the current step."""
    person = at_text(make_world)
    person.press("Ремонт дорог")
    assert person.step == "text"


def test_pressing_another_value_replaces_and_keeps_what_fits(make_world: Make) -> None:
    """Another category drops the topic that no longer fits and keeps the words."""
    person = at_review(make_world)
    person.press("Благоустройство")
    assert person.step == "topic"
    person.press("Деревья")
    assert person.step == "complaint"  # it may be another department's now
    person.press("Нет")
    assert STORY in person.heard
    assert "Деревья" in person.heard


def test_a_button_of_a_draft_that_is_gone_leads_to_the_menu(make_world: Make) -> None:
    """Old buttons say one sentence and show the menu."""
    person = at_text(make_world)
    person.press("Отмена")
    person.press("Ямы на дороге")
    assert "не действует" in person.heard
    assert person.step == "service"


def test_an_old_button_does_not_touch_a_newer_draft(make_world: Make) -> None:
    """A button of an earlier draft of the same form belongs to something that is gone."""
    person = at_text(make_world)
    person.press("Отмена")
    person.press("Подать обращение")
    person.push(press("appeal", "category", "parks", 2))
    assert "не действует" in person.heard


def test_every_button_names_form_step_value_and_revision(make_world: Make) -> None:
    """All buttons of a step carry the payload of the contract, navigation and paging too."""
    person = Person(make_world(snapshot=snapshot(MANY)))
    person.type("меню")
    person.type("1")
    payloads = [button.payload for row in person.last[0].rows for button in row]
    pressed = [json.decode(payload, type=Press) for payload in payloads]
    assert {press.form for press in pressed} == {"appeal"}
    assert {press.step for press in pressed} == {"category"}
    assert {press.rev for press in pressed} == {person.rev}


def test_long_lists_are_paged_and_numbers_mean_the_page(make_world: Make) -> None:
    """«Ещё ›» turns the page, «‹ Раньше» turns back, a number means the message shown."""
    person = Person(make_world(snapshot=snapshot(MANY, departments=False)))
    person.type("меню")
    person.type("1")
    assert "Ещё ›" in person.labels
    assert "‹ Раньше" not in person.labels
    person.press("Ещё ›")
    assert person.labels[0] == "Категория 8"
    person.type("раньше")
    assert person.labels[0] == "Категория 0"
    person.type("ещё")
    person.type("2")
    assert person.talk.draft is not None
    assert person.talk.draft.answers["category"] == "c9"


def test_clients_without_keyboards_get_numbers(make_world: Make) -> None:
    """An old client reads numbered choices and the words that navigate."""
    person = Person(make_world(capabilities=Capabilities(keyboard=False, inline=False)))
    person.type("меню")
    assert person.last[0].rows == ()
    assert "1. Подать обращение" in person.heard
    person.type("1")
    assert "2. Благоустройство" in person.heard
    assert "«Назад»" in person.heard


def test_words_of_an_emergency_bring_the_card_and_are_kept(make_world: Make) -> None:
    """The card comes first; «Это не срочно» goes on with the words that were typed."""
    person = at_text(make_world)
    heard = person.type("У соседей в квартире сильно пахнет газом")
    assert "112" in heard
    assert "никого не вызвали" in heard
    person.press("Это не срочно")
    assert person.step == "place"
    assert person.talk.draft is not None
    assert "газом" in person.talk.draft.answers["text"]


def test_an_emergency_at_the_menu_shows_the_card(make_world: Make) -> None:
    """At the menu nothing is kept, and the card leads back to the menu."""
    person = Person(make_world())
    person.type("меню")
    person.type("Пожар! горим!")
    assert "101" in person.heard
    person.press("Это не срочно")
    assert person.step == "service"


def test_a_complaint_brings_the_card_with_other_ways(make_world: Make) -> None:
    """On «Да» the card comes with «Всё равно написать»."""
    person = Person(make_world())
    for word in ("меню", "1", "1", "1", "Да"):
        person.type(word)
    assert "прокуратур" in person.heard
    person.press("Всё равно написать")
    assert person.heard == "Текст согласия"


def test_without_a_department_there_is_no_question_of_complaint(make_world: Make) -> None:
    """Where the routes lead nowhere, nobody can be complained about."""
    person = Person(make_world(snapshot=snapshot(departments=False)))
    for word in ("меню", "1", "1", "1"):
        person.type(word)
    assert person.heard == "Текст согласия"


def test_staff_first(make_world: Make) -> None:
    """«Написать сотруднику» silences the gateway for a day."""
    person = Person(make_world())
    person.type("меню")
    outcome = person.do(Incoming("text", "Написать сотруднику"))
    assert outcome.silent_hours == 24


def test_a_service_with_nothing_published_says_so(make_world: Make) -> None:
    """One sentence, and the menu again."""
    loaded = {"appointment": Plan((), {}, (), {}), "enrolment": Shelf({}, {})}
    for service in ("Записаться к врачу", "Записать в кружок"):
        person = Person(make_world(loaded=loaded))
        person.type("меню")
        heard = person.press(service)
        assert "опубликова" in heard
        assert person.step == "service"


def test_clients_without_keyboards_can_turn_pages(make_world: Make) -> None:
    """An old client is told the words that turn the pages of a long list."""
    plain = Capabilities(keyboard=False, inline=False)
    person = Person(make_world(snapshot=snapshot(MANY), capabilities=plain))
    person.type("меню")
    assert "«Ещё ›»" in person.type("1")
    heard = person.type("ещё")
    assert "«‹ Раньше»" in heard
    assert "1. Категория 8" in heard


def test_words_of_an_emergency_bring_the_card_at_a_choice_too(make_world: Make) -> None:
    """Who types about a fire instead of choosing sees the card; none of the words is kept."""
    person = Person(make_world())
    for word in ("меню", "1", "У нас пожар, мы на Мира 5"):
        person.type(word)
    assert "никого не вызвали" in person.heard
    assert person.talk.draft is not None
    assert person.talk.draft.pending is None
    person.press("Это не срочно")
    assert person.step == "category"


def test_skipping_replaces_an_answer_that_was_given(make_world: Make) -> None:
    """«Пропустить» of a passed step takes its answer away; the later ones are kept."""
    person = at_text(make_world)
    person.type(STORY)
    skip = next(
        button for row in person.last[-1].rows for button in row if button.label == "Пропустить"
    )
    for word in ("Хабаровск, Ленина, 10", "Готово", "Иванова Мария"):
        person.type(word)
    person.push(skip.payload)
    assert person.step == "contact"
    assert person.talk.draft is not None
    assert person.talk.draft.answers["place"] is None
    assert person.talk.draft.answers["name"] == "Иванова Мария"


def test_only_the_consent_that_was_read_is_given(make_world: Make) -> None:
    """A text that changed before «Согласен» was pressed is shown first."""
    person = Person(make_world())
    for word in ("меню", "1", "1", "1", "Нет"):
        person.type(word)
    newer = structs.replace(DOCUMENT, id=8, version=2, text="Новый текст согласия")
    changed = structs.replace(snapshot(), consents={(1, "appeal", "self"): newer})
    person.world = structs.replace(person.world, snapshot=changed)
    person.press("Согласен")
    assert person.heard.endswith(newer.text)
    assert person.step == "consent"
    assert not person.world.consents
    person.press("Согласен")
    assert person.world.consents == {newer.id}
    assert person.step == "text"


def test_the_summary_names_who_will_get_it(make_world: Make) -> None:
    """Before «Отправить» the resident reads to whom the words will go."""
    assert "Кому: Управление дорог" in at_review(make_world).heard


def test_a_complaint_is_not_addressed_to_the_body_complained_about(make_world: Make) -> None:
    """Where only that body is left, the summary says that people decide."""
    person = at_review(make_world)
    person.press("Да")
    person.press("Всё равно написать")
    assert "Жалоба на: Управление дорог" in person.heard
    assert f"Кому: {texts.NO_DEPARTMENT}" in person.heard


def test_not_agreeing_afterwards_takes_the_consent_back(make_world: Make) -> None:
    """«Не согласен» on the consent just given withdraws it and drops the draft."""
    person = at_text(make_world)
    payload = press("appeal", "consent", "_refuse", person.rev)
    outcome = person.do(Incoming("press", "Не согласен", payload.encode()))
    assert outcome.effect == WithdrawConsent(7)
    assert person.step == "service"
    assert person.talk.drafted_until(person.world.now) is None


def test_back_pressed_twice_goes_back_once(make_world: Make) -> None:
    """A double tap on «Назад» is one step back."""
    person = at_text(make_world)
    person.type(STORY)
    payload = press("appeal", "place", "_back", person.rev)
    person.push(payload)
    person.push(payload)
    assert person.step == "text"
