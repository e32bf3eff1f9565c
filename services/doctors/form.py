"""The form of an appointment: which doctor, who, when; or the waiting list."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from schemas.forms import (
    Child,
    Choice,
    Consent,
    Form,
    Option,
    Policy,
    Review,
    Text,
    When,
)
from services.dialogs.world import Answers, Dialogue, World
from services.doctors import texts
from services.doctors.queries import ClinicRow, PractitionerRow, SlotRow
from services.doctors.wording import day_label, moment_words
from services.residents.children import Child as Person

NAME = "appointment"
SELF, CHILD, ANY, WAIT = "self", "child", "any", "wait"

FORM = Form(
    NAME,
    1,
    "Запись к врачу",
    (
        Choice(
            key="speciality",
            prompt=texts.SPECIALITY.ask,
            again=texts.SPECIALITY.again,
            empty=texts.NOTHING,
            search=True,
        ),
        Choice(
            key="who",
            prompt=texts.WHO.ask,
            again=texts.WHO.again,
            options=(Option(SELF, "Для себя"), Option(CHILD, "Для ребёнка")),
        ),
        Consent(
            key="consent",
            prompt="",
            service="appointment",
            subject="self",
            when=When("who", (SELF,)),
        ),
        Consent(
            key="consent_child",
            prompt="",
            service="appointment",
            subject="children",
            when=When("who", (CHILD,)),
        ),
        Child(
            key="patient",
            prompt=texts.PATIENT.ask,
            again=texts.PATIENT.again,
            example=texts.PATIENT.example,
            sensitivity="personal",
        ),
        Policy(
            key="policy",
            prompt=texts.POLICY.ask,
            again=texts.POLICY.again,
            example=texts.POLICY.example,
            sensitivity="personal",
        ),
        Choice(
            key="clinic",
            prompt=texts.CLINIC.ask,
            again=texts.CLINIC.again,
            empty=texts.NOTHING,
            search=True,
        ),
        Choice(key="doctor", prompt=texts.DOCTOR.ask, again=texts.DOCTOR.again, search=True),
        Text(
            key="referral",
            prompt=texts.REFERRAL.ask,
            again=texts.REFERRAL.again,
            example=texts.REFERRAL.example,
            sensitivity="health",
            shortest=3,
            longest=60,
            when=When("needs_referral"),
        ),
        Choice(
            key="wait",
            prompt=texts.WAIT,
            again=texts.WAIT_AGAIN,
            options=(Option(WAIT, "В лист ожидания"),),
            when=When("full"),
        ),
        Choice(
            key="day",
            prompt=texts.DAY.ask,
            again=texts.DAY.again,
            empty=texts.TAKEN,
            when=When("open"),
        ),
        Choice(
            key="time",
            prompt=texts.TIME.ask,
            again=texts.TIME.again,
            empty=texts.TAKEN,
            holds=True,
            when=When("open"),
        ),
        Review(key="review", prompt="", again=texts.REVIEW_AGAIN),
    ),
)


class Plan(Struct, frozen=True):
    """What the form reads: who practises where, what is free, and whom the resident has named."""

    practitioners: tuple[PractitionerRow, ...]
    clinics: Mapping[str, ClinicRow]
    slots: tuple[SlotRow, ...]
    people: Mapping[str, Person]


def plan(world: World) -> Plan:
    """Return what was read; raises NeedsDatabase."""
    return world.read(NAME)


def slots_of(world: World, answers: Answers) -> list[SlotRow]:
    """Return the free slots of the speciality, clinic and doctor chosen so far."""
    doctor = answers.get("doctor")
    return [
        slot
        for slot in plan(world).slots
        if slot.speciality == _speciality(world, answers)
        and slot.clinic == answers.get("clinic")
        and doctor in {ANY, slot.practitioner}
    ]


def patient(world: World, answers: Answers) -> Person | None:
    """Return who goes to the doctor, if that is known."""
    answer = answers.get("patient")
    if isinstance(answer, Mapping):
        return Person(str(answer["name"]), date.fromisoformat(str(answer["birth_date"])))
    return plan(world).people.get(str(answer))


def _speciality(world: World, answers: Answers) -> str | None:
    """Return the speciality that a code stands for: its place among all of them by name."""
    code = answers.get("speciality")
    return next((name for name, each in _specialities(world).items() if each == code), None)


def _specialities(world: World) -> dict[str, str]:
    names = sorted({row.speciality for row in _practising(world)})
    return {name: _code(name) for name in names}


def _code(name: str) -> str:
    """Return a code for a Russian word: the same always, of the letters that codes have."""
    return "s" + name.encode().hex()[:60]


def _practising(world: World) -> Iterable[PractitionerRow]:
    known = plan(world).clinics
    return [row for row in plan(world).practitioners if row.active and row.clinic in known]


def _options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    match key:
        case "speciality":
            return tuple(
                Option(code, name.capitalize()) for name, code in _specialities(world).items()
            )
        case "patient":
            return tuple(Option(code, one.name) for code, one in plan(world).people.items())
        case "clinic":
            return _clinics(world, answers)
        case "doctor":
            return _doctors(world, answers)
        case "day":
            return _days(world, answers)
        case "time":
            return _times(world, answers)
        case _:
            return ()


def _clinics(world: World, answers: Answers) -> tuple[Option, ...]:
    speciality = _speciality(world, answers)
    codes = {row.clinic for row in _practising(world) if row.speciality == speciality}
    return _unique({code: plan(world).clinics[code].title for code in sorted(codes)})


def _doctors(world: World, answers: Answers) -> tuple[Option, ...]:
    speciality = _speciality(world, answers)
    rows = [
        row
        for row in _practising(world)
        if row.speciality == speciality and row.clinic == answers.get("clinic")
    ]
    counts: dict[str, int] = {}
    for slot in plan(world).slots:
        counts[slot.practitioner] = counts.get(slot.practitioner, 0) + 1
    named = {row.code: f"{row.name} · {_free(counts.get(row.code, 0))}" for row in rows}
    anybody = [] if any(row.needs_referral for row in rows) else [Option(ANY, "Любой врач")]
    return (*anybody, *_unique(named))


def _days(world: World, answers: Answers) -> tuple[Option, ...]:
    counts: dict[str, int] = {}
    labels: dict[str, str] = {}
    for slot in slots_of(world, answers):
        code = f"{slot.starts_at.astimezone(world.zone):%Y%m%d}"
        counts[code] = counts.get(code, 0) + 1
        labels[code] = day_label(slot.starts_at, world.zone)
    return tuple(Option(code, f"{labels[code]} · {count}") for code, count in counts.items())


def _times(world: World, answers: Answers) -> tuple[Option, ...]:
    day = answers.get("day")
    found: dict[str, str] = {}
    shown: set[str] = set()
    for slot in slots_of(world, answers):
        local = slot.starts_at.astimezone(world.zone)
        label = f"{local:%H:%M}"
        # Of «любой врач» one at each time is enough; who it is stands in the summary.
        if f"{local:%Y%m%d}" == day and label not in shown:
            shown.add(label)
            found[str(slot.id)] = label
    return tuple(Option(code, label) for code, label in found.items())


def _unique(titles: Mapping[str, str]) -> tuple[Option, ...]:
    seen: dict[str, int] = {}
    options: list[Option] = []
    for code, title in titles.items():
        seen[title] = seen.get(title, 0) + 1
        options.append(Option(code, title if seen[title] == 1 else f"{title} ({seen[title]})"))
    return tuple(options)


def _free(count: int) -> str:
    return f"мест: {count}" if count else "нет мест"


def _facts(world: World, answers: Answers) -> Mapping[str, str]:
    if answers.get("doctor") is None:
        return {}
    found = slots_of(world, answers)
    doctor = next((row for row in plan(world).practitioners if row.code == answers["doctor"]), None)
    return {
        "needs_referral": "yes" if doctor is not None and doctor.needs_referral else "",
        "open": "yes" if found and answers.get("wait") is None else "",
        "full": "" if found else "yes",
    }


def _summary(world: World, answers: Answers) -> str:
    one = patient(world, answers)
    lines: list[tuple[str, str]] = []
    if one is not None:
        lines.append(("Пациент", f"{one.name}, {one.birth_date:%d.%m.%Y}"))
    lines.append(("Полис", str(answers["policy"])))
    slot = chosen(world, answers)
    if slot is None:
        clinic = plan(world).clinics.get(str(answers.get("clinic")))
        lines.append(("Врач", str(_speciality(world, answers))))
        lines += [("Где", clinic.title)] if clinic is not None else []
        lines.append(("Время", "в листе ожидания"))
        return texts.summary(lines, "")
    lines.append(("Врач", f"{slot.practitioner_name}, {slot.speciality}"))
    lines.append(("Где", f"{slot.clinic_title}, {slot.clinic_address}".rstrip(", ")))
    lines += [("Кабинет", slot.room)] if slot.room else []
    lines.append(("Когда", moment_words(slot.starts_at, world.zone)))
    lines += [("Направление", answers["referral"])] if answers.get("referral") else []
    return texts.summary(lines, texts.HELD.format(minutes=slot.hold_seconds // 60))


def chosen(world: World, answers: Mapping[str, Any]) -> SlotRow | None:
    """Return the slot that was chosen, if it can still be had."""
    code = answers.get("time")
    return next((slot for slot in plan(world).slots if str(slot.id) == code), None)


def speciality_of(world: World, answers: Answers) -> str | None:
    """Return the speciality that was chosen."""
    return _speciality(world, answers)


APPOINTMENT_DIALOGUE = Dialogue(
    form=FORM, options=_options, facts=_facts, summary=_summary, loads=True
)
