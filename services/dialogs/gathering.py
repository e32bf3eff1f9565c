"""Photos and documents in a dialogue: taken once consent is given, up to the limits."""

from msgspec import Struct
from msgspec.structs import replace

from schemas.dialogs import Incoming
from schemas.forms import Step
from services.dialogs import journey, wording
from services.dialogs.talk import Draft
from services.dialogs.world import Answers, Dialogue, TakeFiles, World
from services.files.shelf import shelf_of
from services.files.wording import left_out, receiving


class Gathered(Struct, frozen=True):
    """The draft with what was taken, what is said of it, and what is to be fetched, if any."""

    draft: Draft
    said: str
    effect: TakeFiles | None = None


def gather(
    dialogue: Dialogue, draft: Draft, step: Step, incoming: Incoming, world: World
) -> Gathered:
    """Take the files of a message at a step after the consent; raises NeedsDatabase.

    They may come before they are asked for: whoever describes a hole sends its photo with it.
    """
    wanted = journey.files_ahead(dialogue, draft.answers, world)
    if wanted is None:
        return Gathered(draft, f"{wording.FILES_OVER} {step.again}".strip())
    shelf = shelf_of(world)
    has = shelf.fit(draft.files) + _attached(dialogue, draft.answers, world)
    today = shelf.room()
    room = max(0, min(wanted.most - has, today))
    taken, left = incoming.files[:room], incoming.files[room:]
    said = [receiving(len(taken))] * bool(taken)
    if left:
        said.append(left_out(len(left), day_over=today < wanted.most - has))
    files = (*draft.files, *(each.id for each in taken))
    effect = TakeFiles(taken, len(draft.files)) if taken else None
    return Gathered(replace(draft, files=files), " ".join(said), effect)


def _attached(dialogue: Dialogue, answers: Answers, world: World) -> int:
    """Return how many files the case has that the draft adds to."""
    return int(dialogue.facts(world, answers).get("attached") or 0)
