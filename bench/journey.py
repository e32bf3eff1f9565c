"""The way of a resident through the appeal, walked once in memory.

Where everybody stands before the clock starts, what is answered then, and how long the rows are
that each answer writes.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from bench.house import House
from schemas.dialogs import Capabilities, Incoming, Message
from services.dialogs.registry import DIALOGUES
from services.dialogs.step import Taking
from services.dialogs.talk import Talk
from services.dialogs.world import World

TO_CONSENT = ("меню", "1", "1", "1", "Нет", "Согласен")  # appeal, category, topic, no complaint
ANSWERS = {
    "text": "Во дворе дома третью неделю не горит фонарь, вечером дети идут из школы в темноте.",
    "place": "Хабаровск, улица Калинина, дом 10, у второго подъезда",
    "photos": "Пропустить",
    "name": "Анна Викторовна Ли",
    "contact": "+7 914 000-00-00",
}
"""Mid-form answers in their order: each is typed, checked, kept, and answered with a question."""


class Station(Struct, frozen=True):
    """Where a resident stands: the dialogue, its revision, the message that asks."""

    talk: Talk
    revision: int
    message: Message


def walk(house: House) -> list[Station]:
    """Return the station after the consent, and those after each of the answers."""
    snapshot = house.parts.house.directory.snapshot
    world = World(
        snapshot=snapshot,
        community=house.pages[0],
        operator=snapshot.operators[house.pages[0].operator_id],
        now=house.parts.house.now(),
        zone=house.parts.house.zone,
        capabilities=Capabilities(),
    )
    start = _take(Station(Talk(), 0, Message("")), TO_CONSENT, world)
    agreed = replace(world, consents=frozenset((house.document.id,)))
    stations = [start]
    for answer in ANSWERS.values():
        stations.append(_take(stations[-1], (answer,), agreed))
    return stations


def _take(station: Station, texts: Sequence[str], world: World) -> Station:
    for text in texts:
        revision = station.revision + 1
        taking = Taking(DIALOGUES, station.talk, world, revision)
        outcome = taking.take(Incoming("text", text))
        station = Station(outcome.talk, revision, outcome.messages[-1])
    return station
