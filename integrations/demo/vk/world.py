"""The stand-in's state: communities, residents, conversations, and what was said in them."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from integrations.demo.vk.counters import Counters, Window
from integrations.demo.vk.errors import VkError
from integrations.demo.vk.faults import Faults
from integrations.demo.vk.longpoll import LongPoll

API_VERSION = "5.199"
CALLS_A_SECOND = 20
# VK does not publish the figure; this is what communities report for one conversation.
MESSAGES_AN_HOUR = 1000
HOUR = 3600.0
RIGHTS = ("manage", "messages")
EVENTS = (
    "message_new",
    "message_reply",
    "message_event",
    "message_allow",
    "message_deny",
)

Author = Literal["resident", "community", "staff"]


@dataclass(slots=True, kw_only=True)
class Message:
    """One message of a conversation. `id` counts per community, `cmid` per conversation."""

    id: int
    cmid: int
    date: float
    author: Author
    text: str
    random_id: int = 0
    payload: str | None = None
    keyboard: dict[str, Any] | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    geo: dict[str, Any] | None = None


@dataclass(slots=True)
class Conversation:
    """What one resident and one community wrote to each other."""

    user_id: int
    allowed: bool = False
    messages: list[Message] = field(default_factory=list[Message])
    keyboard: dict[str, Any] | None = None
    by_random_id: dict[int, Message] = field(default_factory=dict[int, Message])
    sent: deque[float] = field(default_factory=lambda: deque[float](maxlen=MESSAGES_AN_HOUR))


@dataclass(slots=True)
class CallbackServer:
    """One address of a community that events are posted to, in their order."""

    id: int
    group_id: int
    url: str
    title: str
    secret: str
    status: Literal["ok", "wait", "failed", "unconfigured"] = "unconfigured"
    api_version: str = API_VERSION
    events: set[str] = field(default_factory=set[str])
    queue: deque[tuple[str, bytes]] = field(default_factory=deque[tuple[str, bytes]])
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Community:
    """One community page with its token and servers."""

    group_id: int
    token: str
    title: str
    confirmation: str = field(default_factory=lambda: secrets.token_hex(4))
    calls_a_second: int = CALLS_A_SECOND
    open: bool = False
    rights: tuple[str, ...] = RIGHTS
    members: int | None = None
    poll: LongPoll = field(default_factory=LongPoll)
    servers: dict[int, CallbackServer] = field(default_factory=dict[int, CallbackServer])
    conversations: dict[int, Conversation] = field(default_factory=dict[int, Conversation])
    last_message_id: int = 0
    last_server_id: int = 0
    accepted: Window = field(default_factory=lambda: Window(1.0))
    seen: Window = field(default_factory=lambda: Window(1.0))
    questions: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])

    def conversation(self, user_id: int) -> Conversation:
        """Find the conversation with a person, or begin it."""
        found = self.conversations.get(user_id)
        if found is None:
            found = self.conversations[user_id] = Conversation(user_id, allowed=self.open)
        return found


class World:
    """Everything the stand-in knows. `now` gives seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.communities: dict[int, Community] = {}
        self.by_token: dict[str, Community] = {}
        self.counters = Counters()
        self.faults = Faults()
        self.watchers: set[Watcher] = set()
        self.leaving = False

    def add_community(self, community: Community) -> Community:
        """Add a community, or give a known one its new token and title."""
        known = self.communities.get(community.group_id)
        if known is not None:
            self.by_token.pop(known.token, None)
            known.token, known.title = community.token, community.title
            known.calls_a_second, known.open = community.calls_a_second, community.open
            known.rights, known.members = community.rights, community.members
            community = known
        self.communities[community.group_id] = community
        self.by_token[community.token] = community
        return community

    def community(self, group_id: int) -> Community:
        """Find a community; raises VkError 125 for an unknown one."""
        found = self.communities.get(group_id)
        if found is None:
            raise VkError(125)
        return found

    def add_server(
        self, community: Community, url: str, title: str, secret: str, events: Iterable[str] = ()
    ) -> CallbackServer:
        """Give a community one more address for its events; unconfigured until confirmed."""
        community.last_server_id += 1
        server = CallbackServer(
            community.last_server_id, community.group_id, url, title, secret, events=set(events)
        )
        community.servers[server.id] = server
        return server

    def write(
        self, community: Community, talk: Conversation, author: Author, text: str, **more: Any
    ) -> Message:
        """Add a message to a conversation; `more` are the other fields of `Message`."""
        community.last_message_id += 1
        message = Message(
            id=community.last_message_id,
            cmid=len(talk.messages) + 1,
            date=self.now(),
            author=author,
            text=text,
            **more,
        )
        talk.messages.append(message)
        self.changed(community.group_id, talk.user_id)
        return message

    def emit(self, community: Community, kind: str, body: dict[str, Any]) -> str:
        """Queue an event for every server that asked for its kind; returns the event's id."""
        event_id = secrets.token_hex(20)
        for server in community.servers.values():
            if kind in server.events:
                event = envelope(server.group_id, server.secret, kind, event_id, object=body)
                server.queue.append((kind, event))
                server.wake.set()
        kept = envelope(community.group_id, "", kind, event_id, object=body)
        community.poll.keep(kind, kept)
        return event_id

    def changed(self, group_id: int, user_id: int) -> None:
        """Tell who watches that something happened in a conversation."""
        for watcher in self.watchers:
            watcher.tell((group_id, user_id))

    def leave(self) -> None:
        """Send home who watches, because the process ends."""
        self.leaving = True
        for watcher in self.watchers:
            watcher.wake.set()
        for community in self.communities.values():
            community.poll.close()


class Watcher:
    """Somebody who wants to know which conversations changed; many changes become one."""

    def __init__(self) -> None:
        self.changes: set[tuple[int, int]] = set()
        self.wake = asyncio.Event()

    def tell(self, conversation: tuple[int, int]) -> None:
        """Note a change."""
        self.changes.add(conversation)
        self.wake.set()

    async def next(self, timeout: float) -> set[tuple[int, int]]:  # noqa: ASYNC109 - a heartbeat
        """Wait for changes, at most so many seconds; empty when there were none."""
        try:
            async with asyncio.timeout(timeout):
                await self.wake.wait()
        except TimeoutError:
            return set()
        self.wake.clear()
        changes, self.changes = self.changes, set()
        return changes


def envelope(group_id: int, secret_key: str, kind: str, event_id: str, **more: Any) -> bytes:
    """Put an event into the JSON that VK sends; where there is no secret it has none."""
    secret = {"secret": secret_key} if secret_key else {}
    return msgspec.json.encode(
        {
            "type": kind,
            "group_id": group_id,
            "event_id": event_id,
            "v": API_VERSION,
            **more,
            **secret,
        }
    )
