import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.appeals.emergency import SERVICES, WORDS, Service, card, emergency

FORMS = [word for words in WORDS.values() for word in words]
SINGLE = [word for word in FORMS if " " not in word]
letters = st.text("абвгдежзийклмнопрстуфхцчшщъыьэюя", max_size=5)


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("Пахнет газом в подъезде", "104"),
        ("У нас ГАЗ!", "104"),
        ("В доме пожар", "101"),
        ("Горит  квартира на третьем этаже", "101"),
        ("Муж бьёт ребёнка", "102"),
        ("муж бьёт ребёнка", "102"),
        ("Сердце болит, помогите", "103"),
        ("человек провалился под лёд", "112"),
    ],
)
def test_emergencies(text: str, service: Service) -> None:
    """Words and phrases of danger are recognised, with the service to call."""
    found = emergency(text)
    assert found is not None
    assert found.service == service


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Вытоптали газон",
        "Газета не пришла",
        "Сломан пожарный гидрант",
        "Не горит фонарь у дома",
        "Из трубы бьёт вода",
        "Нет сердечных лекарств",
        "Нужен газопровод",
    ],
)
def test_everyday_complaints(text: str) -> None:
    """Words that only resemble those of danger bring no card."""
    assert emergency(text) is None


@given(st.sampled_from(FORMS), st.data())
def test_case_and_yo_make_no_difference(form: str, data: st.DataObject) -> None:
    """However a listed form is typed, it is recognised."""
    typed = "".join(
        data.draw(st.sampled_from([char, char.upper(), *(["ё", "Ё"] if char == "е" else [])]))
        for char in form
    )
    found = emergency(f"Помогите: {typed}, улица Ленина.")
    assert found is not None
    assert found.word in FORMS


@given(st.sampled_from(SINGLE), letters, letters)
def test_a_part_of_a_longer_word_is_nothing(word: str, before: str, after: str) -> None:
    """A listed word within a longer one never fires, unless the longer one is listed itself."""
    longer = before + word + after
    assume(longer not in FORMS)
    assert emergency(longer) is None


@given(st.text())
def test_any_text_may_be_read(text: str) -> None:
    """Whatever is typed, the answer is None or a listed form."""
    found = emergency(text)
    assert found is None or found.word in WORDS[found.service]


def test_forms_are_written_as_they_are_compared() -> None:
    """Forms are lower case, with е for ё, single spaces, and each stands once."""
    assert len(set(FORMS)) == len(FORMS)
    assert all(form == " ".join(form.lower().replace("ё", "е").split()) for form in FORMS)


@pytest.mark.parametrize("service", list(SERVICES))
def test_the_card(service: Service) -> None:
    """The card says that nobody was called, and names all five numbers, the fitting one early."""
    text = card(service)
    assert "Мы никого не вызвали, позвоните сами" in text
    assert "«Это не срочно»" in text
    numbers = [line[:3] for line in text.splitlines() if line[:3] in SERVICES]
    assert sorted(numbers) == sorted(SERVICES)
    assert numbers[0] == "112"
    assert service in numbers[:2]
