"""What an appointment says on its way, and its summary."""

from collections.abc import Mapping

from services.dialogs.world import Answers, Dialogue, World
from services.doctors import texts
from services.doctors.choosing import chosen, options, patient, plan, slots_of, speciality
from services.doctors.form import FORM
from services.doctors.wording import moment_words


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
        lines.append(("Врач", str(speciality(world, answers))))
        lines += [("Где", clinic.title)] if clinic is not None else []
        lines.append(("Время", "в листе ожидания"))
        return texts.summary(lines, "")
    lines.append(("Врач", f"{slot.practitioner_name}, {slot.speciality}"))
    lines.append(("Где", f"{slot.clinic_title}, {slot.clinic_address}".rstrip(", ")))
    lines += [("Кабинет", slot.room)] if slot.room else []
    lines.append(("Когда", moment_words(slot.starts_at, world.zone)))
    lines += [("Направление", answers["referral"])] if answers.get("referral") else []
    return texts.summary(lines, texts.HELD.format(minutes=slot.hold_seconds // 60))


APPOINTMENT_DIALOGUE = Dialogue(
    form=FORM, options=options, facts=_facts, summary=_summary, loads=True
)
