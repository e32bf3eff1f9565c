"""A group's children as a table: CSV or XLSX, in which nothing can be a formula."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Literal

from services.cases.wording import state_title
from services.clubs.organising import OneOfGroup

Format = Literal["csv", "xlsx"]

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
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def table(rows: Sequence[OneOfGroup], kind: Format) -> bytes:
    """Return the file: CSV in UTF-8 with a mark that spreadsheets know, or XLSX."""
    lines = [HEAD, *(_line(row) for row in rows)]
    return _csv(lines) if kind == "csv" else _xlsx(lines)


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


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


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerows([safe(cell) for cell in line] for line in lines)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(lines: Sequence[Sequence[str]]) -> bytes:
    # Here: it takes 15 MB of memory in every process and is needed a few times a day.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Группа")
    for line in lines:
        cells: list[Any] = []
        for text in line:
            cell = WriteOnlyCell(sheet, value=safe(text))
            cell.data_type = "s"  # a text, whatever it looks like
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
