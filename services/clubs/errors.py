"""Why a child is not enrolled: a code for machines, a sentence for residents."""

from services.errors import Conflict

REASONS = {
    "group_full": "В этой группе нет мест.",
    "waiting_list_full": "В листе ожидания этой группы тоже нет мест.",
    "age_out_of_range": "Возраст ребёнка не подходит для этой группы.",
    "already_enrolled": "На этого ребёнка заявление в эту группу уже подано.",
    "window_closed": "Сейчас заявления в эту группу не принимают.",
    "group_closed": "Эта группа закрыта.",
    "too_many_tries": "Сегодня заявлений на проверку больше не принимаем, попробуйте завтра.",
}


class EnrolmentRefused(Conflict):
    """The child cannot be enrolled; `code` says why."""

    def __init__(self, reason: str) -> None:
        """Take a code of `REASONS`."""
        super().__init__(REASONS[reason])
        self.reason = reason
        self.code = reason  # pyright: ignore[reportAttributeAccessIssue] - of this one


def refused(reason: str) -> EnrolmentRefused:
    """Return the error for a code of `REASONS`."""
    return EnrolmentRefused(reason)
