"""When a slot is shown to whom: the waiting list first, never at night, the public in the end."""

from datetime import datetime, time, timedelta, tzinfo

from msgspec import Struct

MORNING, EVENING = time(8), time(21)
AT_ONCE = timedelta(hours=4)
"""A slot that starts so soon goes straight to the public."""
BEFORE_START = timedelta(hours=2)
"""An offer never lasts longer than until so long before the start."""


class Release(Struct, frozen=True):
    """What becomes of a slot now: shown to all, offered to the line, or kept until `later`."""

    offer: bool = False
    later: datetime | None = None


def release(starts_at: datetime, now: datetime, zone: tzinfo) -> Release:
    """Return what becomes of a slot that is free at this moment.

    No offer is sent between 21:00 and 08:00 of the krai; what is freed then waits for the morning,
    unless it would start within four hours of it.
    """
    if starts_at - now <= AT_ONCE:
        return Release()
    morning = next_morning(now, zone)
    if morning is None:
        return Release(offer=True)
    return Release() if starts_at - morning <= AT_ONCE else Release(later=morning)


def next_morning(now: datetime, zone: tzinfo) -> datetime | None:
    """Return the end of the night that it is now; None by day."""
    local = now.astimezone(zone)
    if MORNING <= local.time() < EVENING:
        return None
    day = local.date() + timedelta(days=local.time() >= EVENING)
    return datetime.combine(day, MORNING, zone)


def offer_end(starts_at: datetime, now: datetime, minutes: int) -> datetime:
    """Return until when an offer lasts that is made now."""
    return min(now + timedelta(minutes=minutes), starts_at - BEFORE_START)


def fits(
    starts_at: datetime,
    zone: tzinfo,
    days: list[int] | None,
    hour_from: time | None,
    hour_to: time | None,
) -> bool:
    """Tell whether a slot is on the days (1 is Monday) and within the hours that are wished."""
    local = starts_at.astimezone(zone)
    if days and local.isoweekday() not in days:
        return False
    if hour_from is not None and local.time() < hour_from:
        return False
    return hour_to is None or local.time() < hour_to
