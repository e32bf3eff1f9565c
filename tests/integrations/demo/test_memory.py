from pathlib import Path

from integrations.demo.vk.acts import Text, carry_out
from integrations.demo.vk.memory import Memory, dump, load
from integrations.demo.vk.sending import send
from integrations.demo.vk.world import EVENTS, Community, World
from tests.integrations.demo.conftest import GROUP, TOKEN, USER, keyboard


def restarted() -> World:
    world = World(lambda: 1_800_000_100.0)
    community = world.add_community(Community(GROUP, TOKEN, "Администрация"))
    world.add_server(community, "http://127.0.0.1:10/vk/callback", "new", "new secret", EVENTS)
    return world


def test_conversations_outlive_a_restart(world: World) -> None:
    """Messages, keyboards, permission, what was sent already, and events not yet delivered."""
    community = world.communities[GROUP]
    carry_out(world, community, USER, Text("Привет"), "http://files")
    params = {"peer_id": USER, "message": "Да?", "random_id": 5, "keyboard": keyboard("Да")}
    first = send(world, community, params)
    again = restarted()
    load(again, dump(world))
    page = again.communities[GROUP]
    assert page.conversations[USER].messages == community.conversations[USER].messages
    assert page.conversations[USER].keyboard == community.conversations[USER].keyboard
    assert send(again, page, params) == first
    assert list(page.servers[1].queue) == list(community.servers[1].queue)
    assert page.servers[1].secret == "new secret"


async def test_a_broken_file_is_an_empty_memory(world: World, tmp_path: Path) -> None:
    """It never keeps the stand-in from starting, and is written anew."""
    file = tmp_path / "var" / "vk.json"
    file.parent.mkdir()
    file.write_text("{")
    memory = Memory(world, file)
    memory.start()
    await memory.stop()
    load(restarted(), file.read_bytes())
    assert file.stat().st_mode & 0o077 == 0
