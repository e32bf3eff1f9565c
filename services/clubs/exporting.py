"""A group's children as a table to take away."""

from collections.abc import Sequence

from services.cases.wording import state_title
from services.clubs.listing import OneOfGroup
from services.sheets import sheet

HEAD = (
    "Номер",
    "Состояние",
    "Ребёнок",
    "Дата рождения",
    "Законный представитель",
    "Телефон",
    "Сертификат",
    "Особые условия",
    "Льгота",
)
CONDITIONS = {"no": "нет", "yes": "да", "discuss": "обсудить"}


def table(rows: Sequence[OneOfGroup], kind: str) -> bytes:
    """Return the file, of one of the kinds of `services.sheets`."""
    return sheet([HEAD, *(_line(row) for row in rows)], kind, "Группа")


def _line(row: OneOfGroup) -> tuple[str, ...]:
    child, guardian = row.child, row.guardian
    return (
        row.number,
        state_title("enrolment", row.state),
        "" if child is None else child.name,
        "" if child is None else f"{child.birth_date:%d.%m.%Y}",
        "" if guardian is None else guardian.name,
        "" if guardian is None else guardian.phone,
        row.certificate or "",
        CONDITIONS.get(row.conditions or "", ""),
        row.priority or "",
    )
