"""How the stand-in shows its state as JSON; the shapes are described in `control`."""

from typing import Any

from integrations.demo.vk.world import Community, Conversation, Message


def page_view(community: Community) -> dict[str, Any]:
    """Show a page, without its token."""
    servers = [
        {"id": s.id, "url": s.url, "status": s.status, "queued": len(s.queue)}
        for s in community.servers.values()
    ]
    return {"group_id": community.group_id, "title": community.title, "servers": servers}


def conversation_view(talk: Conversation, after: int) -> dict[str, Any]:
    """Show a conversation's messages above the number `after`, and its keyboard."""
    return {
        "allowed": talk.allowed,
        "last_cmid": len(talk.messages),
        "keyboard": _keyboard(talk.keyboard),
        "messages": [_message(message) for message in talk.messages[after:]],
    }


def _message(message: Message) -> dict[str, Any]:
    inline = message.keyboard and message.keyboard.get("inline")
    return {
        "id": message.id,
        "cmid": message.cmid,
        "at": message.date,
        "from": message.author,
        "text": message.text,
        "random_id": message.random_id,
        "payload": message.payload,
        "buttons": _keyboard(message.keyboard) if inline else None,
        "attachments": message.attachments,
        "geo": message.geo,
    }


def _keyboard(keyboard: dict[str, Any] | None) -> dict[str, Any] | None:
    if keyboard is None:
        return None
    rows = [
        [
            {
                "type": button["action"]["type"],
                "label": button["action"].get("label", "Отправить местоположение"),
                "payload": button["action"].get("payload"),
                "color": button.get("color", "secondary"),
                "link": button["action"].get("link"),
            }
            for button in row
        ]
        for row in keyboard["buttons"]
    ]
    return {
        "inline": keyboard.get("inline", False),
        "one_time": keyboard.get("one_time", False),
        "rows": rows,
    }
