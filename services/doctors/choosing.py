"""What an appointment offers to choose from, and what was chosen."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from schemas.forms import Option
from services.dialogs.options import told_apart
from services.dialogs.world import Answers, World
from services.doctors.catalogue_queries import ClinicRow, PractitionerRow
from services.doctors.form import ANY, NAME
from services.doctors.slot_queries import SlotRow
from services.doctors.wording import day_label
from services.residents.children import Child, named


class Plan(Struct, frozen=True):
    """What the form reads: who practises where, what is free, and whom the resident has named."""

    practitioners: tuple[PractitionerRow, ...]
    clinics: Mapping[str, ClinicRow]
    slots: tuple[SlotRow, ...]
    people: Mapping[str, Child]


def plan(world: World) -> Plan:
    """Return what was read; raises NeedsDatabase."""
    return world.read(NAME)


def slots_of(world: World, answers: Answers) -> list[SlotRow]:
    """Return the free slots of the speciality, clinic and doctor chosen so far."""
    doctor = answers.get("doctor")
    return [
        slot
        for slot in plan(world).slots
        if slot.speciality == speciality(world, answers)
        and slot.clinic == answers.get("clinic")
        and doctor in {ANY, slot.practitioner}
    ]


def patient(world: World, answers: Answers) -> Child | None:
    """Return who goes to the doctor, if that is known."""
    return named(answers.get("patient"), plan(world).people)


def chosen(world: World, answers: Mapping[str, Any]) -> SlotRow | None:
    """Return the slot that was chosen, if it can still be had."""
    code = answers.get("time")
    return next((slot for slot in plan(world).slots if str(slot.id) == code), None)


def speciality(world: World, answers: Answers) -> str | None:
    """Return the speciality that a code stands for: its place among all of them by name."""
    code = answers.get("speciality")
    return next((name for name, each in _specialities(world).items() if each == code), None)


def _specialities(world: World) -> dict[str, str]:
    names = sorted({row.speciality for row in _practising(world)})
    return {name: _code(name) for name in names}


def _code(name: str) -> str:
    """Return a code for a Russian word: the same always, of the letters that codes have."""
    return "s" + name.encode().hex()[:60]


def _practising(world: World) -> list[PractitionerRow]:
    known = plan(world).clinics
    return [row for row in plan(world).practitioners if row.active and row.clinic in known]


def options(world: World, answers: Answers, key: str) -> tuple[Option, ...]:
    """Return what a step offers."""
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
    wanted = speciality(world, answers)
    codes = {row.clinic for row in _practising(world) if row.speciality == wanted}
    return told_apart({code: plan(world).clinics[code].title for code in sorted(codes)})


def _doctors(world: World, answers: Answers) -> tuple[Option, ...]:
    wanted, clinic = speciality(world, answers), answers.get("clinic")
    rows = [row for row in _practising(world) if row.speciality == wanted and row.clinic == clinic]
    free = Counter(slot.practitioner for slot in plan(world).slots)
    labels = {row.code: f"{row.name} · {_free(free[row.code])}" for row in rows}
    anybody = [] if any(row.needs_referral for row in rows) else [Option(ANY, "Любой врач")]
    return (*anybody, *told_apart(labels))


def _days(world: World, answers: Answers) -> tuple[Option, ...]:
    found = [slot.starts_at.astimezone(world.zone) for slot in slots_of(world, answers)]
    free = Counter(f"{moment:%Y%m%d}" for moment in found)
    labels = {f"{moment:%Y%m%d}": day_label(moment, world.zone) for moment in found}
    return tuple(Option(code, f"{label} · {free[code]}") for code, label in labels.items())


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


def _free(count: int) -> str:
    return f"мест: {count}" if count else "нет мест"
