"""Documents of Word and Excel: ZIP archives of XML (ECMA-376), checked part by part.

They are kept as they came, so whoever opens one must meet no bomb, macro or path in it.
"""

import io
import zipfile
import zlib
from collections.abc import Sequence

from services.files.unfit import Unfit

PARTS = 4000  # a workbook of 1,000 sheets has fewer
UNPACKED = 100 * 1024 * 1024  # bytes of all parts together
RATIO = 200  # XML of tables packs to a hundredth at best; a bomb to a thousandth
PIECE = 256 * 1024
HEAD = 16 * 1024  # bytes of an XML part in which a DTD would stand
CONTENT_TYPES = "[Content_Types].xml"
MAIN_PARTS = {
    b"wordprocessingml.document.main+xml": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ),
    b"spreadsheetml.sheet.main+xml": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}
"""How the main part is called in the list of types → the document's media type."""
_END = 22  # bytes of a ZIP's end record without a comment
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def office_type(content: bytes) -> str:
    """Return the media type of a DOCX or XLSX; raises Unfit for any other archive.

    Unpacks every part once, up to the limits, so that sizes that lie are found out.
    """
    _check_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_parts(content, parts)
            found = _main_part(archive, parts)
            for part in parts:
                _unpack(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise Unfit("broken") from None
    except (RuntimeError, RecursionError):  # what zipfile says to encrypted parts
        raise Unfit("unsafe") from None
    return found


def _check_end(content: bytes) -> None:
    """Refuse what has a tail, or more parts than are looked at: listing them costs time too."""
    end = content[-_END:]
    if not end.startswith(b"PK\x05\x06"):
        # Cut off, or something stands behind the archive.
        raise Unfit("unsafe" if b"PK\x05\x06" in content else "broken")
    if int.from_bytes(end[10:12], "little") > PARTS:
        raise Unfit("unsafe")


def _check_parts(content: bytes, parts: Sequence[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > PARTS or len(set(names)) < len(names):
        raise Unfit("unsafe")
    if any(_strange(name) for name in names):
        raise Unfit("unsafe")
    if any(part.flag_bits & _ENCRYPTED or part.compress_type not in _METHODS for part in parts):
        raise Unfit("unsafe")
    # Parts that share their packed bytes are how the largest bombs are made.
    if sum(part.compress_size for part in parts) > len(content):
        raise Unfit("unsafe")
    if sum(part.file_size for part in parts) > min(UNPACKED, RATIO * len(content)):
        raise Unfit("unsafe")


def _strange(name: str) -> bool:
    """Tell a name that leads elsewhere when unpacked, or that brings macros."""
    steps = name.split("/")
    outside = name.startswith("/") or ".." in steps or "\\" in name or ":" in name
    return outside or not name.isprintable() or steps[-1].lower() == "vbaproject.bin"


def _main_part(archive: zipfile.ZipFile, parts: Sequence[zipfile.ZipInfo]) -> str:
    listed = next((part for part in parts if part.filename == CONTENT_TYPES), None)
    if listed is None:
        raise Unfit("wrong_type")
    with archive.open(listed) as file:
        types = file.read(PIECE)
    if b"macroEnabled" in types:
        raise Unfit("unsafe")
    found = [kind for mark, kind in MAIN_PARTS.items() if mark in types]
    if len(found) != 1:
        raise Unfit("wrong_type")
    return found[0]


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read a part to its end; zipfile stops at the size that it names and compares the sum."""
    with archive.open(part) as file:
        head = file.read(HEAD)
        if part.filename.endswith((".xml", ".rels")) and _has_dtd(head):
            raise Unfit("unsafe")
        while file.read(PIECE):
            pass


def _has_dtd(head: bytes) -> bool:
    """Tell a document type definition, by which few words unfold into gigabytes."""
    return b"<!DOCTYPE" in head.replace(b"\0", b"")  # without the zeros of UTF-16
