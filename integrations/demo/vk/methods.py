"""`/method/{name}`: the API over HTTP, as VK reads and answers it; `/longpoll/{group_id}`.

Bodies are forms; a token comes as `Authorization: Bearer`, in the form, or in the URL (which
VK takes, and the stand-in notes as a violation: tokens in URLs end in logs). Refusals are
answered with status 200 and `{"error": {"error_code", "error_msg", "request_params"}}`.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery

from integrations.demo.vk import groups, sending
from integrations.demo.vk.callbacks import Courier
from integrations.demo.vk.errors import Refusal, VkError
from integrations.demo.vk.faults import Fault
from integrations.demo.vk.forms import read_form
from integrations.demo.vk.world import Community, World

FORM = "application/x-www-form-urlencoded"
LONGEST_WAIT = 90  # seconds
BROKEN_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"


class Call(NamedTuple):
    """A call of a known caller: its community, and what it wants."""

    world: World
    courier: Courier
    community: Community
    params: Mapping[str, Any]
    files: str = ""


METHODS: dict[str, Callable[[Call], Any]] = {
    "messages.send": lambda call: sending.send(call.world, call.community, call.params),
    "execute": lambda call: sending.execute(call.world, call.community, call.params),
    "messages.sendMessageEventAnswer": lambda call: sending.answer_event(
        call.world, call.community, call.params
    ),
    "groups.getCallbackConfirmationCode": lambda call: groups.confirmation_code(
        call.community, call.params
    ),
    "groups.addCallbackServer": lambda call: groups.add_server(
        call.world, call.courier, call.community, call.params
    ),
    "groups.editCallbackServer": lambda call: groups.edit_server(
        call.courier, call.community, call.params
    ),
    "groups.deleteCallbackServer": lambda call: groups.delete_server(
        call.courier, call.community, call.params
    ),
    "groups.getCallbackServers": lambda call: groups.servers(call.community, call.params),
    "groups.setCallbackSettings": lambda call: groups.set_settings(call.community, call.params),
    "groups.getCallbackSettings": lambda call: groups.settings(call.community, call.params),
    "groups.getById": lambda call: groups.by_id(call.community, call.params),
    "groups.getTokenPermissions": lambda call: groups.rights(call.community),
    "groups.getLongPollServer": lambda call: groups.long_poll_server(
        call.community, call.params, call.files
    ),
    "groups.getLongPollSettings": lambda call: groups.long_poll_settings(
        call.community, call.params
    ),
    "groups.setLongPollSettings": lambda call: groups.set_long_poll_settings(
        call.community, call.params
    ),
    "groups.getMembers": lambda call: groups.members(call.community, call.params),
}


# What a method asks of the token; the others are open to any.
MANAGED = frozenset(
    {
        "groups.getCallbackConfirmationCode",
        "groups.addCallbackServer",
        "groups.editCallbackServer",
        "groups.deleteCallbackServer",
        "groups.getCallbackServers",
        "groups.setCallbackSettings",
        "groups.getCallbackSettings",
        "groups.getLongPollServer",
        "groups.getLongPollSettings",
        "groups.setLongPollSettings",
    }
)
WRITES = frozenset({"messages.send", "execute", "messages.sendMessageEventAnswer"})


def _needed_right(name: str) -> str | None:
    if name in WRITES:
        return "messages"
    return "manage" if name in MANAGED else None


def _do(name: str, call: Call) -> Any:
    if name not in METHODS:
        raise VkError(3, name)
    right = _needed_right(name)
    if right is not None and right not in call.community.rights:
        raise VkError(15, f"the token has no right {right}")
    return METHODS[name](call)


class Api:
    """The methods of VK that the stand-in knows, over one world."""

    def __init__(self, world: World, courier: Courier, files: str = "") -> None:
        self.world = world
        self.courier = courier
        self.files = files

    async def call(self, name: str, params: dict[str, Any], token: str | None) -> Response[Any]:
        """Answer one call; `params` without the token."""
        try:
            community = self._enter(name, params, token)
        except VkError as error:
            self.world.counters.errors[error.refusal.code] += 1
            return _refused(error.refusal, params)
        fault = self.world.faults.of_call(community.group_id, name)
        if fault and fault.kind != "late":
            return await self._spoil(fault, params)
        answer = await self._answer(name, community, params)
        if fault:
            await asyncio.sleep(fault.seconds)
        return answer

    def _enter(self, name: str, params: Mapping[str, Any], token: str | None) -> Community:
        """Know the caller by the token and hold it to 20 calls in any second."""
        counters = self.world.counters
        counters.methods[name] += 1
        counters.calls.append({"method": name, "params": params})
        community = self.world.by_token.get(token or "")
        if community is None:
            raise VkError(5)
        now = self.world.now()
        if community.seen.add(now) > community.calls_a_second:
            counters.violation(community.group_id, name, "more calls in a second than allowed")
        if community.accepted.count(now) >= community.calls_a_second:
            raise VkError(6)
        community.accepted.add(now)
        if not params.get("v"):
            counters.violation(community.group_id, name, "no API version")
            raise VkError(100, "v is required")
        return community

    async def _spoil(self, fault: Fault, params: Mapping[str, Any]) -> Response[Any]:
        if fault.kind == "error":
            self.world.counters.errors[fault.code] += 1
            return _refused(Refusal(fault.code, "on purpose"), params)
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        status = 504 if fault.kind == "hang" else 502
        return Response(BROKEN_PAGE, status_code=status, media_type="text/html")

    async def _answer(
        self, name: str, community: Community, params: Mapping[str, Any]
    ) -> Response[Any]:
        try:
            answer = _do(name, Call(self.world, self.courier, community, params, self.files))
            if inspect.isawaitable(answer):
                answer = await answer
        except VkError as error:
            sending.count_refusal(self.world, community, name, error.refusal)
            return _refused(error.refusal, params)
        return _json(answer if name == "execute" else {"response": answer})


@route(
    "/method/{name:str}",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    include_in_schema=False,
    status_code=200,
)
async def method(
    request: Request[Any, Any, Any], name: FromPath[str], api: NamedDependency[Api]
) -> Response[Any]:
    """Answer a call of an API method."""
    params = read_form(request.scope["query_string"])
    token = params.pop("access_token", None)
    if token:
        api.world.counters.violation(None, name, "the token stands in the URL")
    headers = dict(request.scope["headers"])
    body = await request.body()
    if body:
        kind = headers.get(b"content-type", b"").decode().partition(";")[0]
        if kind == FORM:
            params |= read_form(body)
        else:
            api.world.counters.violation(None, name, f"the body is {kind}, not a form")
    scheme, _, bearer = headers.get(b"authorization", b"").decode().partition(" ")
    form_token = params.pop("access_token", None)
    given = bearer if scheme.lower() == "bearer" else form_token or token
    return await api.call(name, params, given)


@get("/longpoll/{group_id:int}", include_in_schema=False)
async def long_poll(
    world: NamedDependency[World],
    group_id: FromPath[int],
    key: FromQuery[str],
    ts: FromQuery[int],
    wait: FromQuery[int] = 25,
) -> Response[Any]:
    """Answer who waits for a community's events."""
    community = world.communities.get(group_id)
    if community is None:
        return _json({"failed": 2})
    return _json(await community.poll.check(key, ts, min(max(wait, 0), LONGEST_WAIT)))


def _refused(refusal: Refusal, params: Mapping[str, Any]) -> Response[Any]:
    told = [{"key": key, "value": str(value)} for key, value in params.items()]
    return _json(
        {
            "error": {
                "error_code": refusal.code,
                "error_msg": refusal.message,
                "request_params": told,
            }
        }
    )


def _json(value: Any) -> Response[Any]:
    return Response(msgspec.json.encode(value), media_type="application/json")
