"""Options of a step out of what is stored."""

from collections.abc import Mapping

from schemas.forms import Option


def told_apart(titles: Mapping[str, str]) -> tuple[Option, ...]:
    """Return options by code whose labels are told apart, as every label of a step must be."""
    seen: dict[str, int] = {}
    options: list[Option] = []
    for code, title in titles.items():
        seen[title] = seen.get(title, 0) + 1
        label = title if seen[title] == 1 else f"{title} ({seen[title]})"
        options.append(Option(code, label))
    return tuple(options)
