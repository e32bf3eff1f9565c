"""What a file is called: the sender's word, made harmless."""

import re
import unicodedata

from services.files.kinds import EXTENSIONS

LONGEST = 80  # characters without the ending
NAMELESS = "Файл"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")
_FORBIDDEN = re.compile(r'[<>:"|?*%;]')  # in file names of Windows, or in headers
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)")


def clean_name(name: str) -> str:
    """Return the last part of a path without what cannot be seen or stand in a file name."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Everything of the classes C: control and format characters, such as those that turn the
    # direction of writing and make `gpj.exe` look like `exe.jpg`.
    seen = "".join(" " if unicodedata.category(mark)[0] == "C" else mark for mark in last)
    plain = " ".join(_FORBIDDEN.sub("_", seen).split()).strip(". ")
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    return plain[:LONGEST].rstrip(". ") or NAMELESS


def file_name(name: str, content_type: str) -> str:
    """Return a clean name that ends as files of this type do."""
    stem = _ENDING.sub("", clean_name(name)).rstrip(". ") or NAMELESS
    return f"{stem}.{EXTENSIONS[content_type]}"
