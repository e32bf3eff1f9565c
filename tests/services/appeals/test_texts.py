from datetime import date

from services.appeals import texts
from services.appeals.consent_text import appeal_consent
from services.cases.wording import LONGEST_TEXT


def test_accepted_names_number_department_and_date() -> None:
    """After «Отправить» the resident knows the number, who acts and until when."""
    text = texts.accepted("27-26-0000001-7", "Отдел дорог", date(2026, 3, 14))
    assert "27-26-0000001-7" in text
    assert "Ведомство: Отдел дорог." in text
    assert "до 14 марта 2026 года" in text
    assert texts.ACCEPTED_URGENT not in text


def test_accepted_without_a_department() -> None:
    """Where only the body complained about would be left, moderators decide, and that is said."""
    text = texts.accepted("27-26-0000001-7", None, None, urgent=True)
    assert texts.UNDECIDED in text
    assert texts.ACCEPTED_URGENT in text


def test_the_summary_says_what_it_will_be() -> None:
    """Everything entered, the honest sentence and what to press stand in the last step."""
    text = texts.summary((("Где", "Хабаровск"), ("Имя", "Мария")))
    assert text.startswith("Где: Хабаровск\nИмя: Мария\n")
    assert "не официальное обращение по закону № 59-ФЗ" in text
    assert "«Отправить»" in text


def test_the_consent_says_what_the_law_asks() -> None:
    """Who, why, which data, what is done, who receives it, how long, how to withdraw."""
    text = appeal_consent("Правительство края", "Хабаровск, 1", "112-233", "a@example.org")
    for part in ("Кому:", "Зачем:", "Какие данные:", "Что с ними делают:", "Кто их получит:"):
        assert part in text
    assert "Сколько хранят: 5 лет" in text
    assert "Как отозвать:" in text
    for given in ("Правительство края", "Хабаровск, 1", "112-233", "a@example.org"):
        assert given in text


def test_the_consent_fits_a_message_of_its_own() -> None:
    """Even a long title and address leave it in one VK message; empty parts leave no traces."""
    long = "Очень длинное название " * 12
    assert len(appeal_consent(long, long, "+7 4212 00-00-00", "a@example.org")) <= LONGEST_TEXT
    bare = appeal_consent("Край")
    assert "Кому: Край.\n" in bare
    assert "«Отозвать согласие». " in bare
