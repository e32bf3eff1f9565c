"""What people read of appointments: tickets, times, a calendar file."""

from datetime import UTC, datetime, tzinfo

from icalendar import Calendar, Event

from services.cases.wording import day_words
from services.doctors.slot_queries import SlotRow

_WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


def ticket(zone: tzinfo, slot: SlotRow, number: str, lead: str) -> str:
    """Return a ticket: when, to whom, where, under which number."""
    return "\n".join((lead, f"Талон {number}", place_and_time(zone, slot)))


def place_and_time(zone: tzinfo, slot: SlotRow) -> str:
    """Return when, to whom and where."""
    lines = [moment_words(slot.starts_at, zone)]
    lines.append(f"Врач: {slot.practitioner_name}, {slot.speciality}")
    lines.append(
        f"Где: {slot.clinic_title}" + (f", {slot.clinic_address}" * bool(slot.clinic_address))
    )
    lines += [f"Кабинет {slot.room}"] * bool(slot.room)
    return "\n".join(lines)


def moment_words(moment: datetime, zone: tzinfo) -> str:
    """Return «пн, 14 марта 2026 года, 09:30»."""
    local = moment.astimezone(zone)
    return f"{_WEEKDAYS[local.weekday()]}, {day_words(local.date())}, {local:%H:%M}"


def day_label(moment: datetime, zone: tzinfo) -> str:
    """Return a day as a button shows it: «пн 14.03»."""
    local = moment.astimezone(zone)
    return f"{_WEEKDAYS[local.weekday()]} {local:%d.%m}"


def calendar_file(slot: SlotRow, number: str, now: datetime) -> bytes:
    """Return the ticket as iCalendar (RFC 5545); nothing of the patient stands in it."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//gateway//appointments//RU")
    event = Event()
    event.add("UID", f"{number}@gateway")
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("DTSTART", slot.starts_at.astimezone(UTC))
    event.add("DTEND", slot.ends_at.astimezone(UTC))
    event.add("SUMMARY", f"Приём: {slot.speciality}")
    room = f"каб. {slot.room}" if slot.room else ""
    place = filter(None, (slot.clinic_title, slot.clinic_address, room))
    event.add("LOCATION", ", ".join(place))
    event.add("DESCRIPTION", f"Талон {number}. Врач: {slot.practitioner_name}")
    calendar.add_component(event)
    return calendar.to_ical()
