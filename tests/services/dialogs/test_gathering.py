"""Photos and documents in the dialogue: when they are taken, and what is said."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from schemas.dialogs import Capabilities, Incoming, SentFile
from services.db.ids import new_id
from services.dialogs.world import NeedsDatabase, TakeFiles
from services.files.limits import DAY_BYTES, DAY_FILES
from services.files.shelf import Shelf
from tests.services.dialogs.conftest import world_with
from tests.services.dialogs.person import Person

STORY = "Во дворе неделю не убирают снег, не пройти."


def person_at(*words: str, **world: object) -> Person:
    person = Person(world_with(**({"loaded": {"files": Shelf()}} | world)))
    for word in ("меню", "1", "1", "1", "Нет", "Согласен", *words):
        person.type(word)
    return person


def send(person: Person, count: int = 1, text: str = "") -> tuple[UUID, ...]:
    """Send files; return the ids of those that were taken."""
    files = tuple(SentFile(new_id(), "https://vk.com/doc1") for _ in range(count))
    effect = person.do(Incoming("other", text, files=files)).effect
    return tuple(file.id for file in effect.files) if isinstance(effect, TakeFiles) else ()


def test_files_are_gathered_until_ready() -> None:
    """Several messages; «Готово» goes on with all of them; the summary counts them."""
    person = person_at(STORY, "Пропустить")
    assert "Готово" not in person.labels
    first = send(person, 2)
    assert "Получили 2 файла" in person.heard
    assert {"Готово", "Пропустить", "Назад", "Отмена"} == set(person.labels)
    second = send(person)
    assert "Приложено: 3 файла" in person.heard
    person.press("Готово")
    assert person.step == "name"
    person.type("Иванова Мария")
    assert "Фото и файлы: 3 файла" in person.type("+7 914 000-00-00")
    person.press("Отправить")
    assert person.sent[0].answers["photos"] == [str(each) for each in (*first, *second)]


def test_a_typed_number_is_ready() -> None:
    """A client without buttons gets «1. Готово»."""
    person = person_at(STORY, "Пропустить", capabilities=Capabilities(keyboard=False))
    send(person)
    assert "1. Готово" in person.heard
    assert "Как вас зовут" in person.type("1")


def test_skipping_gives_up_what_was_sent() -> None:
    """«Пропустить» means without files; going back shows none."""
    person = person_at(STORY, "Пропустить")
    send(person)
    person.press("Пропустить")
    assert person.talk.files() == frozenset()
    person.press("Назад")
    assert "Приложено" not in person.heard


def test_going_back_keeps_the_files() -> None:
    """«Назад» from the next step shows what is there already."""
    person = person_at(STORY, "Пропустить")
    send(person, 2)
    person.press("Готово")
    person.press("Назад")
    assert "Приложено: 2 файла" in person.heard
    send(person)
    person.press("Готово")
    assert person.talk.draft is not None
    assert len(person.talk.draft.answers["photos"]) == 3


def test_a_photo_with_the_story_is_taken_with_it() -> None:
    """Who describes a hole sends its photo: the words answer, the file is kept for its step."""
    person = person_at()
    assert send(person, 1, STORY)
    assert person.step == "place"
    assert "Получили 1 файл" in person.heard
    assert send(person)
    assert person.step == "place"
    person.type("Ленина, 10")
    assert "Приложено: 2 файла" in person.heard


def test_a_cry_for_help_under_a_photo_brings_the_card() -> None:
    """The file is kept; «Это не срочно» goes on."""
    for words in ((), (STORY, "Пропустить")):
        person = person_at(*words)
        step = "photos" if words else "text"
        assert send(person, 1, "Помогите, пожар во дворе")
        assert "112" in person.heard
        person.press("Это не срочно")
        assert person.step == ("photos" if step == "photos" else "place")
        assert len(person.talk.files()) == 1


def test_words_where_files_are_asked_for() -> None:
    """They are explained; a cry for help is heard here too."""
    person = person_at(STORY, "Пропустить")
    assert "фото или документы" in person.type("у меня нет фотоаппарата")
    assert "112" in person.type("пожар")
    person.press("Это не срочно")
    assert person.step == "photos"


def test_files_where_none_are_asked_for() -> None:
    """Before the consent, at the menu, after their step: dropped with a hint."""
    person = Person(world_with(loaded={"files": Shelf()}))
    person.type("меню")
    assert not send(person)
    assert "вместе с обращением" in person.heard
    for word in ("1", "1", "1"):
        person.type(word)
        assert not send(person)
        assert "не сохранили" in person.heard
    person.type("Нет")
    assert not send(person)
    assert "когда вы дадите согласие" in person.heard
    for word in ("Согласен", STORY, "Пропустить", "Пропустить"):
        person.type(word)
    for word in ("Иванова Мария", "+7 914 000-00-00"):
        assert not send(person)
        assert "«Назад»" in person.heard
        person.type(word)
    assert not send(person)
    assert "«Назад»" in person.heard
    assert person.talk.files() == frozenset()


@pytest.mark.parametrize(
    ("shelf", "taken", "said"),
    [
        (Shelf(), 10, "не больше 10 файлов"),
        (Shelf(today=DAY_FILES - 3), 3, "На сегодня всё"),
        (Shelf(today=DAY_FILES), 0, "На сегодня всё"),
        (Shelf(received=DAY_BYTES), 0, "На сегодня всё"),
    ],
)
def test_limits(shelf: Shelf, taken: int, said: str) -> None:
    """What fits is taken, the rest is named with its reason."""
    person = person_at(STORY, "Пропустить", loaded={"files": shelf})
    assert len(send(person, 12)) == taken
    assert said in person.heard
    assert f"Не взяли {12 - taken} файл" in person.heard


def test_refused_files_make_room() -> None:
    """They count neither in the ten nor in the summary."""
    person = person_at(STORY, "Пропустить")
    sent = send(person, 10)
    person.world = replace(person.world, loaded={"files": Shelf(refused=frozenset(sent[:4]))})
    assert len(send(person, 9)) == 4
    assert "Приложено: 10 файлов (не подошло: 4)" in person.heard


def test_files_need_the_database() -> None:
    """What was sent today is read first; other steps stay quick."""
    person = person_at(loaded=None)
    with pytest.raises(NeedsDatabase):
        send(person)
    person.type(STORY)
    person.type("Пропустить")
    assert person.step == "photos"


def test_another_draft_gives_the_first_ones_files_up() -> None:
    """«меню» puts them by; a new request lets them go."""
    person = person_at(STORY, "Пропустить")
    send(person)
    person.type("меню")
    assert len(person.talk.files()) == 1
    person.type("продолжить")
    assert "Приложено: 1 файл" in person.heard
    person.type("меню")
    person.type("1")
    assert person.talk.files() == frozenset()


def test_an_old_skip_gives_the_files_up_too() -> None:
    """The button of the passed step still means: without files."""
    person = person_at(STORY, "Пропустить")
    send(person)
    skip = next(
        button for row in person.last[-1].rows for button in row if button.label == "Пропустить"
    )
    person.press("Готово")
    person.push(skip.payload)
    assert person.talk.files() == frozenset()
    assert person.step == "name"
