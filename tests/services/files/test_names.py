"""What a file is called does no harm."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.kinds import EXTENSIONS
from services.files.names import LONGEST, clean_name, file_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Письмо соседей.pdf", "Письмо соседей.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Windows\\System32\\cmd.exe", "cmd.pdf"),
        ("фото.jpg.exe", "фото.jpg.pdf"),
        ("abc\u202egpj.exe", "abc gpj.pdf"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie_ x=1.pdf"),
        ('имя"; filename="b.html', "имя__ filename=_b.pdf"),
        ("", "Файл.pdf"),
        ("...", "Файл.pdf"),
        (".pdf", "pdf.pdf"),
        ("nul.txt", "_nul.pdf"),
        ("я" * 300, "я" * LONGEST + ".pdf"),
    ],
)
def test_examples(given_name: str, kept: str) -> None:
    """Paths, two endings, turned writing, headers, devices, nothing at all, too much."""
    assert file_name(given_name, "application/pdf") == kept


@given(st.text(max_size=200), st.sampled_from(sorted(EXTENSIONS)))
def test_any_name(name: str, content_type: str) -> None:
    """It is short, visible, no path, and ends as its type does."""
    made = file_name(name, content_type)
    assert made.endswith(f".{EXTENSIONS[content_type]}")
    assert len(made) <= LONGEST + 5
    assert not re.search(r'[/\\<>:"|?*%;]', made)
    assert all(unicodedata.category(mark)[0] != "C" for mark in made)
    assert not made.startswith((".", " "))
    assert clean_name(clean_name(name)) == clean_name(name)
