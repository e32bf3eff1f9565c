"""`/demo/…`: the stand-in's own levers, as JSON, for the chat page, tests and benchmarks.

    GET    /demo/communities                      pages: title, servers with status and queue
    POST   /demo/communities                      add one: {"group_id", "token", "title",
                                                  "callback_url"?, "secret"?, "events"?,
                                                  "confirmation"?, "calls_a_second"?, "open"?,
                                                  "rights"?, "members"?, "long_poll"?};
                                                  with a callback_url it is called back at once,
                                                  without being asked to confirm; an open page
                                                  may write to people who never wrote; `rights`
                                                  of the token are manage and messages
    POST   /demo/communities/{group_id}/confirmation   make a new confirmation code: {"code"}
    POST   /demo/communities/{group_id}/server    {"status"}: what VK thinks of all its servers;
                                                  a failed one gets nothing until it is mended
    POST   /demo/communities/{group_id}/long_poll {"failed": 1, 2 or 3}, see `longpoll`
    GET    /demo/residents                        the made-up people: user_id, name
    POST   /demo/conversations/{group_id}/{user_id}    do something there, see `acts`:
               {"act": "text", "text"} · {"act": "press", "label" or "payload"} · start ·
               location · sticker · voice · photo · document · allow · deny · staff; `client` is
               full, no_inline or plain. Answers {"events": [event_id…]}; 409 where VK's own page
               would not let a person do that (no such button is shown, empty text)
    GET    /demo/conversations/{group_id}/{user_id}?after=0&wait=0    messages with a cmid above
               `after`; waits up to `wait` seconds until the community has written one of them.
               {"allowed", "last_cmid", "keyboard", "messages": [{"id", "cmid", "at", "from",
               "text", "random_id", "payload", "buttons", "attachments", "geo"}]}; `from` is
               resident, community or staff; `keyboard` and `buttons` are {"inline", "one_time",
               "rows": [[{"type", "label", "payload", "color", "link"}]]} or null
    GET    /demo/counters                         calls, messages, errors, events, violations,
                                                  duplicates_dropped; per page the most calls
                                                  ever seen in one sliding second, and queues
    DELETE /demo/counters                         begin to count anew
    GET    /demo/calls                            the last 500 calls: {"items": [{"method",
                                                  "params"}]}, without their tokens
    GET, POST, DELETE /demo/faults                see `faults`
    GET    /demo/about, /demo/talks/{user_id}, /demo/stream   for the page, see `chat`

The process is started by `python -m integrations.demo CONFIG`, see `integrations.demo.app`.
"""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from integrations.demo.vk.acts import Act, carry_out
from integrations.demo.vk.callbacks import Courier
from integrations.demo.vk.counters import Counters, Window
from integrations.demo.vk.errors import VkError
from integrations.demo.vk.faults import Fault
from integrations.demo.vk.views import conversation_view, page_view
from integrations.demo.vk.world import (
    API_VERSION,
    CALLS_A_SECOND,
    EVENTS,
    RIGHTS,
    Community,
    Conversation,
    Watcher,
    World,
)

LONGEST_WAIT = 60
TheWorld = NamedDependency[World]


class Resident(Struct, frozen=True):
    """A made-up person of the demo."""

    user_id: int
    name: str


class Residents(Struct, frozen=True):
    """The people one can act as."""

    items: tuple[Resident, ...] = ()


class NewCommunity(Struct, kw_only=True):
    """A page to add, see the module's table."""

    group_id: int
    token: str
    title: str
    callback_url: str | None = None
    secret: str = ""
    events: list[str] = msgspec.field(default_factory=lambda: list(EVENTS))
    confirmation: str | None = None
    calls_a_second: int = CALLS_A_SECOND
    open: bool = False
    rights: tuple[str, ...] = RIGHTS
    members: int | None = None
    long_poll: bool = False


class Spoilt(Struct):
    """How Long Poll is to fail."""

    failed: Literal[1, 2, 3]


class ServerStatus(Struct):
    """What VK thinks of a page's callback servers."""

    status: Literal["ok", "wait", "failed", "unconfigured"]


def add_community(world: World, courier: Courier, new: NewCommunity) -> Community:
    """Add a page or change a known one, and call its server back from now on."""
    community = world.add_community(
        Community(
            new.group_id,
            new.token,
            new.title,
            calls_a_second=new.calls_a_second,
            open=new.open,
            rights=new.rights,
            members=new.members,
        )
    )
    if new.long_poll:
        community.poll.switch_on(API_VERSION, new.events)
    if new.confirmation is not None:
        community.confirmation = new.confirmation
    if new.callback_url is not None:
        for known in list(community.servers.values()):
            courier.detach(community, known)
        server = world.add_server(community, new.callback_url, "demo", new.secret, new.events)
        server.status = "ok"
        courier.attach(server)
    return community


@get("/demo/communities")
async def list_communities(world: TheWorld) -> dict[str, Any]:
    """List the pages; never their tokens."""
    return {"items": [page_view(community) for community in world.communities.values()]}


@post("/demo/communities")
async def post_community(
    world: TheWorld, courier: NamedDependency[Courier], data: JSONBody[NewCommunity]
) -> dict[str, Any]:
    """Add a page."""
    return page_view(add_community(world, courier, data))


@post("/demo/communities/{group_id:int}/confirmation", status_code=200)
async def renew_confirmation(world: TheWorld, group_id: FromPath[int]) -> dict[str, str]:
    """Change the confirmation code, as VK does now and then."""
    community = _community(world, group_id)
    community.confirmation = Community(0, "", "").confirmation
    return {"code": community.confirmation}


@post("/demo/communities/{group_id:int}/server", status_code=200)
async def judge_server(
    world: TheWorld, group_id: FromPath[int], data: JSONBody[ServerStatus]
) -> dict[str, Any]:
    """Change what VK thinks of a page's servers."""
    community = _community(world, group_id)
    for server in community.servers.values():
        server.status = data.status
    return page_view(community)


@post("/demo/communities/{group_id:int}/long_poll", status_code=200)
async def spoil_long_poll(
    world: TheWorld, group_id: FromPath[int], data: JSONBody[Spoilt]
) -> dict[str, Any]:
    """Let who waits for a page's events be told that something failed."""
    _community(world, group_id).poll.spoil(data.failed)
    return page_view(world.communities[group_id])


@get("/demo/residents")
async def list_residents(residents: NamedDependency[Residents]) -> Residents:
    """List the people one can act as."""
    return residents


@post("/demo/conversations/{group_id:int}/{user_id:int}", status_code=200)
async def act(
    world: TheWorld,
    files: NamedDependency[str],
    group_id: FromPath[int],
    user_id: FromPath[int],
    data: JSONBody[Act],
) -> dict[str, Any]:
    """Do something as a resident, or as the page's staff."""
    try:
        done = carry_out(world, _community(world, group_id), user_id, data, files)
    except VkError as error:
        raise ClientException(str(error), status_code=409) from error
    return {"events": done}


@get("/demo/conversations/{group_id:int}/{user_id:int}")
async def read_conversation(
    world: TheWorld,
    group_id: FromPath[int],
    user_id: FromPath[int],
    after: FromQuery[int] = 0,
    wait: Annotated[float, QueryParameter(ge=0, le=LONGEST_WAIT)] = 0,
) -> dict[str, Any]:
    """Read a conversation, if asked after something new is there."""
    talk = _community(world, group_id).conversations.get(user_id) or Conversation(user_id)
    if wait and not _heard(talk, after):
        watcher = Watcher()
        world.watchers.add(watcher)
        try:
            async with asyncio.timeout(wait):
                while not _heard(talk, after):
                    await watcher.next(wait)
                    talk = world.communities[group_id].conversations.get(user_id) or talk
        except TimeoutError:
            pass
        finally:
            world.watchers.discard(watcher)
    return conversation_view(talk, after)


def _heard(talk: Conversation, after: int) -> bool:
    return any(message.author != "resident" for message in talk.messages[after:])


@get("/demo/counters")
async def read_counters(world: TheWorld) -> dict[str, Any]:
    """Say what was counted."""
    pages = {
        str(community.group_id): {
            "most_calls_in_a_second": community.seen.most,
            "queued_events": sum(len(server.queue) for server in community.servers.values()),
        }
        for community in world.communities.values()
    }
    return world.counters.report() | {"communities": pages}


@get("/demo/calls")
async def list_calls(world: TheWorld) -> dict[str, Any]:
    """List the last calls, the oldest first."""
    return {"items": list(world.counters.calls)}


@delete("/demo/counters")
async def reset_counters(world: TheWorld) -> None:
    """Begin to count anew."""
    world.counters = Counters()
    for community in world.communities.values():
        community.seen = Window(1.0)


@get("/demo/faults")
async def list_faults(world: TheWorld) -> dict[str, list[Fault]]:
    """List the faults that are on."""
    return {"items": world.faults.active}


@post("/demo/faults")
async def add_fault(world: TheWorld, data: JSONBody[Fault]) -> dict[str, list[Fault]]:
    """Switch a fault on."""
    world.faults.add(data)
    return {"items": world.faults.active}


@delete("/demo/faults")
async def clear_faults(world: TheWorld) -> None:
    """Switch all faults off."""
    world.faults.clear()


def _community(world: World, group_id: int) -> Community:
    try:
        return world.community(group_id)
    except VkError as error:
        raise NotFoundException("no such community") from error


HANDLERS = (
    list_communities,
    post_community,
    renew_confirmation,
    judge_server,
    spoil_long_poll,
    list_residents,
    act,
    read_conversation,
    read_counters,
    list_calls,
    reset_counters,
    list_faults,
    add_fault,
    clear_faults,
)
