"""Slots out of a table (CSV) or a calendar (RFC 5545), as clinics' programs export them."""

import csv
import io
from datetime import datetime, tzinfo

import msgspec
from icalendar import Calendar, Event

from services.doctors.schedule import MOST_SLOTS, SlotBody, SlotsBody
from services.errors import FieldError, InvalidRequest

REPEATED = ("RRULE", "RDATE", "EXDATE")


def read_slots_csv(practitioner: str, body: bytes) -> SlotsBody:
    """Read `starts_at,ends_at,release_at`; raises InvalidRequest with every wrong line."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(FieldError("", "Send the table in UTF-8.")) from None
    items: list[SlotBody] = []
    errors: list[FieldError] = []
    for number, line in enumerate(csv.DictReader(io.StringIO(text)), 2):
        given = {name: value for name, value in line.items() if value}
        try:
            items.append(
                msgspec.convert({**given, "practitioner": practitioner}, SlotBody, strict=False)
            )
        except msgspec.ValidationError as error:
            errors.append(FieldError(f"line {number}", str(error)))
    return _whole(items, errors)


def read_slots_ical(practitioner: str, body: bytes, zone: tzinfo) -> SlotsBody:
    """Read the events of a calendar as slots; times without a zone are the krai's.

    Raises InvalidRequest with every event that is none: of a whole day, repeated, without an end.
    """
    try:
        calendar = Calendar.from_ical(body)
    except ValueError:
        raise InvalidRequest(FieldError("", "Send a calendar (RFC 5545) in UTF-8.")) from None
    items: list[SlotBody] = []
    errors: list[FieldError] = []
    for number, event in enumerate(calendar.events, 1):
        try:
            start, end = _times(event, zone)
        except ValueError as error:
            errors.append(FieldError(f"event {number}", str(error)))
        else:
            items.append(SlotBody(practitioner=practitioner, starts_at=start, ends_at=end))
    return _whole(items, errors)


def _times(event: Event, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return start and end of an event; raises ValueError in words for who sent it."""
    if any(name in event for name in REPEATED):
        raise ValueError("It repeats; send each slot as an event of its own.")
    start, end = (_moment(event, name, zone) for name in ("DTSTART", "DTEND"))
    if start is None or end is None:
        raise ValueError("It needs DTSTART and DTEND, each with a time of day.")
    return start, end


def _moment(event: Event, name: str, zone: tzinfo) -> datetime | None:
    moment = getattr(event.get(name), "dt", None)
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _whole(items: list[SlotBody], errors: list[FieldError]) -> SlotsBody:
    if not items and not errors:
        errors = [FieldError("", "There are no slots in it.")]
    if len(items) > MOST_SLOTS:
        errors.append(FieldError("", f"At most {MOST_SLOTS} at once."))
    if errors:
        raise InvalidRequest(*errors)
    return SlotsBody(items)
