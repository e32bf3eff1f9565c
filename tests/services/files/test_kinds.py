"""What a file is shows in its content, and what is bad about it too."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.kinds import EXTENSIONS, HEIC, JPEG, PDF, PNG, WEBP, type_of
from services.files.office import PARTS
from services.files.unfit import Unfit
from tests import hostile

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEIC_HEAD = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"
AVIF_HEAD = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"


OUTCOMES = {*EXTENSIONS, "empty", "wrong_type", "broken", "unsafe"}


def outcome(content: bytes) -> str:
    try:
        return type_of(content)
    except Unfit as unfit:
        return unfit.code


def why(content: bytes) -> str:
    with pytest.raises(Unfit) as unfit:
        type_of(content)
    return unfit.value.code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (hostile.picture(), JPEG),
        (hostile.picture("PNG"), PNG),
        (hostile.picture("WEBP"), WEBP),
        (HEIC_HEAD, HEIC),
        (hostile.PDF, PDF),
        (hostile.PDF + b"\r\n\0", PDF),
        (hostile.office(), WORD_TYPE),
        (hostile.office(kind=hostile.EXCEL, part="xl/workbook.xml"), EXCEL_TYPE),
    ],
)
def test_what_is_taken(content: bytes, kind: str) -> None:
    """The seven types of the rules."""
    assert type_of(content) == kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (hostile.PROGRAM, "wrong_type"),
        (b"GIF89a" + bytes(20), "wrong_type"),
        (b"<html><script>alert(1)</script>", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "wrong_type"),
        (AVIF_HEAD, "wrong_type"),
        (b" %PDF-1.4\n%%EOF", "wrong_type"),
        (b"%PDF-1.4\nno end", "broken"),
        (hostile.PDF + b"MZ", "unsafe"),
        (hostile.PDF + b" " * 5000, "unsafe"),
        (hostile.POLYGLOT, "unsafe"),
        (hostile.archive({"run.exe": b"MZ"}), "wrong_type"),
        (hostile.archive({"[Content_Types].xml": "<Types/>"}), "wrong_type"),
        (hostile.office()[:-30], "broken"),
        (hostile.office() + b"tail", "unsafe"),
        (hostile.MACROS, "unsafe"),
        (hostile.office(kind=hostile.MACRO_WORD), "unsafe"),
        (hostile.ARCHIVE_BOMB, "unsafe"),
        (hostile.office({"../../etc/cron.d/x": "x"}), "unsafe"),
        (hostile.office({"/etc/passwd": "x"}), "unsafe"),
        (hostile.office({"word\\..\\..\\x": "x"}), "unsafe"),
        (hostile.office({"c:/x": "x"}), "unsafe"),
        (hostile.office({"word/a.xml": '<!DOCTYPE a [<!ENTITY b "cc">]>'}), "unsafe"),
        (hostile.office({"word/a.xml": "<!DOCTYPE a>".encode("utf-16")}), "unsafe"),
        (hostile.office({f"word/{n}.xml": "" for n in range(PARTS)}), "unsafe"),
    ],
)
def test_what_is_refused(content: bytes, code: str) -> None:
    """Wrong types, halves, polyglots, bombs, macros, paths, entities: each for its reason."""
    assert why(content) == code


def test_a_size_that_lies_is_found_out() -> None:
    """An archive whose list names a small part and whose part is large is broken."""
    content = bytearray(hostile.office({"word/big.bin": bytes(1_000_000)}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("word/big.bin").file_size.to_bytes(4, "little")
    at = content.rfind(size)
    content[at : at + 4] = (100).to_bytes(4, "little")
    assert why(bytes(content)) == "broken"


def test_parts_that_share_their_bytes_are_a_bomb() -> None:
    """The list may name the same packed bytes again and again."""
    body = hostile.office({f"word/{n}.bin": bytes(range(256)) * 64 for n in range(40)})
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        size = archive.getinfo("word/1.bin").compress_size
    packed, larger = size.to_bytes(4, "little"), (len(body) // 20).to_bytes(4, "little")
    start = body.index(b"PK\x01\x02")
    assert why(body[:start] + body[start:].replace(packed, larger)) in {"unsafe", "broken"}


@given(st.binary(max_size=300))
def test_any_bytes_are_a_type_or_refused(content: bytes) -> None:
    """Nothing else comes of it."""
    assert outcome(content) in OUTCOMES


@given(st.sampled_from([hostile.office(), hostile.PDF]), st.data())
def test_a_damaged_document_is_a_type_or_refused(content: bytes, data: st.DataObject) -> None:
    """One byte changed anywhere, or the end cut off."""
    at = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] = data.draw(st.integers(0, 255))
    for damaged in (bytes(changed), content[:at]):
        assert outcome(damaged) in OUTCOMES
