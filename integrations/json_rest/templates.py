"""Filling a description with the values of a case, and finding values in an answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

_BRACES = re.compile(r"\{([a-z_]+)\}")


def fill(template: Any, fields: Mapping[str, Any]) -> Any:
    """Return a template with every `{name}` replaced; what a case lacks becomes null or nothing.

    A text that is one `{name}` alone becomes the value as it is.
    """
    if isinstance(template, Mapping):
        return {key: fill(value, fields) for key, value in template.items()}
    if isinstance(template, Sequence) and not isinstance(template, str):
        return [fill(value, fields) for value in template]
    if not isinstance(template, str):
        return template
    alone = _BRACES.fullmatch(template)
    if alone is not None:
        return fields.get(alone[1])
    return _BRACES.sub(lambda found: _text(fields.get(found[1])), template)


def fill_path(template: str, fields: Mapping[str, Any]) -> str:
    """Return a path with every `{name}` replaced, escaped so that it stays one part of it."""
    return _BRACES.sub(lambda found: quote(_text(fields.get(found[1])), safe=""), template)


def find(answer: Any, path: str) -> Any:
    """Return what stands at a path of keys and numbers (`items.0.id`); None where nothing does."""
    for part in path.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(part)
        elif isinstance(answer, list) and part.isdecimal() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    return answer


def _text(value: Any) -> str:
    return "" if value is None else str(value)
