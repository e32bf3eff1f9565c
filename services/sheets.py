"""Tables to take away: CSV and XLSX. What a cell says is never read as a formula."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

Cell = str | float | int | None
Rows = Iterable[Sequence[Cell]]
Format = Literal["csv", "xlsx"]

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
_FIRST_PRINTABLE = " "


def sheet(rows: Rows, kind: str, title: str) -> bytes:
    """Return rows as a file of one of `MEDIA_TYPES`; `title` names the sheet of a workbook."""
    return _WRITERS[kind](rows, title)


def _csv(rows: Rows, _title: str) -> bytes:
    """Write as a spreadsheet in Russian opens it: semicolons, a comma in numbers."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: Rows, title: str) -> bytes:
    # Here: it takes 15 MB of memory in every process and is needed a few times a day.
    import openpyxl.cell  # noqa: PLC0415

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(title)
    for row in rows:
        cells: list[Any] = []
        for value in row:
            text = isinstance(value, str)
            cell = openpyxl.cell.WriteOnlyCell(page, value=_safe(value) if text else value)
            if text:
                cell.data_type = "s"  # a text, whatever it looks like
            cells.append(cell)
        page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.2f}".replace(".", ",")
    return _safe(cell) if isinstance(cell, str) else str(cell)


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, and that XML can hold."""
    known = "".join(sign for sign in text if sign >= _FIRST_PRINTABLE or sign in "\n\t")
    return f"'{known}" if text.startswith(_DANGEROUS) else known


_WRITERS: Mapping[str, Callable[[Rows, str], bytes]] = {"csv": _csv, "xlsx": _xlsx}
