"""One event, one effect: copies, races, bursts and poison, on a real database."""

import asyncio

import pytest
from msgspec.structs import replace

from schemas.dialogs import Capabilities, Incoming
from schemas.events import Allowed, Denied, Ignored, Replied, Said
from services.dialogs import step as dialog_step
from services.ports import Verdict
from tests.services.inbox.conftest import Hall


async def test_a_first_message_is_answered_with_the_menu(hall: Hall) -> None:
    """A new resident gets an account, a dialogue and the menu, sent at once."""
    await hall.says(10, "Здравствуйте")
    await hall.settle()
    assert len(hall.post.to(10)) == 1
    assert "Чем помочь?" in hall.post.to(10)[0]


async def test_an_appeal_is_filed_and_its_number_told(hall: Hall) -> None:
    """The walk through the form ends with one case and its number in the chat."""
    await hall.files_an_appeal(10)
    await hall.settle()
    number = await hall.value("SELECT number FROM cases")
    assert str(number) in hall.post.to(10)[-1]
    assert await hall.value("SELECT count(*) FROM consents") == 1


async def test_the_same_event_three_times_at_once_has_one_effect(hall: Hall) -> None:
    """Copies in one process and in another are all answered, and one message is written."""
    other = hall.another_inbox()
    other.start()
    said = Said(10, Incoming("text", "меню"), Capabilities())
    visit = hall.visit(said, event_id="same")
    await asyncio.gather(hall.inbox.take(visit), hall.inbox.take(visit), other.take(visit))
    await other.stop()
    assert await hall.value("SELECT count(*) FROM deliveries") == 1
    assert await hall.value("SELECT revision FROM dialogs") == 1


async def test_a_second_press_on_send_repeats_the_number(hall: Hall) -> None:
    """«Отправить» twice within ten minutes files one case."""
    await hall.files_an_appeal(10)
    hall.clock.move(minutes=3)
    revision = await hall.value("SELECT revision FROM dialogs")
    assert isinstance(revision, int)
    again = {"form": "appeal", "step": "review", "value": "_send", "rev": revision - 1}
    await hall.presses(10, again)
    await hall.settle()
    assert await hall.value("SELECT count(*) FROM cases") == 1
    assert str(await hall.value("SELECT number FROM cases")) in hall.post.to(10)[-1]


async def test_two_processes_never_lose_an_answer(hall: Hall) -> None:
    """Events of one resident taken by two processes at once all have their effect."""
    await hall.says(10, "меню")
    other = hall.another_inbox()
    other.start()
    visits = [
        hall.visit(Said(10, Incoming("text", f"слово {number}"), Capabilities()))
        for number in range(12)
    ]
    takers = (hall.inbox, other)
    await asyncio.gather(*(takers[i % 2].take(visit) for i, visit in enumerate(visits)))
    await other.stop()
    assert await hall.value("SELECT revision FROM dialogs") == 13
    assert await hall.value("SELECT count(*) FROM inbox") == 13


async def test_a_burst_is_taken_in_batches_and_each_resident_hears_once(hall: Hall) -> None:
    """200 residents at once: one account, dialogue and reply each, in order per person."""
    await asyncio.gather(*(hall.says(user, "привет") for user in range(1, 201)))
    await asyncio.gather(*(hall.says(user, "1") for user in range(1, 201)))
    await hall.settle()
    assert await hall.value("SELECT count(*) FROM accounts") == 200
    for user in range(1, 201):
        first, second = hall.post.to(user)
        assert "Чем помочь?" in first
        assert "О чём обращение?" in second
    assert len({random_id for _, random_id, _ in hall.post.messages}) == 400


async def test_poison_hurts_nobody_else_and_is_given_up(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that always fails is an error twice, then kept as failed; others go through."""
    await hall.says(10, "меню")
    take = dialog_step.Taking.take

    def poisoned(self: dialog_step.Taking, incoming: Incoming) -> object:
        if incoming.text == "яд":
            raise RuntimeError("секретные слова жителя")
        return take(self, incoming)

    monkeypatch.setattr(dialog_step.Taking, "take", poisoned)
    for _ in range(2):
        results = await asyncio.gather(
            hall.says(10, "яд", "poison"), hall.says(11, "меню"), return_exceptions=True
        )
        assert isinstance(results[0], RuntimeError)
        assert results[1] is None
    await hall.says(10, "яд", "poison")
    await hall.settle()
    assert await hall.value("SELECT failed FROM inbox WHERE event_id = 'poison'") == "RuntimeError"
    assert "наша ошибка" in hall.post.to(10)[-1]


async def test_deny_parks_and_allow_sends(hall: Hall) -> None:
    """After message_deny nobody writes to the person; message_allow lets what waited go."""
    await hall.says(10, "меню")
    await hall.settle()
    await hall.files_an_appeal(10)
    await hall.settle()
    heard = len(hall.post.to(10))
    await hall.inbox.take(hall.visit(Denied(10), "message_deny"))
    await _notice(hall)
    await hall.settle()
    assert len(hall.post.to(10)) == heard
    assert await hall.value("SELECT count(*) FROM deliveries WHERE state = 'parked'") == 1
    await hall.inbox.take(hall.visit(Allowed(10), "message_allow"))
    await hall.settle()
    assert len(hall.post.to(10)) == heard + 1


async def _notice(hall: Hall) -> None:
    """A department writes to the resident of the only case."""
    from services.cases.holding import hold  # noqa: PLC0415 - used by one test
    from services.cases.telling import tell_resident  # noqa: PLC0415 - used by one test

    case_id = await hall.value("SELECT id FROM cases")
    async with hall.pool.acquire() as connection, connection.transaction():
        held = await hold(connection, case_id)  # type: ignore[arg-type] - a uuid
        await tell_resident(connection, hall.house, held, ["Вам письмо"], "registered")


async def test_an_answer_by_the_staff_silences_the_gateway(hall: Hall) -> None:
    """A reply that is not ours gives people of the page the word for twelve hours."""
    await hall.says(10, "меню")
    await hall.settle()
    ours = hall.post.messages[0][1]
    await hall.inbox.take(hall.visit(Replied(10, ours), "message_reply"))
    await hall.says(10, "а?")
    await hall.settle()
    assert len(hall.post.to(10)) == 2
    await hall.inbox.take(hall.visit(Replied(10, 777), "message_reply"))
    await hall.says(10, "спасибо")
    await hall.settle()
    assert len(hall.post.to(10)) == 2
    hall.clock.move(hours=12, minutes=1)
    await hall.says(10, "вы тут?")
    await hall.settle()
    assert len(hall.post.to(10)) == 3


async def test_menu_ends_the_silence(hall: Hall) -> None:
    """«меню» or a button of ours brings the gateway back at once."""
    await hall.says(10, "меню")
    await hall.says(10, "Написать сотруднику")
    await hall.says(10, "алло")
    await hall.settle()
    assert len(hall.post.to(10)) == 2
    await hall.says(10, "Меню!")
    await hall.settle()
    assert len(hall.post.to(10)) == 3


async def test_what_is_not_for_us_is_taken_and_ignored(hall: Hall) -> None:
    """Group chats, communities and other events leave an id and nothing else."""
    visit = replace(hall.visit(Ignored(), "wall_post_new"), user_key=None)
    await hall.inbox.take(visit)
    await hall.inbox.take(visit)
    assert await hall.value("SELECT count(*) FROM inbox") == 1
    assert await hall.value("SELECT count(*) FROM accounts") == 0


async def test_who_cannot_be_written_to_is_parked_until_the_next_word(hall: Hall) -> None:
    """VK's 901 parks what is for that person; a new message lets it go, in order."""
    hall.post.verdicts = [Verdict(outcome="parked", code="901", scope="person")]
    await hall.says(10, "меню")
    await hall.settle()
    assert hall.post.to(10) == []
    await hall.says(10, "1")
    await hall.settle()
    first, second = hall.post.to(10)
    assert "Чем помочь?" in first
    assert "О чём обращение?" in second


async def test_a_retry_keeps_its_random_id_and_holds_the_next(hall: Hall) -> None:
    """What VK did not take is tried again with the same random_id, before anything later."""
    seen: list[int] = []
    send = hall.post.send

    async def noting(page: object, batch: object) -> list[Verdict]:
        seen.extend(item.random_id for item in batch)  # type: ignore[attr-defined] - Outgoing
        return await send(page, batch)  # type: ignore[arg-type] - as they come

    hall.post.send = noting  # type: ignore[method-assign] - a spy
    hall.post.verdicts = [Verdict(outcome="retry", code="10")]
    await hall.says(10, "меню")
    await hall.inline.stop()
    await hall.says(10, "1")
    await hall.settle()
    assert hall.post.to(10) == []
    hall.clock.move(minutes=1)
    await hall.settle()
    assert len(hall.post.to(10)) == 2
    assert seen[0] == seen[1]


async def test_a_dead_token_stops_only_that_page(hall: Hall) -> None:
    """The page is paused with the reason; what was to leave waits."""
    hall.post.verdicts = [Verdict(outcome="retry", code="token_dead", scope="page")]
    await hall.says(10, "меню")
    await hall.inline.stop()
    assert await hall.value("SELECT paused FROM communities") == "token_dead"
    assert await hall.value("SELECT state FROM deliveries") == "waiting"


async def test_rows_hold_nothing_that_was_typed(hall: Hall) -> None:
    """What the resident typed stands in no column in the clear."""
    await hall.files_an_appeal(4242424242)
    for table in ("accounts", "dialogs", "deliveries", "cases", "case_events", "inbox"):
        rows = await hall.value(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        for marked in ("Анна", "фонарь", "9140000000", "4242424242"):
            assert marked not in str(rows), (table, marked)
            assert marked.encode().hex() not in str(rows), (table, marked)


async def test_a_client_without_inline_buttons_is_told_where_to_open(hall: Hall) -> None:
    """A notice for an old client names the number to type in «Мои заявки» and has no buttons."""
    await hall.files_an_appeal(10)
    old = Said(10, Incoming("text", "меню"), Capabilities(keyboard=False, inline=False))
    await hall.inbox.take(hall.visit(old))
    await _notice(hall)
    await hall.settle()
    message = hall.post.messages[-1][2]
    assert str(await hall.value("SELECT number FROM cases")) in message.text
    assert message.rows == ()


async def test_staff_may_write_first(hall: Hall) -> None:
    """Who is written to by the staff before ever writing is left to them too."""
    await hall.inbox.take(hall.visit(Replied(10, 777), "message_reply"))
    await hall.says(10, "Спасибо, жду")
    await hall.settle()
    assert hall.post.to(10) == []
