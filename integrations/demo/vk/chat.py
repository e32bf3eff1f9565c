"""What the chat page asks for besides the levers of `control`.

GET /demo/about: where the gateway is, pages and people. GET /demo/talks/{user_id}: the last
message of each of a person's conversations. GET /demo/stream: which conversations change.
"""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from integrations.demo.vk.control import Residents
from integrations.demo.vk.views import page_view
from integrations.demo.vk.world import Watcher, World

HEARTBEAT = 15.0
TheWorld = NamedDependency[World]


@get("/demo/about")
async def about(
    world: TheWorld, residents: NamedDependency[Residents], gateway_url: NamedDependency[str]
) -> dict[str, Any]:
    """Tell the page everything that it needs to begin."""
    return {
        "gateway_url": gateway_url,
        "communities": [page_view(community) for community in world.communities.values()],
        "residents": residents.items,
    }


@get("/demo/talks/{user_id:int}")
async def talks(world: TheWorld, user_id: FromPath[int]) -> dict[str, Any]:
    """Say how each conversation of a person ends."""
    last = {
        group_id: talk.messages[-1]
        for group_id, community in world.communities.items()
        if (talk := community.conversations.get(user_id)) and talk.messages
    }
    return {
        "items": [
            {"group_id": group_id, "cmid": m.cmid, "at": m.date, "from": m.author, "text": m.text}
            for group_id, m in last.items()
        ]
    }


@get("/demo/stream")
async def stream(world: TheWorld) -> Stream:
    """Tell which conversations change, as long as the reader listens."""
    headers = {"Cache-Control": "no-store"}
    return Stream(_told(world), media_type="text/event-stream", headers=headers)


async def _told(world: World) -> AsyncGenerator[bytes, None]:
    watcher = Watcher()
    world.watchers.add(watcher)
    try:
        yield b": hello\n\n"
        while not world.leaving:
            changed = await watcher.next(HEARTBEAT)
            told = [{"group_id": group_id, "user_id": user_id} for group_id, user_id in changed]
            yield b"data: " + msgspec.json.encode(told) + b"\n\n" if told else b": still here\n\n"
    finally:
        world.watchers.discard(watcher)


HANDLERS = (about, talks, stream)
