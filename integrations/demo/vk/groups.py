"""The `groups.*` methods: who a community is, and where and about what VK calls it back."""

from collections.abc import Mapping
from typing import Any

from integrations.demo.vk import longpoll
from integrations.demo.vk.callbacks import Courier
from integrations.demo.vk.errors import VkError
from integrations.demo.vk.rules import whole
from integrations.demo.vk.world import EVENTS, CallbackServer, Community, World

MAX_SERVERS = 10
MAX_TITLE = 14
MAX_SECRET = 50
MOST_MEMBERS = 1000
# VK's bits of a community token's rights.
MASKS = {"manage": 262144, "messages": 4096}
Params = Mapping[str, Any]


def own(community: Community, params: Params) -> None:
    """Check that the call speaks of the community whose token it bears, else VkError."""
    group_id = whole(params.get("group_id"))
    if group_id is None:
        raise VkError(100, "group_id is required")
    if group_id != community.group_id:
        raise VkError(15, "another community's token")


def confirmation_code(community: Community, params: Params) -> dict[str, str]:
    """Do `groups.getCallbackConfirmationCode`."""
    own(community, params)
    return {"code": community.confirmation}


async def add_server(
    world: World, courier: Courier, community: Community, params: Params
) -> dict[str, int]:
    """Do `groups.addCallbackServer`: the address is asked for the code before this answers."""
    own(community, params)
    url, title, secret = _server_fields(params)
    if len(community.servers) >= MAX_SERVERS:
        raise VkError(2000)
    server = world.add_server(community, url, title, secret)
    await _confirm(courier, community, server)
    return {"server_id": server.id}


async def edit_server(courier: Courier, community: Community, params: Params) -> int:
    """Do `groups.editCallbackServer`; the address is confirmed anew."""
    server = _server(community, params)
    server.url, server.title, server.secret = _server_fields(params)
    await _confirm(courier, community, server)
    return 1


async def _confirm(courier: Courier, community: Community, server: CallbackServer) -> None:
    server.status = "wait"
    if await courier.confirm(community, server):
        courier.attach(server)


def delete_server(courier: Courier, community: Community, params: Params) -> int:
    """Do `groups.deleteCallbackServer`."""
    courier.detach(community, _server(community, params))
    return 1


def servers(community: Community, params: Params) -> dict[str, Any]:
    """Do `groups.getCallbackServers`."""
    own(community, params)
    wanted = {whole(word) for word in str(params.get("server_ids") or "").split(",")} - {None}
    items = [
        {
            "id": server.id,
            "title": server.title,
            "creator_id": 0,
            "url": server.url,
            "secret_key": server.secret,
            "status": server.status,
        }
        for server in community.servers.values()
        if not wanted or server.id in wanted
    ]
    return {"count": len(items), "items": items}


def set_settings(community: Community, params: Params) -> int:
    """Do `groups.setCallbackSettings`; events that the stand-in does not send are ignored."""
    server = _server(community, params)
    server.api_version = str(params.get("api_version") or server.api_version)
    longpoll.choose(server.events, EVENTS, params)
    return 1


def settings(community: Community, params: Params) -> dict[str, Any]:
    """Do `groups.getCallbackSettings`."""
    server = _server(community, params)
    on = {event: int(event in server.events) for event in EVENTS}
    return {"api_version": server.api_version, "events": on}


def rights(community: Community) -> dict[str, Any]:
    """Do `groups.getTokenPermissions`."""
    held = {name: MASKS[name] for name in community.rights}
    permissions = [{"name": name, "setting": mask} for name, mask in held.items()]
    return {"mask": sum(held.values()), "permissions": permissions}


def long_poll_server(community: Community, params: Params, files: str) -> dict[str, str]:
    """Do `groups.getLongPollServer`; `files` is an address of the stand-in's own."""
    own(community, params)
    if not community.poll.enabled:
        raise VkError(100, "longpoll for this group is not enabled")
    address = f"{files.removesuffix('/demo/files')}/longpoll/{community.group_id}"
    return longpoll.server(community.poll, address)


def long_poll_settings(community: Community, params: Params) -> dict[str, Any]:
    """Do `groups.getLongPollSettings`."""
    own(community, params)
    return longpoll.settings(community.poll, EVENTS)


def set_long_poll_settings(community: Community, params: Params) -> int:
    """Do `groups.setLongPollSettings`."""
    own(community, params)
    return longpoll.set_settings(community.poll, EVENTS, params)


def by_id(community: Community, params: Params) -> dict[str, Any]:
    """Do `groups.getById`; without ids it is the token's own community."""
    asked = str(params.get("group_ids") or params.get("group_id") or community.group_id)
    if {whole(word) for word in asked.split(",")} != {community.group_id}:
        raise VkError(100, "group_ids is not the token's own community")
    group = {
        "id": community.group_id,
        "name": community.title,
        "screen_name": f"club{community.group_id}",
        "is_closed": 0,
        "type": "page",
    }
    if "members_count" in str(params.get("fields") or "").split(","):
        group["members_count"] = _count(community)
    return {"groups": [group], "profiles": []}


def _count(community: Community) -> int:
    return len(community.conversations) if community.members is None else community.members


def members(community: Community, params: Params) -> dict[str, Any]:
    """Do `groups.getMembers`: in the stand-in these are the people who ever wrote."""
    own(community, params)
    people = sorted(community.conversations)
    offset, count = whole(params.get("offset", 0)), whole(params.get("count", MOST_MEMBERS))
    if offset is None or count is None or not 0 <= count <= MOST_MEMBERS or offset < 0:
        raise VkError(100, "offset or count is invalid")
    return {"count": _count(community), "items": people[offset : offset + count]}


def _server(community: Community, params: Params) -> CallbackServer:
    own(community, params)
    server = community.servers.get(whole(params.get("server_id")) or 0)
    if server is None:
        raise VkError(104)
    return server


def _server_fields(params: Params) -> tuple[str, str, str]:
    url, title = str(params.get("url") or ""), str(params.get("title") or "")
    secret = str(params.get("secret_key") or "")
    if not url.startswith(("http://", "https://")):
        raise VkError(100, "url is invalid")
    if not 1 <= len(title) <= MAX_TITLE:
        raise VkError(100, f"title has 1 to {MAX_TITLE} characters")
    if len(secret) > MAX_SECRET:
        raise VkError(100, f"secret_key is longer than {MAX_SECRET}")
    return url, title, secret
