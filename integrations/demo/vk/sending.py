"""`messages.send`, `execute` and the answer to callback buttons: what they do to the world."""

from collections.abc import Mapping
from typing import Any

import msgspec

from integrations.demo.vk.errors import CALLERS_FAULT, Refusal, VkError
from integrations.demo.vk.events import message_reply
from integrations.demo.vk.rules import (
    FIRST_CHAT_PEER,
    check_event_data,
    check_message,
    execute_calls,
    peers_of,
    whole,
)
from integrations.demo.vk.world import HOUR, MESSAGES_AN_HOUR, Community, Message, World

# How long VK keeps the answer token of a pressed callback button, in seconds.
QUESTION_LIVES = 60.0


def send(world: World, community: Community, params: Mapping[str, Any]) -> Any:
    """Do `messages.send`.

    Returns the message's id for one peer; for `peer_ids` a list in which each peer has its own
    id or error. Raises VkError where VK refuses the call.
    """
    peers, many = peers_of(params)
    refusal = check_message(params)
    if refusal:
        raise VkError(*refusal)
    if not many:
        answer = _deliver(world, community, peers[0], params)
        if isinstance(answer, Refusal):
            raise VkError(*answer)
        return answer.id
    answers = [(peer, _deliver(world, community, peer, params)) for peer in peers]
    return [_answer_of_peer(peer, answer) for peer, answer in answers]


def _answer_of_peer(peer: int, answer: Message | Refusal) -> dict[str, Any]:
    if isinstance(answer, Message):
        return {
            "peer_id": peer,
            "message_id": answer.id,
            "conversation_message_id": answer.cmid,
        }
    error = {"code": answer.code, "description": answer.message}
    return {"peer_id": peer, "message_id": 0, "conversation_message_id": 0, "error": error}


def _deliver(
    world: World, community: Community, peer: int, params: Mapping[str, Any]
) -> Message | Refusal:
    if not 0 < peer < FIRST_CHAT_PEER:
        return Refusal(932 if peer < 0 else 927)
    talk = community.conversations.get(peer)
    random_id = whole(params["random_id"]) or 0
    if not random_id:
        world.counters.violation(community.group_id, "messages.send", "random_id is 0")
    elif talk and random_id in talk.by_random_id:
        world.counters.duplicates += 1
        return talk.by_random_id[random_id]
    refusal = world.faults.of_message(community.group_id, peer)
    if refusal:
        return refusal
    talk = talk or (community.conversation(peer) if community.open else None)
    if talk is None or not talk.allowed:
        return Refusal(901)
    now = world.now()
    if len(talk.sent) == MESSAGES_AN_HOUR and now - talk.sent[0] < HOUR:
        return Refusal(9)
    talk.sent.append(now)
    keyboard = _keyboard(params)
    text = params.get("message", "")
    message = world.write(
        community, talk, "community", text, random_id=random_id, keyboard=keyboard
    )
    if keyboard is not None and not keyboard.get("inline"):
        talk.keyboard = keyboard if keyboard["buttons"] else None
    if random_id:
        talk.by_random_id[random_id] = message
    world.counters.messages += 1
    world.emit(community, "message_reply", message_reply(community, talk, message))
    return message


def _keyboard(params: Mapping[str, Any]) -> dict[str, Any] | None:
    text = params.get("keyboard")
    return msgspec.json.decode(text) if text else None


def execute(world: World, community: Community, params: Mapping[str, Any]) -> dict[str, Any]:
    """Do `execute`: returns `response` and, where calls failed, `execute_errors` in order."""
    response: list[Any] = []
    errors: list[dict[str, Any]] = []
    for call in execute_calls(str(params.get("code", ""))):
        try:
            response.append(send(world, community, call))
        except VkError as error:
            refusal = error.refusal
            count_refusal(world, community, "messages.send", refusal)
            response.append(False)
            errors.append(
                {
                    "method": "messages.send",
                    "error_code": refusal.code,
                    "error_msg": refusal.message,
                }
            )
    return {"response": response} | ({"execute_errors": errors} if errors else {})


def count_refusal(world: World, community: Community, method: str, refusal: Refusal) -> None:
    """Count an error, and keep it as a violation where the caller should have known."""
    world.counters.errors[refusal.code] += 1
    if refusal.code in CALLERS_FAULT and refusal.why != "on purpose":
        world.counters.violation(community.group_id, method, refusal.message)


def answer_event(world: World, community: Community, params: Mapping[str, Any]) -> int:
    """Do `messages.sendMessageEventAnswer`: once, within 60 seconds of the press."""
    event_id = str(params.get("event_id", ""))
    user_id, asked_at = community.questions.pop(event_id, (0, 0.0))
    people = {whole(params.get("user_id")), whole(params.get("peer_id"))}
    if people != {user_id} or world.now() - asked_at > QUESTION_LIVES:
        raise VkError(100, "event_id is unknown or older than 60 seconds")
    if params.get("event_data"):
        refusal = check_event_data(str(params["event_data"]))
        if refusal:
            raise VkError(*refusal)
    return 1
