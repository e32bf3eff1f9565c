"""Sets pages up at VK: their callback servers, events and Long Poll, and what their tokens may.

The channel's side of `services.ports.PageOffice` (VK: `groups.*`, API 5.199).
"""

from typing import Any, TypeVar

from msgspec import Struct

from integrations.vk.api import VERSION
from integrations.vk.calling import UNREADABLE, Calls
from integrations.vk.errors import VkRefused
from services.ports import CallbackServer, EventSettings, Page

T = TypeVar("T")

TITLE = "gateway"  # of a server in VK's settings of the page, 14 characters at most
EVENTS = ("message_new", "message_reply", "message_event", "message_allow", "message_deny")
"""All that the gateway acts on."""
RIGHTS = ("manage", "messages")
"""What a token must be allowed: `manage` to be set up, `messages` to be written with."""
ALL_EVENTS = dict.fromkeys(EVENTS, 1)


class _Code(Struct):
    code: str


class _Added(Struct):
    server_id: int


class _Server(Struct):
    id: int
    url: str
    status: str
    secret_key: str = ""


class _Servers(Struct):
    items: list[_Server]


class _Settings(Struct):
    api_version: str = ""
    events: dict[str, int] = {}
    is_enabled: bool | int = True


class _Permission(Struct):
    name: str


class _Permissions(Struct):
    permissions: list[_Permission]


class _Group(Struct):
    members_count: int


class _Groups(Struct):
    groups: list[_Group]


class VkOffice:
    """The settings of every community, each reached with its own token; see `PageOffice`.

    Everything raises VkRefused.
    """

    api_version = VERSION

    def __init__(self, calls: Calls) -> None:
        """Take the way to call VK."""
        self._calls = calls

    async def missing_rights(self, page: Page) -> list[str]:
        """Return the rights of `RIGHTS` that the token does not have."""
        found = await self._calls.ask(page, "groups.getTokenPermissions", {}, _Permissions)
        held = {each.name for each in found.permissions}
        return [right for right in RIGHTS if right not in held]

    async def confirmation_code(self, page: Page) -> str:
        """Ask for what VK wants to read at a `confirmation`."""
        return (await self._of(page, "groups.getCallbackConfirmationCode", _Code)).code

    async def servers(self, page: Page) -> list[CallbackServer]:
        """List the callback servers."""
        found = await self._of(page, "groups.getCallbackServers", _Servers)
        return [
            CallbackServer(id=each.id, url=each.url, secret=each.secret_key, status=each.status)
            for each in found.items
        ]

    async def add_server(self, page: Page, url: str, secret: str) -> int:
        """Add a server; VK asks it for the code before this returns. At most ten: else refused."""
        params = {"group_id": page.group_id, "url": url, "title": TITLE, "secret_key": secret}
        # Once: a call without an answer may have added one already.
        added = await self._calls.ask(page, "groups.addCallbackServer", params, _Added, tries=1)
        return added.server_id

    async def edit_server(self, page: Page, server_id: int, url: str, secret: str) -> None:
        """Change a server, which VK asks for the code again."""
        more = {"server_id": server_id, "url": url, "title": TITLE, "secret_key": secret}
        await self._of(page, "groups.editCallbackServer", int, **more)

    async def callback_settings(self, page: Page, server_id: int) -> EventSettings:
        """Return which events a server gets."""
        found = await self._of(page, "groups.getCallbackSettings", _Settings, server_id=server_id)
        return _read_settings(found)

    async def choose_callbacks(self, page: Page, server_id: int) -> None:
        """Let a server get all events of `EVENTS`; others stay as they are."""
        more = {"server_id": server_id, "api_version": VERSION, **ALL_EVENTS}
        await self._of(page, "groups.setCallbackSettings", int, **more)

    async def long_poll_settings(self, page: Page) -> EventSettings:
        """Return which events Long Poll keeps."""
        return _read_settings(await self._of(page, "groups.getLongPollSettings", _Settings))

    async def choose_long_poll(self, page: Page) -> None:
        """Switch Long Poll on, with all events of `EVENTS`."""
        more = {"enabled": 1, "api_version": VERSION, **ALL_EVENTS}
        await self._of(page, "groups.setLongPollSettings", int, **more)

    async def members(self, page: Page) -> int:
        """Count the members."""
        params = {"group_id": page.group_id, "fields": "members_count"}
        found = await self._calls.ask(page, "groups.getById", params, _Groups)
        if not found.groups:
            raise VkRefused(UNREADABLE)
        return found.groups[0].members_count

    async def _of(self, page: Page, method: str, kind: type[T], **more: Any) -> T:
        return await self._calls.ask(page, method, {"group_id": page.group_id, **more}, kind)


def _read_settings(found: _Settings) -> EventSettings:
    whole = bool(found.is_enabled) and all(found.events.get(event) for event in EVENTS)
    return EventSettings(whole, found.api_version)
