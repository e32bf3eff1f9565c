"""Pictures drawn on the server as SVG: shapes and classes only, the style sheet colours them."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, GAP = 600, 120, 2
_BAR = Markup(
    '<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
    "<title>{title}</title></rect>"
)
_FRAME = Markup(
    '<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}" '
    'preserveAspectRatio="none">{inside}</svg>'
)


def bars(values: Sequence[float], titles: Sequence[str], label: str) -> Markup:
    """Draw a column for each value; the last one is the present."""
    most = max((*values, 1))
    step = WIDTH / max(len(values), 1)
    drawn = [
        _BAR.format(
            kind="bar now" if place == len(values) - 1 else "bar",
            x=place * step + GAP / 2,
            y=HEIGHT - max(value / most * HEIGHT, 1),
            width=max(step - GAP, 1),
            height=max(value / most * HEIGHT, 1),
            title=title,
        )
        for place, (value, title) in enumerate(zip(values, titles, strict=True))
    ]
    return _FRAME.format(
        kind="bars", width=WIDTH, height=HEIGHT, label=label, inside=Markup("").join(drawn)
    )


def line(values: Sequence[float | None], label: str) -> Markup:
    """Draw the way of a figure over days; days without one break the line."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup("")
    low, high = min(known), max(known)
    spread = (high - low) or 1.0
    step = WIDTH / max(len(values) - 1, 1)
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            height = HEIGHT - 6 - (value - low) / spread * (HEIGHT - 12)
            pieces[-1].append(f"{place * step:.1f},{height:.1f}")
    drawn = [
        Markup('<polyline class="line" points="{}"/>').format(" ".join(points))
        if len(points) > 1
        else Markup('<circle class="dot" cx="{}" cy="{}" r="4"/>').format(*points[0].split(","))
        for points in pieces
        if points
    ]
    return _FRAME.format(
        kind="spark", width=WIDTH, height=HEIGHT, label=label, inside=Markup("").join(drawn)
    )
