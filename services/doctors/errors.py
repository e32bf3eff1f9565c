"""Why an appointment is not made or moved: a code for machines, a sentence for residents."""

from services.errors import Conflict

REASONS = {
    "slot_taken": "Это время уже заняли.",
    "same_speciality": "К врачу этой специальности уже есть запись.",
    "overlapping": "На это время уже есть другая запись.",
    "too_late_to_cancel": "Отменить запись здесь уже нельзя: позвоните в регистратуру.",
    "already_waiting": "Вы уже в листе ожидания к врачу этой специальности.",
    "referral_required": "К этому врачу нужно направление.",
    "too_many_tries": "Сегодня записей на проверку больше не принимаем, попробуйте завтра.",
    "dispute_over": "Оспорить неявку можно один раз, в течение 14 дней.",
    "no_show_limit": "Записаться здесь сейчас нельзя: были неявки. Позвоните в регистратуру "
    "или запишитесь через Госуслуги.",
}


class AppointmentRefused(Conflict):
    """The appointment cannot be made or moved; `code` says why."""

    def __init__(self, reason: str) -> None:
        """Take a code of `REASONS`."""
        super().__init__(REASONS[reason])
        self.reason = reason
        self.code = reason  # pyright: ignore[reportAttributeAccessIssue] - of this one


class DecidedThere(Conflict):
    """The clinic's own system is the master of these slots; here they are copies."""

    code = "decided_by_clinic_system"

    def __init__(self) -> None:
        """Say where to change them."""
        super().__init__("This clinic's own system is the master of its slots: change them there.")


def refused(reason: str) -> AppointmentRefused:
    """Return the error for a code of `REASONS`."""
    return AppointmentRefused(reason)
