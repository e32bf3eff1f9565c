"""What people read of appointments: tickets, times, a calendar file."""

from datetime import UTC, datetime, tzinfo

from services.cases.wording import day_words
from services.doctors.queries import SlotRow

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
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//gateway//appointments//RU",
        "BEGIN:VEVENT",
        f"UID:{number}@gateway",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(slot.starts_at)}",
        f"DTEND:{_utc(slot.ends_at)}",
        f"SUMMARY:{_text(f'Приём: {slot.speciality}')}",
        f"LOCATION:{_text(f'{slot.clinic_title}, {slot.clinic_address}, каб. {slot.room}')}",
        f"DESCRIPTION:{_text(f'Талон {number}. Врач: {slot.practitioner_name}')}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines).encode()


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Fold a line after at most 75 octets, between characters (RFC 5545, 3.1)."""
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > 73:  # noqa: PLR2004 - with the space and the line's end
            parts.append(part)
            part = ""
        part += char
    return "\r\n ".join([*parts, part]) + "\r\n"
