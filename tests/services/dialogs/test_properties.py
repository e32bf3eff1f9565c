"""Whatever a resident does, in any order, the dialogue keeps its promises."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from integrations.vk.limits import check
from schemas.dialogs import Capabilities, Incoming, SentFile
from services.files.shelf import Shelf
from services.residents.case_queries import MyCase
from services.residents.case_view import Shown
from services.residents.my_data import NOTHING
from tests.services.clubs.shelf import shelf
from tests.services.dialogs.conftest import world_with
from tests.services.dialogs.person import Person
from tests.services.doctors.plan import plan

CASE = MyCase(
    UUID(int=1), "27-26-0000001-7", "appeal", "answered", False, "Ремонт дорог: Ямы", None,
    datetime(2026, 11, 20, tzinfo=UTC), "Управление дорог", ["answered"],
    datetime(2026, 11, 21, tzinfo=UTC), None, None,
)  # fmt: skip
LOADED = {
    "cases": {str(CASE.id): Shown(CASE, "Ответ ведомства")},
    "times": {},
    "data": NOTHING,
    "files": Shelf(),
    "enrolment": shelf(),
    "appointment": plan(),
}

SECRET = "Тайна"  # a mark that every word of the resident's own carries
WORDS = st.sampled_from(
    ["меню", "назад", "отмена", "пропустить", "ещё", "раньше", "продолжить", "да", "нет",
     "согласен", "не согласен", "отправить", "готово",
     "4", "это не срочно", "1", "2", "3", "999", "начать",
     "Подать обращение", "Мои заявки", "Мои данные", "Ремонт дорог", "Благоустройство",
     "Записать в кружок", "Техническое", f"{SECRET} Пётр, 12.03.2016", "Ещё один ребёнок",
     "Продолжить", "В лист ожидания", "Записаться к врачу", "Терапевт", "Для себя",
     "Для ребёнка", "2700000000000009", "Любой врач", "Поликлиника",
     "27-26-0000001-7", "список", f"{SECRET} пожар и газ", f"{SECRET} ул. Мира, 5",
     f"{SECRET} Иванова", "+7 914 000-00-00", f"{SECRET}: не убран снег во дворе", "", " ", "\0"]
)  # fmt: skip
TYPED = st.one_of(WORDS, st.text(max_size=60).map(lambda text: f"{SECRET}{text}"))
DEEDS = st.one_of(
    TYPED.map(lambda text: Incoming("text", text)),
    st.integers(0, 60).map(lambda number: ("press", number)),
    st.just(Incoming("location", "", None, 48.48, 135.07)),
    st.just(Incoming("other", f"{SECRET} подпись к фото")),
    st.builds(
        lambda text, ids: Incoming(
            "other", text, files=tuple(SentFile(UUID(int=n), f"https://{SECRET}") for n in ids)
        ),
        TYPED, st.lists(st.integers(1, 999), min_size=1, max_size=12),
    ),
    st.binary(max_size=40).map(lambda junk: Incoming("press", SECRET, junk)),
    st.sampled_from([b'{"command":"start"}', b'{"command":"case","case":"x","do":"reopen"}',
                     b'{"form":"appeal","step":"category","value":"_next","rev":1}',
                     b'{"form":"nothing","step":"a","value":"b","rev":9}'])
    .map(lambda payload: Incoming("press", "", payload)),
)  # fmt: skip


def act(person: Person, deed: Incoming | tuple[str, int]) -> bool:
    """Do one thing; return whether «Отправить» was pressed at the review on show."""
    if isinstance(deed, Incoming):
        incoming = deed
    else:
        known = [button for said in person.said[-6:] for row in said.rows for button in row]
        if not known:
            return False
        button = known[deed[1] % len(known)]
        if button.kind == "location":
            incoming = Incoming("location", "", button.payload.encode(), 48.5, 135.1)
        else:
            incoming = Incoming("press", button.label, button.payload.encode())
    before = person.talk.draft
    at_review = before is not None and bool(before.offered) and before.offered[0] == "_send"
    person.do(incoming)
    return at_review


@settings(max_examples=150, deadline=None)
@given(
    deeds=st.lists(DEEDS, max_size=40),
    keyboard=st.booleans(),
    agreed=st.booleans(),
)
def test_any_sequence(
    deeds: list[Incoming | tuple[str, int]],
    keyboard: bool,
    agreed: bool,
) -> None:
    """It always answers, files only what was confirmed, keeps nothing personal before consent.

    Every message is within VK's limits, and the menu is always one word away.
    """
    world = world_with(
        loaded=LOADED,
        capabilities=Capabilities(keyboard=keyboard, inline=keyboard),
        consents=frozenset({7}) if agreed else frozenset(),
    )
    person = Person(world)
    for deed in deeds:
        sent = len(person.sent)
        reviewed = act(person, deed)
        if not person.said:
            continue
        new = person.sent[sent:]
        assert person.last or new, "no answer"
        for message in person.last:
            check(message)
        for finish in new:
            if finish.form == "appeal":
                assert reviewed
                assert {"text", "name", "contact", "review"} <= set(finish.answers)
                assert len(finish.answers.get("photos") or ()) <= 10
            if finish.form == "appointment":
                assert reviewed
                assert {"patient", "policy", "clinic", "doctor", "review"} <= set(finish.answers)
            if finish.form == "enrolment":
                assert reviewed
                assert {"child", "group", "guardian", "phone", "review"} <= set(finish.answers)
        if not person.world.consents:
            assert SECRET not in json.encode(person.talk).decode()
            assert not person.talk.files()
    person.type("меню")
    assert person.talk.draft is not None
    assert person.talk.draft.form == "menu"
