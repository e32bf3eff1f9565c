"""A resident at the keyboard, for tests of the dialogue: no database, no channel."""

from msgspec import json
from msgspec.structs import replace

from schemas.dialogs import Incoming, Message
from services.dialogs.registry import DIALOGUES
from services.dialogs.step import Taking
from services.dialogs.talk import Talk
from services.dialogs.world import Finish, GiveConsent, Outcome, World


class Person:
    """Types and presses; remembers the talk, what was said, agreed to and sent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.talk = Talk()
        self.rev = 0
        self.said: list[Message] = []
        self.sent: list[Finish] = []
        self.last: tuple[Message, ...] = ()

    def do(self, incoming: Incoming) -> Outcome:
        self.rev += 1
        outcome = Taking(DIALOGUES, self.talk, self.world, self.rev).take(incoming)
        self.talk = outcome.talk
        if isinstance(outcome.effect, GiveConsent):
            given = self.world.consents | {outcome.effect.document_id}
            self.world = replace(self.world, consents=given)
        if isinstance(outcome.effect, Finish):
            self.sent.append(outcome.effect)
        self.last = outcome.messages
        self.said.extend(outcome.messages)
        return outcome

    def type(self, text: str) -> str:
        self.do(Incoming("text", text))
        return self.heard

    def press(self, label: str) -> str:
        button = next(
            button
            for message in reversed(self.said)
            for row in message.rows
            for button in row
            if button.label == label
        )
        return self.push(button.payload, label)

    def push(self, payload: str, label: str = "") -> str:
        self.do(Incoming("press", label, payload.encode()))
        return self.heard

    @property
    def heard(self) -> str:
        return "\n".join(message.text for message in self.last)

    @property
    def labels(self) -> list[str]:
        return [button.label for message in self.last for row in message.rows for button in row]

    @property
    def step(self) -> str | None:
        """The key of the step whose buttons were shown last."""
        for message in reversed(self.last):
            for row in message.rows:
                for button in row:
                    return json.decode(button.payload).get("step")
        return None
