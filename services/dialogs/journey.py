"""The journey through a form: a pure function of the form and the answers so far."""

from collections.abc import Mapping

from schemas.forms import Choice, Consent, Offering, Option, Photos, Review, Step, When
from services.dialogs.world import Answers, Dialogue, World


def current(dialogue: Dialogue, answers: Answers, world: World) -> Step | None:
    """Return the first step on the way that has no answer yet; None when all have."""
    facts: Mapping[str, str] | None = None
    for step in dialogue.form.steps:
        if step.key in answers:
            continue
        if step.when is not None:
            if step.when.key not in answers and facts is None:
                facts = dialogue.facts(world, answers)
            if not _fits(step.when, answers, facts or {}):
                continue
        if isinstance(step, Consent) and _agreed(step, world):
            continue
        return step
    return None


def files_ahead(dialogue: Dialogue, answers: Answers, world: World) -> Photos | None:
    """Return the step on the way that asks for files, if it is not answered yet."""
    for step in dialogue.form.steps:
        if not isinstance(step, Photos) or step.key in answers:
            continue
        if step.when is None or _fits(step.when, answers, dialogue.facts(world, answers)):
            return step
    return None


def previous(dialogue: Dialogue, answers: Answers) -> str | None:
    """Return the key of the last step that was answered, or None at the beginning."""
    keys = [step.key for step in dialogue.form.steps if step.key in answers]
    return keys[-1] if keys else None


def kept(dialogue: Dialogue, answers: Answers, world: World) -> Answers:
    """Return the answers that still fit, after one of them was replaced.

    A later choice that is no longer offered goes, and so does what stands on a branch left.
    """
    fitting: dict[str, object] = {}
    for step in dialogue.form.steps:
        if step.key not in answers or isinstance(step, Review):
            continue
        if step.when is not None and not _fits(step.when, fitting, dialogue.facts(world, fitting)):
            continue
        value = answers[step.key]
        if isinstance(step, Offering) and isinstance(value, str):
            offered = options(dialogue, step, fitting, world)
            if all(option.code != value for option in offered):
                continue
        fitting[step.key] = value
    return fitting


def options(
    dialogue: Dialogue, step: Offering, answers: Answers, world: World
) -> tuple[Option, ...]:
    """Return what a step of choice offers now."""
    fixed = step.options if isinstance(step, Choice) else ()
    return fixed or dialogue.options(world, answers, step.key)


def _fits(when: When, answers: Answers, facts: Mapping[str, str]) -> bool:
    value = answers.get(when.key, facts.get(when.key))
    return value in when.codes if when.codes else bool(value)


def _agreed(step: Consent, world: World) -> bool:
    return world.document(step.service, step.subject).id in world.consents
