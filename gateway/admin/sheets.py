"""Tables to take away: CSV and XLSX. What a cell says is never read as a formula."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

Cell = str | float | int | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{main}.worksheet+xml"/>
</Types>""".format(main="application/vnd.openxmlformats-officedocument.spreadsheetml")
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{office}/{kind}" Target="{target}"/></Relationships>"""
_BOOK = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">
<sheets><sheet name="Рейтинг" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_FIRST_CONTROL_ALLOWED = " "

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


def as_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as a spreadsheet in Russian opens them: semicolons, a comma in numbers."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as a workbook of one sheet."""
    lines = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    sheet = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="{_SHEET}">'
        f"<sheetData>{lines}</sheetData></worksheet>"
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(
            office=_OFFICE, kind="officeDocument", target="xl/workbook.xml"
        ),
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(
            office=_OFFICE, kind="worksheet", target="worksheets/sheet1.xml"
        ),
        "xl/worksheets/sheet1.xml": sheet,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return file.getvalue()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.2f}".replace(".", ",")
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text


def _cell(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, str):
        # XML knows no control characters, not even written out.
        known = "".join(sign for sign in cell if sign >= _FIRST_CONTROL_ALLOWED or sign in "\n\t")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(known)}</t></is></c>'
    return f"<c><v>{cell:.4f}</v></c>" if isinstance(cell, float) else f"<c><v>{cell}</v></c>"
