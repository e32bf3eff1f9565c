"""What a file is, by its content alone: neither its name nor a header has a say."""

from services.files.office import office_type
from services.files.unfit import Unfit

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"
PDF = "application/pdf"
PICTURES = frozenset({JPEG, PNG, WEBP, HEIC})
EXTENSIONS = {
    JPEG: "jpg",
    PNG: "png",
    WEBP: "webp",
    HEIC: "heic",
    PDF: "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
"""Every type that is taken, with the ending of its names."""

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
"""Brands of HEIF files whose pictures are HEVC (ISO/IEC 23008-12, annex B)."""
ZIP = b"PK\x03\x04"
ZIP_END = b"PK\x05\x06"
ZIP_TAIL = 22 + 65_535  # bytes from a ZIP's end record to the end, with the longest comment
PDF_TAIL = 1024  # bytes that may follow the last mark of a PDF: white space, by the standard


def type_of(content: bytes) -> str:
    """Return the media type of a file; raises Unfit for what is not taken.

    Pictures are only recognised here: making them anew shows whether they are whole.
    """
    if not content:
        raise Unfit("empty")
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and _brands(content) & HEIC_BRANDS:
        return HEIC
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return PDF
    if content.startswith(ZIP):
        return office_type(content)
    raise Unfit("wrong_type")


def _brands(content: bytes) -> set[bytes]:
    """Return the brands that the first box of an ISO media file names."""
    end = min(int.from_bytes(content[:4], "big"), len(content), 512)
    return {content[8:12], *(content[at : at + 4] for at in range(16, end, 4))}


def _check_pdf(content: bytes) -> None:
    """Refuse a PDF that is cut off, or that is something else besides."""
    body, mark, rest = content.rpartition(b"%%EOF")
    if not body or not mark:
        raise Unfit("broken")
    if rest.strip(b"\0\t\n\f\r ") or len(rest) > PDF_TAIL or ZIP_END in content[-ZIP_TAIL:]:
        raise Unfit("unsafe")
