"""Keeps the stand-in's conversations over a restart, as VK would: one JSON file, written whole."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from integrations.demo.vk.world import CallbackServer, Community, Conversation, Message, World

SAVE_EVERY = 2.0


class KeptTalk(Struct):
    """A conversation as it is kept."""

    user_id: int
    allowed: bool
    messages: list[Message]
    keyboard: dict[str, Any] | None


class KeptServer(Struct):
    """A callback server as it is kept, with the events that are still to be delivered."""

    id: int
    url: str
    title: str
    secret: str
    status: str
    events: set[str]
    queue: list[tuple[str, str]]


class KeptCommunity(Struct):
    """A page as it is kept; its token comes with the configuration."""

    group_id: int
    last_message_id: int
    last_server_id: int
    servers: list[KeptServer]
    talks: list[KeptTalk]


def dump(world: World) -> bytes:
    """Put all conversations and servers into JSON."""
    return msgspec.json.encode(
        [
            KeptCommunity(
                page.group_id,
                page.last_message_id,
                page.last_server_id,
                [_keep_server(server) for server in page.servers.values()],
                [_keep_talk(talk) for talk in page.conversations.values()],
            )
            for page in world.communities.values()
        ]
    )


def _keep_server(server: CallbackServer) -> KeptServer:
    queue = [(kind, body.decode()) for kind, body in server.queue]
    return KeptServer(
        server.id, server.url, server.title, server.secret, server.status, server.events, queue
    )


def _keep_talk(talk: Conversation) -> KeptTalk:
    return KeptTalk(talk.user_id, talk.allowed, talk.messages, talk.keyboard)


def load(world: World, kept: bytes) -> None:
    """Give the world's communities back what was kept of them; others are forgotten.

    Servers of the configuration keep their address and secret and get the waiting events.
    Raises msgspec.DecodeError for what `dump` did not write.
    """
    for page in msgspec.json.decode(kept, type=list[KeptCommunity]):
        community = world.communities.get(page.group_id)
        if community is None:
            continue
        community.last_message_id = page.last_message_id
        community.last_server_id = max(page.last_server_id, community.last_server_id)
        for talk in page.talks:
            community.conversations[talk.user_id] = _talk(talk)
        for server in page.servers:
            _load_server(community, server)


def _talk(kept: KeptTalk) -> Conversation:
    sent = {m.random_id: m for m in kept.messages if m.random_id and m.author == "community"}
    return Conversation(kept.user_id, kept.allowed, kept.messages, kept.keyboard, sent)


def _load_server(community: Community, kept: KeptServer) -> None:
    server = community.servers.get(kept.id)
    if server is None:
        server = community.servers[kept.id] = CallbackServer(
            kept.id, community.group_id, kept.url, kept.title, kept.secret
        )
        server.events, server.status = kept.events, "wait"
    server.queue.extend((kind, body.encode()) for kind, body in kept.queue)


class Memory:
    """Saves a world to a file now and then. `start` and `stop` belong to the app's life."""

    def __init__(self, world: World, file: Path) -> None:
        self.world = world
        self.file = file
        self._task: asyncio.Task[None] | None = None
        self._saved = b""

    def start(self) -> None:
        """Read what was kept, if anything, and begin to save."""
        if self.file.exists():
            with contextlib.suppress(msgspec.DecodeError):
                load(self.world, self.file.read_bytes())
        self._task = asyncio.create_task(self._save_again())

    async def stop(self) -> None:
        """Save a last time."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.save()

    async def _save_again(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY)
            self.save()

    def save(self) -> None:
        """Write the file anew if anything changed; never a half one."""
        kept = dump(self.world)
        if kept == self._saved:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_bytes(kept)
        draft.replace(self.file)
        self._saved = kept
