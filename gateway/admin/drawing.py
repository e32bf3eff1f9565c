"""Pictures drawn on the server as SVG: shapes and classes only, the style sheet colours them."""

import math
from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, GAP = 600, 120, 2
_BAR = Markup(
    '<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
    "<title>{title}</title></rect>"
)
_AREA = Markup(
    '<rect class="area" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
    'fill-opacity="{shade:.2f}"><title>{title}</title></rect>'
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


def gauge(share: float | None) -> Markup:
    """Draw which part of something is full; the number stands beside it in words."""
    if share is None:
        return Markup("")
    return Markup(
        '<svg class="gauge{full}" viewBox="0 0 100 8" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="rest" width="100" height="8"/>'
        '<rect class="part" width="{part:.1f}" height="8"/></svg>'
    ).format(full=" full" if share >= 1 else "", part=min(share, 1) * 100)


def squares(places: Sequence[tuple[float, float, int]]) -> Markup:
    """Draw squares (west, south, count) of a twentieth of a degree; fuller ones are darker."""
    if not places:
        return Markup("")
    side = 0.05
    west = min(x for x, _, _ in places) - side
    north = max(y for _, y, _ in places) + 2 * side
    # A degree of longitude is shorter than one of latitude: by the cosine of the middle.
    middle = (north + min(y for _, y, _ in places)) / 2
    narrow = math.cos(math.radians(middle))
    width = (max(x for x, _, _ in places) + 2 * side - west) * narrow
    height = north - min(y for _, y, _ in places) + side
    scale = 100 / max(width, height)
    most = max(n for _, _, n in places)
    drawn = [
        _AREA.format(
            x=(x - west) * narrow * scale,
            y=(north - y - side) * scale,
            width=side * narrow * scale,
            height=side * scale,
            shade=0.25 + 0.75 * n / most,
            title=f"{y:.2f}; {x:.2f} — {n}",
        )
        for x, y, n in places
    ]
    return Markup(
        '<svg class="map" viewBox="0 0 {width:.2f} {height:.2f}" role="img" '
        'aria-label="Карта открытых заявок">{inside}</svg>'
    ).format(width=width * scale, height=height * scale, inside=Markup("").join(drawn))
