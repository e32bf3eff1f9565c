import json
from collections.abc import Callable
from typing import Any

import pytest

from integrations.demo.vk.acts import (
    Act,
    Allow,
    Deny,
    Document,
    Location,
    Photo,
    Press,
    Staff,
    Start,
    Sticker,
    Text,
    Voice,
    carry_out,
)
from integrations.demo.vk.errors import VkError
from integrations.demo.vk.sending import send
from integrations.demo.vk.world import World
from tests.integrations.demo.conftest import GROUP, USER, keyboard
from tests.vk_schema import errors_of_event, needs_vk_schema

FILES = "http://127.0.0.1:8010/demo/files"
Queue = Callable[[], list[dict[str, Any]]]
CALLBACK = {
    "buttons": [[{"action": {"type": "callback", "label": "Да", "payload": '{"value":1}'}}]]
}
PLACE = {"buttons": [[{"action": {"type": "location", "payload": '{"value":2}'}}]]}


def do(world: World, act: Act) -> Any:
    return carry_out(world, world.communities[GROUP], USER, act, FILES)


def say(world: World, board: str, number: int = 1) -> None:
    params = {"peer_id": USER, "message": "Выберите", "random_id": number, "keyboard": board}
    send(world, world.communities[GROUP], params)


def test_a_first_message_allows_answers(world: World, queued: Queue) -> None:
    """VK says `message_allow` first, then `message_new`, under ids of their own."""
    do(world, Text("Привет"))
    do(world, Text("Ещё раз"))
    events = queued()
    assert [e["type"] for e in events] == ["message_allow", "message_new", "message_new"]
    assert len({e["event_id"] for e in events}) == 3
    assert {(e["group_id"], e["v"], e["secret"]) for e in events} == {(GROUP, "5.199", "secret")}


def test_start_sends_its_command(world: World, queued: Queue) -> None:
    """«Начать» is a text with the payload that VK gives it."""
    do(world, Start())
    message = queued()[-1]["object"]["message"]
    assert (message["text"], message["payload"]) == ("Начать", '{"command":"start"}')


def test_a_press_sends_label_and_payload(world: World, queued: Queue) -> None:
    """A text button speaks for the resident; a keyboard for one time is gone afterwards."""
    do(world, Text("Привет"))
    say(world, keyboard("Дороги", "ЖКХ", one_time=True))
    do(world, Press(label="ЖКХ"))
    message = queued()[-1]["object"]["message"]
    assert message["text"] == "ЖКХ"
    assert json.loads(message["payload"]) == {"value": "ЖКХ"}
    with pytest.raises(VkError, match="no such button"):
        do(world, Press(label="Дороги"))


def test_only_shown_buttons_can_be_pressed(world: World) -> None:
    """A keyboard that was replaced is out of reach; buttons inside old messages are not."""
    do(world, Text("Привет"))
    say(world, keyboard("Старая"), 1)
    say(world, keyboard("Внутри", inline=True), 2)
    say(world, keyboard("Новая"), 3)
    with pytest.raises(VkError):
        do(world, Press(label="Старая"))
    assert do(world, Press(payload=json.dumps({"value": "Внутри"})))
    assert do(world, Press(label="Новая"))


def test_a_callback_press_is_an_event_of_its_own(world: World, queued: Queue) -> None:
    """Its answer token is not the event's id; only a message's own button names the message."""
    do(world, Text("Привет"))
    say(world, json.dumps(CALLBACK), 1)
    do(world, Press(label="Да"))
    event = queued()[-1]
    assert event["type"] == "message_event"
    assert event["object"]["event_id"] != event["event_id"]
    assert "conversation_message_id" not in event["object"]
    say(world, json.dumps(CALLBACK | {"inline": True}), 2)
    do(world, Press(label="Да", cmid=3))
    assert queued()[-1]["object"]["conversation_message_id"] == 3


def test_a_location_button_sends_the_place(world: World, queued: Queue) -> None:
    """With the button's payload, without words."""
    do(world, Text("Привет"))
    say(world, json.dumps(PLACE))
    do(world, Press(payload='{"value":2}', latitude=50.55, longitude=137.01))
    message = queued()[-1]["object"]["message"]
    assert message["geo"]["coordinates"] == {"latitude": 50.55, "longitude": 137.01}
    assert (message["text"], message["payload"]) == ("", '{"value":2}')


def test_own_messages_come_back(world: World, queued: Queue) -> None:
    """`message_reply` has the random_id of the call; the staff's own has another."""
    do(world, Text("Привет"))
    say(world, keyboard("Да"), 77)
    assert (queued()[-1]["type"], queued()[-1]["object"]["random_id"]) == ("message_reply", 77)
    do(world, Staff("Здравствуйте, я секретарь"))
    by_hand = queued()[-1]["object"]
    assert by_hand["random_id"] not in {0, 77}
    assert by_hand["from_id"] == -GROUP
    assert by_hand["admin_author_id"]


@pytest.mark.parametrize("act", [Text(" "), Text("я" * 4097), Staff("Вы не писали нам")])
def test_what_a_page_would_not_do(world: World, act: Act) -> None:
    """Empty and too long texts, and writing to somebody who did not write."""
    with pytest.raises(VkError):
        do(world, act)


@pytest.mark.parametrize(("client", "can"), [("full", True), ("plain", False)])
def test_a_client_says_what_it_can(world: World, queued: Queue, client: Any, can: bool) -> None:
    """An old client has no buttons, and `client_info` says so."""
    do(world, Text("Привет", client=client))
    info = queued()[-1]["object"]["client_info"]
    assert (info["keyboard"], info["inline_keyboard"]) == (can, can)
    assert ("text" in info["button_actions"]) == can


def test_files_are_where_they_say(world: World, queued: Queue) -> None:
    """The stand-in's own, or where a test wants them; ten in a message at most."""
    do(world, Photo(count=2))
    photos = queued()[-1]["object"]["message"]["attachments"]
    assert [photo["photo"]["sizes"][-1]["url"] for photo in photos] == [f"{FILES}/photo.jpg?x"] * 2
    do(world, Document(title="план.pdf", url="http://127.0.0.1:9/bomb"))
    (letter,) = queued()[-1]["object"]["message"]["attachments"]
    assert (letter["doc"]["title"], letter["doc"]["ext"]) == ("план.pdf", "pdf")
    assert letter["doc"]["url"] == "http://127.0.0.1:9/bomb"
    with pytest.raises(VkError):
        do(world, Photo(count=11))


@needs_vk_schema
def test_events_are_as_vk_sends_them(world: World, queued: Queue) -> None:
    """Every kind of event fits VK's own schema and has no field that it does not know."""
    acts: list[Act] = [
        Start(),
        Text("Привет"),
        Location(48.48, 135.07),
        Sticker(),
        Voice(),
        Photo("Яма", count=3),
        Document("Смотрите"),
        Deny(),
        Allow(),
        Staff("Здравствуйте"),
    ]
    for act in acts:
        do(world, act)
    for number, board in enumerate((CALLBACK, PLACE), 1):
        say(world, json.dumps(board), number)
        do(world, Press())
    assert {e["type"] for e in queued()} == world.communities[GROUP].servers[1].events
    assert [x for e in queued() for x in errors_of_event(e["type"], e["object"])] == []
