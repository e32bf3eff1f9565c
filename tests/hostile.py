"""Files as somebody who means harm, or a bad connection, would send them."""

import io
import struct
import zipfile
import zlib

from PIL import Image

CONTENT_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/\
content-types"><Override PartName="/{part}" ContentType="application/vnd.{kind}+xml"/></Types>"""
WORD = "openxmlformats-officedocument.wordprocessingml.document.main"
EXCEL = "openxmlformats-officedocument.spreadsheetml.sheet.main"
MACRO_WORD = "ms-word.document.macroEnabled.main"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **more: object) -> bytes:
    """A picture of grey noise."""
    content = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(content, kind, **more)
    return content.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is so large, with pixels of one grey line."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes((width + 7) // 8)) * min(height, 4))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def office(
    more: dict[str, bytes | str] | None = None,
    kind: str = WORD,
    part: str = "word/document.xml",
) -> bytes:
    """A document of Word or Excel; `more` are more parts by their names."""
    types = CONTENT_TYPES.format(part=part, kind=kind)
    return archive({"[Content_Types].xml": types, part: "<document/>", **(more or {})})


def archive(parts: dict[str, bytes | str]) -> bytes:
    """A ZIP of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for name, body in parts.items():
            written.writestr(name, body)
    return content.getvalue()


PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
PROGRAM = b"MZ\x90\0" + b"This program cannot be run in DOS mode" * 20
HUGE_PICTURE = png_of_size(100_000, 100_000)
ARCHIVE_BOMB = office({"word/media/image1.bin": bytes(40 * 1024 * 1024)})
MACROS = office({"word/vbaProject.bin": b"macro"})
POLYGLOT = PDF + archive({"run.js": "alert(1)"})
TRUNCATED = picture(size=(640, 480))[:20_000]
