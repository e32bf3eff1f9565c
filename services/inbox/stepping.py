"""The quick way: a step that needs nothing but what the batch has loaded. No I/O."""

from datetime import datetime

from msgspec.structs import replace

from schemas.dialogs import Message
from schemas.events import Pressed, Said
from services.dialogs.step import Dialogues, Taking
from services.dialogs.talk import Talk
from services.dialogs.wording import TOO_FAST
from services.dialogs.words import MENU_WORDS, plain, read_payload
from services.dialogs.world import Outcome, World
from services.house import House
from services.inbox.queries import Loaded
from services.inbox.visits import Visit, Written, make_world, write_outcome


def is_quick(dialogues: Dialogues, visit: Visit, loaded: Loaded, talk: Talk) -> bool:
    """Tell whether the event can be stepped from memory.

    Not so when the resident could not be written to until now (what was parked goes again), when
    the staff or VK says something about the person, or the present form reads the database.
    """
    if visit.user_key is None or loaded.ours:
        return True
    if visit.incoming is None or loaded.writable is False:
        return False
    if visit.hurried:
        return True
    return talk.draft is None or not dialogues.forms[talk.draft.form].loads


def step(
    house: House,
    dialogues: Dialogues,
    visit: Visit,
    loaded: Loaded,
    talk: Talk,
    now: datetime,
) -> Written | None:
    """Return what the event writes, or None if it must be carried out with the database.

    Raises NeedsDatabase where the form turns out to need more than was loaded.
    """
    incoming = visit.incoming
    if incoming is None or not isinstance(visit.event, Said | Pressed):
        return Written(visit=visit)
    if visit.hurried or silenced(visit, loaded, now):
        return stand_still(house, visit, loaded, talk, now)
    world = make_world(house, visit, loaded, now)
    outcome = take(dialogues, talk, world, loaded, visit)
    if outcome.effect is not None or talk.files() - outcome.talk.files():
        return None
    return write_outcome(house, visit, loaded, outcome, now)


def take(dialogues: Dialogues, talk: Talk, world: World, loaded: Loaded, visit: Visit) -> Outcome:
    """Take the step of the journey; raises NeedsDatabase."""
    incoming = visit.incoming
    if incoming is None:
        return Outcome(talk=talk)
    return Taking(dialogues, talk, world, (loaded.revision or 0) + 1).take(incoming)


def silenced(visit: Visit, loaded: Loaded, now: datetime) -> bool:
    """Tell whether people of the page have the word: until «меню» or a button of ours."""
    if loaded.silenced_until is None or loaded.silenced_until <= now:
        return False
    incoming = visit.incoming
    if incoming is None:
        return True
    if incoming.kind == "press" and read_payload(incoming.payload) is not None:
        return False
    return plain(incoming.text) not in MENU_WORDS


def stand_still(house: House, visit: Visit, loaded: Loaded, talk: Talk, now: datetime) -> Written:
    """Return what an event writes that moves nothing.

    One that is meant for the page's staff is answered with silence, one that came too fast with
    a sentence.
    """
    silent = silenced(visit, loaded, now)
    messages = () if silent else (Message(TOO_FAST, keyboard="keep"),)
    written = write_outcome(house, visit, loaded, Outcome(talk=talk, messages=messages), now)
    return replace(written, silenced_until=loaded.silenced_until)
