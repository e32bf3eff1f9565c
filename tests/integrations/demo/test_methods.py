import json
from typing import Any

import pytest

from integrations.demo.vk.callbacks import Courier
from integrations.demo.vk.errors import VkError
from integrations.demo.vk.methods import Api
from integrations.demo.vk.sending import answer_event, send
from integrations.demo.vk.world import World
from tests.integrations.demo.conftest import GROUP, TOKEN, USER, Caller, keyboard


def code(answer: Any) -> int:
    return answer["error"]["error_code"]


async def test_a_message_arrives(vk: Caller) -> None:
    """A resident who wrote can be answered; the keyboard stands under the input field."""
    await vk.act("text", text="Привет")
    answer = await vk.send(random_id=5, keyboard=keyboard("Да", "Нет"))
    talk = await vk.read()
    assert [m["text"] for m in talk["messages"]] == ["Привет", "Здравствуйте"]
    assert talk["messages"][1]["id"] == answer["response"]
    assert [b["label"] for row in talk["keyboard"]["rows"] for b in row] == ["Да", "Нет"]


async def test_an_inline_keyboard_leaves_the_other_alone(vk: Caller) -> None:
    """Buttons inside a message belong to it; an empty keyboard removes the one below."""
    await vk.act("text", text="Привет")
    await vk.send(random_id=1, keyboard=keyboard("Да"))
    await vk.send(random_id=2, keyboard=keyboard("Ответить", inline=True))
    talk = await vk.read()
    assert talk["keyboard"]["rows"][0][0]["label"] == "Да"
    assert talk["messages"][2]["buttons"]["rows"][0][0]["label"] == "Ответить"
    await vk.send(random_id=3, keyboard='{"buttons":[]}')
    assert (await vk.read())["keyboard"] is None


async def test_the_same_random_id_is_the_same_message(vk: Caller) -> None:
    """A repeat is dropped and answered with the first message's id."""
    await vk.act("text", text="Привет")
    first = await vk.send(random_id=5)
    assert await vk.send(random_id=5, message="Другое") == first
    assert len((await vk.read())["messages"]) == 2
    assert (await vk.counters())["duplicates_dropped"] == 1


async def test_zero_protects_from_nothing(vk: Caller) -> None:
    """With random_id 0 every call is a message of its own, and a violation."""
    await vk.act("text", text="Привет")
    assert await vk.send(random_id=0) != await vk.send(random_id=0)
    assert (await vk.counters())["violation_count"] == 2


async def test_nobody_is_written_to_without_permission(vk: Caller) -> None:
    """Strangers and those who said no: 901; permission brings the page back."""
    assert code(await vk.send(random_id=1)) == 901
    await vk.act("text", text="Привет")
    await vk.act("deny")
    assert code(await vk.send(random_id=2)) == 901
    await vk.act("allow")
    assert "response" in await vk.send(random_id=3)


async def test_peer_ids_answer_for_each(vk: Caller) -> None:
    """Each peer has its own id or its own error, inside a good answer."""
    await vk.act("text", text="Привет")
    answer = await vk.call("messages.send", peer_ids=f"{USER},8", message="Всем", random_id=1)
    reached, stranger = answer["response"]
    assert reached["message_id"]
    assert stranger["error"]["code"] == 901


async def test_execute_reports_what_failed(vk: Caller) -> None:
    """A failed call is false; the errors stand aside in their order."""
    await vk.act("text", text="Привет")
    calls = [{"peer_id": peer, "message": "!", "random_id": peer} for peer in (USER, 8, 9)]
    calls.append({"peer_id": USER, "message": "", "random_id": 4})
    body = ", ".join(f"API.messages.send({json.dumps(call)})" for call in calls)
    answer = await vk.call("execute", code=f"return [{body}];")
    assert [bool(item) for item in answer["response"]] == [True, False, False, False]
    assert [error["error_code"] for error in answer["execute_errors"]] == [901, 901, 100]


async def test_more_than_twenty_calls_a_second_are_too_many(world: World) -> None:
    """The twenty-first call within a second is error 6 and a violation."""
    api = Api(world, Courier(world))
    calls = [await api.call("groups.getById", {"v": "5.199"}, TOKEN) for _ in range(21)]
    answers = [json.loads(answer.content) for answer in calls]
    assert [code(answer) for answer in answers if "error" in answer] == [6]
    assert world.communities[GROUP].seen.most == 21
    assert world.counters.violation_count == 1


async def test_calls_are_remembered(vk: Caller) -> None:
    """What was asked can be read, without the token."""
    await vk.call("groups.getMembers", group_id=GROUP)
    remembered = (await vk.http.get("/demo/calls")).json()["items"]
    assert remembered == [
        {"method": "groups.getMembers", "params": {"v": "5.199", "group_id": str(GROUP)}}
    ]


def test_a_person_gets_at_most_a_thousand_messages_an_hour(world: World) -> None:
    """Then it is flood control, error 9, for that person alone."""
    community = world.communities[GROUP]
    community.conversation(USER).allowed = community.conversation(8).allowed = True
    for number in range(1, 1001):
        send(world, community, {"peer_id": USER, "message": "!", "random_id": number})
    with pytest.raises(VkError) as raised:
        send(world, community, {"peer_id": USER, "message": "!", "random_id": 1001})
    assert raised.value.refusal.code == 9
    assert send(world, community, {"peer_id": 8, "message": "!", "random_id": 1})


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("messages.send", {"random_id": 1, "message": "!"}, 100),
        ("messages.send", {"random_id": 1, "message": "!", "peer_id": 2_000_000_001}, 927),
        ("messages.send", {"random_id": 1, "message": "!", "peer_id": -5}, 932),
        ("messages.delete", {}, 3),
        ("groups.getCallbackServers", {}, 100),
        ("groups.getCallbackServers", {"group_id": 5}, 15),
        ("groups.setCallbackSettings", {"group_id": GROUP, "server_id": 9}, 104),
        ("groups.getById", {"group_id": 5}, 100),
        ("execute", {"code": "return 1;"}, 12),
    ],
)
async def test_bad_calls_are_refused(
    vk: Caller, method: str, params: dict[str, Any], expected: int
) -> None:
    """An error is answered with status 200, its code, and the parameters of the call."""
    answer = await vk.call(method, **params)
    assert code(answer) == expected
    assert {"key": "v", "value": "5.199"} in answer["error"]["request_params"]


async def test_a_call_is_known_by_its_token(vk: Caller) -> None:
    """Without a token or with a wrong one: 5. In the URL it is taken, and noted."""
    assert code((await vk.http.post("/method/groups.getById", data={"v": "5.199"})).json()) == 5
    answer = await vk.http.post(f"/method/groups.getById?v=5.199&access_token={TOKEN}")
    assert answer.json()["response"]["groups"][0]["id"] == GROUP
    violations = (await vk.counters())["violations"]
    assert [v["what"] for v in violations] == ["the token stands in the URL"]
    assert TOKEN not in json.dumps(violations)


async def test_a_json_body_is_not_read(vk: Caller) -> None:
    """Bodies are forms: VK sees no parameters in anything else."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = await vk.http.post("/method/groups.getById", json={"v": "5.199"}, headers=headers)
    assert code(answer.json()) == 100
    assert (await vk.counters())["violation_count"] == 2


async def test_faults_strike_as_ordered(vk: Caller) -> None:
    """A fault hits whom it names, as often as it says, and then never again."""
    await vk.act("text", text="Привет")
    await vk.fault(kind="error", code=10, times=1)
    await vk.fault(kind="bad_gateway", times=1)
    assert code(await vk.send(random_id=1)) == 10
    broken = await vk.http.post(
        "/method/messages.send", headers={"Authorization": f"Bearer {TOKEN}"}, data={"v": "5.199"}
    )
    assert (broken.status_code, broken.text[:6]) == (502, "<html>")
    await vk.fault(kind="error", code=902, user_id=USER)
    assert code(await vk.send(random_id=1)) == 902
    await vk.http.delete("/demo/faults")
    assert "response" in await vk.send(random_id=1)


async def test_a_late_answer_has_delivered(vk: Caller) -> None:
    """`late` does what was asked; a hang does not."""
    await vk.act("text", text="Привет")
    await vk.fault(kind="late", seconds=0, times=1)
    assert "response" in await vk.send(random_id=1)
    await vk.fault(kind="hang", seconds=0, times=1)
    await vk.http.post(
        "/method/messages.send",
        headers={"Authorization": f"Bearer {TOKEN}"},
        data={"v": "5.199", "peer_id": USER, "random_id": 2, "message": "!"},
    )
    assert len((await vk.read())["messages"]) == 2


def test_a_press_can_be_answered_once_within_a_minute(world: World) -> None:
    """The token of a callback press lives 60 seconds and works once."""
    community = world.communities[GROUP]
    params = {"event_id": "e", "user_id": USER, "peer_id": USER}
    community.questions["e"] = (USER, world.now() - 60)
    assert answer_event(world, community, params) == 1
    with pytest.raises(VkError):
        answer_event(world, community, params)
    community.questions["e"] = (USER, world.now() - 61)
    with pytest.raises(VkError):
        answer_event(world, community, params)


async def test_callback_servers_are_kept(vk: Caller) -> None:
    """At most ten; one that cannot be reached is `failed`; events are chosen by name."""
    fields = {"group_id": GROUP, "url": "http://127.0.0.1:9/", "title": "gateway"}
    added = [await vk.call("groups.addCallbackServer", **fields) for _ in range(10)]
    assert code(added[-1]) == 2000
    server_id = added[0]["response"]["server_id"]
    listed = await vk.call("groups.getCallbackServers", group_id=GROUP, server_ids=server_id)
    assert [item["status"] for item in listed["response"]["items"]] == ["failed"]
    wanted = {"group_id": GROUP, "server_id": server_id, "message_new": 1}
    await vk.call("groups.setCallbackSettings", **wanted)
    settings = await vk.call("groups.getCallbackSettings", group_id=GROUP, server_id=server_id)
    assert settings["response"]["events"]["message_new"] == 1
    assert settings["response"]["events"]["message_deny"] == 0
    await vk.call("groups.deleteCallbackServer", group_id=GROUP, server_id=server_id)
    left = await vk.call("groups.getCallbackServers", group_id=GROUP)
    assert left["response"]["count"] == 9


async def test_a_confirmation_code_changes(vk: Caller) -> None:
    """The code is the page's own and can be made anew."""
    before = await vk.call("groups.getCallbackConfirmationCode", group_id=GROUP)
    renewed = await vk.http.post(f"/demo/communities/{GROUP}/confirmation")
    after = await vk.call("groups.getCallbackConfirmationCode", group_id=GROUP)
    assert before["response"] != after["response"] == renewed.json()


async def test_members_are_those_who_wrote(vk: Caller) -> None:
    """Counted, and listed by pages."""
    await vk.act("text", text="Привет")
    answer = await vk.call("groups.getMembers", group_id=GROUP)
    assert answer["response"] == {"count": 1, "items": [USER]}


def test_a_detached_server_is_forgotten(world: World) -> None:
    """Its queue goes with it."""
    community = world.communities[GROUP]
    Courier(world).detach(community, community.servers[1])
    assert not community.servers
