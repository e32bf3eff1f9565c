"""What is said to words, places and files where something is to be chosen."""

from schemas.dialogs import Incoming
from schemas.forms import Choice, Consent, Review
from services.dialogs import wording


def hint(step: Choice | Consent | Review, incoming: Incoming) -> str:
    """Return the hint; nothing of what was sent is kept."""
    if isinstance(step, Consent):
        return wording.FILES_AFTER_CONSENT if incoming.files else wording.CONSENT_FIRST
    if incoming.files and isinstance(step, Review):
        return wording.FILES_OVER
    if incoming.kind in {"other", "location"}:
        return wording.LATER if isinstance(step, Choice) else wording.OTHER_CONTENT
    return step.again or wording.CHOOSE
