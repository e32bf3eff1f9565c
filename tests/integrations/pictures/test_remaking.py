"""Pictures are made anew, in a child that cannot be made to do more."""

import io
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from integrations.pictures import remaking
from integrations.pictures.remaking import ChildPictures
from tests import hostile

MARK = b"SecretCamera"
TYPES = [
    ("JPEG", "image/jpeg", "image/jpeg"),
    ("PNG", "image/png", "image/png"),
    ("WEBP", "image/webp", "image/webp"),
    ("HEIF", "image/heic", "image/jpeg"),
]
pillow_heif.register_heif_opener()


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010F] = MARK.decode()
    made[0x0112] = 6  # lies on its side
    return made


@pytest.mark.parametrize(("kind", "given_type", "made_type"), TYPES)
async def test_only_what_the_picture_shows_is_left(
    kind: str, given_type: str, made_type: str
) -> None:
    """EXIF, comments and what hangs on the end are gone, and it stands upright."""
    content = hostile.picture(kind, (60, 40), exif=exif()) + MARK
    picture = await ChildPictures().remake(content, given_type)
    assert picture.content_type == made_type
    assert MARK not in picture.content
    made = Image.open(io.BytesIO(picture.content))
    assert not made.getexif()
    # A HEIC is turned as it is written, and says nothing of it afterwards.
    assert made.size == ((60, 40) if kind == "HEIF" else (40, 60))


@pytest.mark.parametrize(("kind", "given_type", "made_type"), TYPES)
async def test_a_picture_that_is_cut_off_is_broken(
    kind: str, given_type: str, made_type: str
) -> None:
    """Half a picture is not shown as if it were one."""
    content = hostile.picture(kind, (300, 200))
    picture = await ChildPictures().remake(content[: len(content) // 2], given_type)
    assert (picture.content, picture.code) == (b"", "broken")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (hostile.HUGE_PICTURE, "too_many_pixels"),
        (hostile.png_of_size(8000, 5001), "too_many_pixels"),
        (hostile.png_of_size(2_000_000_000, 2_000_000_000), "too_many_pixels"),
        (hostile.png_of_size(0, 10), "broken"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), "broken"),
        (hostile.picture("JPEG"), "broken"),
        (b"", "broken"),
    ],
)
async def test_hostile_pictures(content: bytes, code: str) -> None:
    """Bombs, heads without bodies, other types: refused, and the next picture is made."""
    pictures = ChildPictures()
    assert (await pictures.remake(content, "image/png")).code == code
    assert (await pictures.remake(hostile.picture("PNG"), "image/png")).content


async def test_forty_megapixels_are_taken() -> None:
    """The limit itself is allowed."""
    content = io.BytesIO()
    Image.new("L", (8000, 5000), 90).save(content, "PNG")
    assert (await ChildPictures().remake(content.getvalue(), "image/png")).content


async def test_modes_without_colours_of_their_own() -> None:
    """Palettes, transparency, print colours and grey come through."""
    for mode, kind, given_type in (
        ("P", "PNG", "image/png"),
        ("RGBA", "PNG", "image/png"),
        ("LA", "PNG", "image/png"),
        ("1", "PNG", "image/png"),
        ("CMYK", "JPEG", "image/jpeg"),
        ("L", "JPEG", "image/jpeg"),
        ("RGBA", "WEBP", "image/webp"),
    ):
        content = io.BytesIO()
        Image.new(mode, (20, 10)).save(content, kind)
        picture = await ChildPictures().remake(content.getvalue(), given_type)
        assert Image.open(io.BytesIO(picture.content)).size == (20, 10), mode


async def test_a_child_that_hangs_is_ended() -> None:
    """Whatever a decoder does, it gets only so long."""
    picture = await ChildPictures(seconds=0.001).remake(hostile.picture(), "image/jpeg")
    assert picture.code == "broken"


@pytest.mark.parametrize(
    "body",
    [
        "import sys; sys.stdout.write('J' * 100_000_000)",
        "import sys; sys.stdin.buffer.read(10); sys.exit(0)",
        "import os; os.kill(os.getpid(), 9)",
        "import os, time; os.close(1); time.sleep(1000)",
        "import sys; sys.stdout.write('X' + 'not a mark')",
    ],
)
async def test_a_child_that_was_taken_over_does_no_more(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endless answers, none, a crash, an answer that is no picture: the picture is broken."""
    child = tmp_path / "child.py"
    child.write_text(body)
    monkeypatch.setattr(remaking, "CHILD", child)
    content = hostile.picture(size=(2000, 1000))
    assert (await ChildPictures().remake(content, "image/jpeg")).code == "broken"


async def test_the_child_can_open_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its imports it has no right to files or sockets."""
    source = remaking.CHILD.read_text()
    spy = 'open("/etc/hostname"); open("/dev/null", "w")'
    assert "content = sys.stdin" in source
    changed = source.replace("content = sys.stdin", f"{spy}; content = sys.stdin")
    child = tmp_path / "child.py"
    child.write_text(changed)
    monkeypatch.setattr(remaking, "CHILD", child)
    assert (await ChildPictures().remake(hostile.picture(), "image/jpeg")).code == "broken"
